/** A hundred thousand pending delays: what each look at them costs. */
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { type LibsqlStore, openLibsqlStore } from "../../src/storage/libsql-store.ts";
import type { Change } from "../../src/storage/store.ts";
import { timerRow } from "../contract/store-rows.ts";

const count = 100_000;
/** A look goes by index; one that reads all rows takes some 20 ms and grows with them. */
const mostMs = 10;
let folder: string;
let store: LibsqlStore;

beforeAll(async () => {
  folder = await Deno.makeTempDir();
  store = await openLibsqlStore({ file: join(folder, "dreamos.db"), clock: systemClock });
  const changes: Change[] = Array.from({ length: count }, (_, n) => ({
    op: "timer",
    row: { ...timerRow(n % 1_000, `t${n}`, 1_000_000 + n, 500), runDueMs: 2_000_000 - n },
  }));
  for (let from = 0; from < count; from += 10_000) {
    await store.commit(changes.slice(from, from + 10_000));
  }
}, 60_000);
afterAll(async () => {
  await store.close();
  await Deno.remove(folder, { recursive: true });
});

/** The best of several: what the machine does beside it does not count. */
async function msOf(look: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < 15; i++) {
    const from = systemClock.monotonicMs();
    await look();
    times.push(systemClock.monotonicMs() - from);
  }
  return Math.min(...times);
}

it.each<[string, () => Promise<unknown>, unknown]>([
  ["the next one", () => store.nextTimers(), { dueAtMs: 1_000_000, runDueMs: 1_900_001 }],
  ["none is due", () => store.dueTimers({ wallMs: 1, runMs: 1 }, 500), []],
  ["one is due by the wall clock", () => store.dueTimers({ wallMs: 1_000_000, runMs: 1 }, 500), [
    { ...timerRow(0, "t0", 1_000_000, 500), runDueMs: 2_000_000 },
  ]],
  ["one is due by running time", () => store.dueTimers({ wallMs: 1, runMs: 1_900_001 }, 500), [
    { ...timerRow(999, "t99999", 1_099_999, 500), runDueMs: 1_900_001 },
  ]],
])("costs an index seek: %s", async (_, look, found) => {
  expect(await look()).toEqual(found);
  expect(await msOf(look)).toBeLessThan(mostMs);
});
