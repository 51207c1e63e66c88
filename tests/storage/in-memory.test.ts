import { expect, it } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { openInMemoryStore, type StoreFault } from "../../src/storage/in-memory-store.ts";
import { agent, type OpenedStore } from "../contract/store-rows.ts";
import { describeStore } from "../contract/store.contract.ts";

describeStore("the store in memory", () => {
  let isBusy = false;
  const fault = () => isBusy ? "busy" as const : null;
  const first = openInMemoryStore({ clock: systemClock, fault });
  const opened: OpenedStore = {
    store: first,
    async reopen() {
      await opened.store.close();
      return opened.store = openInMemoryStore({ clock: systemClock, fault, tables: first.tables });
    },
    block() {
      isBusy = true;
      return () => isBusy = false;
    },
    close: () => opened.store.close(),
  };
  return Promise.resolve(opened);
});

it("has the faults it is told to have, by group", async () => {
  const faults: Record<number, StoreFault> = { 1: "full", 2: "busy", 4: "reject" };
  const fault = (group: number) => faults[group] ?? null;
  const store = openInMemoryStore({ clock: systemClock, fault });
  const heard: boolean[] = [];
  store.onAvailable((available) => heard.push(available));
  await store.commit([agent(1)]);
  expect(heard).toEqual([false, true]);
  expect(store.groups).toBe(3);
  await expect(store.commit([agent(2)])).rejects.toMatchObject({ own: true });
  await store.recover();
  await store.commit([agent(3)]);
  expect((await store.agents()).map(({ record }) => record.key)).toEqual([1, 3]);
});

it("loses in a crash what was not committed, and no more", async () => {
  const store = openInMemoryStore({ clock: systemClock });
  await store.commit([agent(1)]);
  const late = store.commit([agent(2)]);
  store.crash();
  await expect(late).rejects.toMatchObject({ code: "shutting_down" });
  const again = openInMemoryStore({ clock: systemClock, tables: store.tables });
  expect((await again.agents()).map(({ record }) => record.key)).toEqual([1]);
});

it("lets patient commits share a transaction, as the real one does", async () => {
  const store = openInMemoryStore({ clock: systemClock });
  const first = store.commit([agent(1)], true);
  await Promise.all([first, store.commit([agent(2)])]);
  expect(store.groups).toBe(1);
});
