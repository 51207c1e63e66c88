import { expect, it } from "vitest";
import type { Clock } from "../../src/clock.ts";
import { CommitQueue } from "../../src/storage/commit-queue.ts";
import { CommitRejected } from "../../src/storage/store.ts";
import type { WriteFailure, WriteItem } from "../../src/storage/thread-protocol.ts";

const item = (name: string): WriteItem => ({ changes: [{ op: "meta", name, value: "1" }] });

/** A queue whose writer and clock do what the test says. */
function openQueue() {
  const written: WriteItem[][] = [];
  const pauses: { delayMs: number; fire: () => void }[] = [];
  const clock: Clock = {
    wallMs: () => 0,
    monotonicMs: () => 0,
    after(delayMs, fire) {
      pauses.push({ delayMs, fire });
      return () => {};
    },
  };
  const queue = new CommitQueue({ clock, write: (items) => written.push(items) });
  const answer = (done: number, failure: WriteFailure | null = null) =>
    queue.written({ t: "written", done, answers: [], failure });
  return { queue, written, pauses, answer };
}

it("tries again after pauses that double up to 2 s and start over", async () => {
  const { queue, written, pauses, answer } = openQueue();
  const held = queue.add(item("a"), 1);
  for (let i = 0; i < 9; i++) {
    answer(0, { kind: "retry", code: "SQLITE_FULL" });
    expect(queue.available).toBe(false);
    pauses.at(-1)!.fire();
  }
  expect(pauses.map(({ delayMs }) => delayMs)).toEqual([
    20,
    40,
    80,
    160,
    320,
    640,
    1_280,
    2_000,
    2_000,
  ]);
  expect(written).toHaveLength(10);
  answer(1);
  await held;
  expect(queue.available).toBe(true);
  queue.add(item("b"), 1);
  answer(0, { kind: "retry", code: "SQLITE_BUSY" });
  expect(pauses.at(-1)!.delayMs).toBe(20);
});

it("is available again after a refusal that came with a retry", async () => {
  const { queue, pauses, answer } = openQueue();
  const bad = queue.add(item("a"), 1);
  answer(0, { kind: "retry", code: "SQLITE_BUSY" });
  pauses[0]!.fire();
  answer(0, { kind: "rejected", code: "SQLITE_CONSTRAINT" });
  await expect(bad).rejects.toMatchObject({ own: true });
  queue.recover();
  expect(queue.available).toBe(true);
});

it("writes nothing more when the disk cannot be trusted", () => {
  const { queue, written, answer } = openQueue();
  const errors: string[] = [];
  const available: boolean[] = [];
  queue.onFatal((error) => errors.push(error.message));
  queue.onAvailable((value) => available.push(value));
  let settled = 0;
  for (const name of ["a", "b"]) queue.add(item(name), 1).finally(() => settled++);
  answer(0, { kind: "fatal", code: "SQLITE_IOERR_FSYNC" });
  expect(errors).toEqual(["Cannot go on: the disk cannot be trusted: SQLITE_IOERR_FSYNC"]);
  expect(available).toEqual([false]);
  expect(written).toHaveLength(1);
  expect(settled).toBe(0);
  return expect(queue.add(item("c"), 1)).rejects.not.toBeInstanceOf(CommitRejected);
});

it("lets a patient commit wait for company, a millisecond at most, in order", async () => {
  const { queue, written, pauses, answer } = openQueue();
  const patient = queue.add(item("a"), 1, true);
  queue.add(item("b"), 1, true);
  expect(written).toEqual([]);
  expect(pauses.map(({ delayMs }) => delayMs)).toEqual([1]);
  queue.add(item("c"), 1);
  expect(written).toEqual([[item("a"), item("b"), item("c")]]);
  const late = queue.add(item("d"), 1, true);
  answer(3);
  await patient;
  expect(written).toHaveLength(1);
  pauses[1]!.fire();
  expect(written[1]).toEqual([item("d")]);
  answer(1);
  await late;
});

it("does not let what failed wait for company again", async () => {
  const { queue, written, pauses, answer } = openQueue();
  const all = Array.from({ length: 100 }, (_, i) => queue.add(item(`${i}`), 1, true));
  pauses[0]!.fire();
  answer(0, { kind: "retry", code: "SQLITE_BUSY" });
  pauses[1]!.fire();
  answer(64);
  expect(written.map((items) => items.length)).toEqual([100, 64, 36]);
  answer(36);
  await Promise.all(all);
});
