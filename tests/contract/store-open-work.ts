/** Part of the contract of stores: timers, calls and asks, page by page. */
import { describe, expect, it } from "vitest";
import type { Change, Store } from "../../src/storage/store.ts";
import { agent, askRow, callRow, timerRow, uuid } from "./store-rows.ts";

/** All of a list, a few at a time. */
async function pages<Row, Place>(
  read: (after: Place | null) => Promise<Row[]>,
  placeOf: (row: Row) => Place,
  limit: number,
): Promise<Row[]> {
  const all: Row[] = [];
  for (let after: Place | null = null; all.length < 1_000;) {
    const found = await read(after);
    expect(found.length).toBeLessThanOrEqual(limit);
    if (found.length === 0) return all;
    all.push(...found);
    after = placeOf(found.at(-1)!);
  }
  throw new Error("The pages do not end");
}

const numbers = Array.from({ length: 12 }, (_, i) => i + 1);

export function describeOpenWork(stores: () => Store): void {
  describe("open work", () => {
    it.each([1, 5, 100])("lists timers by when they are due, %i at a time", async (limit) => {
      const { commit, openWork } = bound(stores());
      await commit([
        agent(1),
        agent(2, { address: "/agents/a-1/below" }),
        agent(3, { address: "/agents/a-10" }),
        // Many of one moment, of several agents: places are told apart by more than time.
        ...numbers.map((n): Change => ({
          op: "timer",
          row: timerRow(1 + n % 3, `t${n}`, 1_000 + Math.floor(n / 6)),
        })),
      ]);
      const read = (under: string) =>
        pages(
          (after: { dueAtMs: number; key: number; id: string } | null) =>
            openWork.timers({ under, after, limit }),
          ({ dueAtMs, key, id }) => ({ dueAtMs, key, id }),
          limit,
        );
      const all = await read("/");
      expect(all.map(({ dueAtMs, key, id }) => [dueAtMs, key, id])).toEqual(
        numbers.map((n) => [1_000 + Math.floor(n / 6), 1 + n % 3, `t${n}`])
          .sort(([a, b, c], [d, e, f]) => (
            Number(a) - Number(d) || Number(b) - Number(e) || (c! < f! ? -1 : 1)
          )),
      );
      const below = await read("/agents/a-1");
      expect(new Set(below.map(({ address }) => address))).toEqual(
        new Set(["/agents/a-1", "/agents/a-1/below"]),
      );
      expect(below).toHaveLength(8);
      expect(await read("/nobody")).toEqual([]);
    });

    it.each([1, 5, 100])("lists calls by agent and status, %i at a time", async (limit) => {
      const { commit, openWork } = bound(stores());
      await commit([
        agent(1),
        agent(2),
        ...numbers.map((n): Change => ({
          op: "call",
          row: callRow(1 + n % 2, `c${n}`, { status: n % 3 ? "running" : "in_doubt" }),
        })),
      ]);
      const read = (under: string, status: "running" | "in_doubt" | null) =>
        pages(
          (after: { key: number; id: string } | null) =>
            openWork.calls({ under, status, after, limit }),
          ({ key, id }) => ({ key, id }),
          limit,
        );
      expect(await read("/", null)).toHaveLength(12);
      expect((await read("/agents/a-2", null)).map(({ id }) => id))
        .toEqual(["c1", "c11", "c3", "c5", "c7", "c9"]);
      expect((await read("/", "in_doubt")).map(({ id }) => id).sort())
        .toEqual(["c12", "c3", "c6", "c9"]);
    });

    it.each([1, 5, 100])("lists asks, newest first, %i at a time", async (limit) => {
      const { commit, openWork } = bound(stores());
      const settled = { outcome: '{"ok":true}', settledAtMs: 9 };
      await commit([
        agent(1),
        agent(2),
        ...numbers.map((n): Change => ({
          op: "ask",
          row: askRow(uuid(n), { key: 1 + n % 3, ...(n % 4 ? settled : {}) }),
        })),
        { op: "agentGone", key: 2 },
      ]);
      const read = (under: string, isOpen: boolean | null, since: string | null = null) =>
        pages(
          (before: string | null) => openWork.asks({ under, before, since, isOpen, limit }),
          ({ id }) => id,
          limit,
        );
      const idsOf = (rows: { id: string }[]) => rows.map(({ id }) => id);
      expect(idsOf(await read("/", null))).toEqual(numbers.map(uuid).reverse());
      expect(idsOf(await read("/", true))).toEqual([12, 8, 4].map(uuid));
      expect(await read("/", false)).toHaveLength(9);
      expect(idsOf(await read("/", null, uuid(10)))).toEqual([12, 11, 10].map(uuid));
      const ofFirst = await read("/agents/a-1", null);
      expect(idsOf(ofFirst)).toEqual([12, 9, 6, 3].map(uuid));
      expect(ofFirst[0]).toMatchObject({ address: "/agents/a-1" });
    });
  });
}

/** Both as the store has them. */
function bound(store: Store) {
  return { commit: (changes: Change[]) => store.commit(changes), openWork: store.openWork };
}
