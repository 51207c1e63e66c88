import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Clock } from "../../src/clock.ts";
import { systemIds } from "../../src/ids.ts";
import { FileMemory } from "../../src/tools/file-memory.ts";
import { type AdapterEvent, Outbox } from "../../src/tools/outbox.ts";
import { statFile } from "../../src/tools/open-file.ts";
import { sha256 } from "./rig.ts";

let folder: string;
let nowMs: number;
let memory: FileMemory;
let told: Omit<AdapterEvent, "path">[];

beforeEach(async () => {
  folder = await Deno.makeTempDir();
  begin();
});
afterEach(() => Deno.remove(folder, { recursive: true }));

/** Time stands still, far behind all that is written here, unless a test moves it. */
function begin(): void {
  nowMs = 0;
  told = [];
  const clock: Clock = {
    wallMs: () => Date.parse("2100-01-01") + nowMs,
    monotonicMs: () => nowMs,
    after: () => () => {},
  };
  const outbox: Outbox = new Outbox((event) => {
    told.push(event);
    queueMicrotask(() => outbox.ack(event.key));
  });
  const { signal } = new AbortController();
  const options = { folder, mostBytes: 1_000, settleMs: 100 };
  memory = new FileMemory(options, { clock, ids: systemIds(clock), outbox, signal });
}

async function look(name: string, content?: string): Promise<string> {
  const path = join(folder, name);
  if (content !== undefined) await Deno.writeTextFile(path, content);
  await memory.look({ path, real: path, facts: await statFile(path) });
  return path;
}

const types = () => told.map(({ type }) => type);

test("another process takes the same key for what nobody has heard of", async () => {
  await look("a.md", "a");
  const [first] = told;
  begin();
  await look("a.md");
  expect(told).toEqual([first]);
});

test("what others do not note is told again, ever more rarely", async () => {
  const path = await look("a.md", "a");
  expect(memory.know([], true)).toEqual([]);
  nowMs += 61_000;
  expect(memory.know([], true)).toEqual([path]);
  await look("a.md");
  expect(types()).toEqual(["file.found", "file.found"]);
  expect(told[0]!.key).not.toBe(told[1]!.key);
  nowMs += 61_000;
  expect(memory.know([], true)).toEqual([]);
  nowMs += 180_000;
  expect(memory.know([], true)).toEqual([path]);
});

test("where others hold an older content, the newer one is told again", async () => {
  const path = await look("a.md", "new");
  nowMs += 61_000;
  const old = { path, hash: await sha256("old"), ready: true };
  expect(memory.know([old], true)).toEqual([path]);
  await look("a.md");
  expect(types()).toEqual(["file.found", "file.found"]);
  nowMs += 1_000_000;
  const noted = { path, hash: await sha256("new"), ready: true };
  expect(memory.know([noted], true)).toEqual([]);
});

test("what is said in portions counts when the last has come", async () => {
  const a = await look("a.md", "a");
  const b = await look("b.md", "b");
  nowMs += 61_000;
  expect(memory.know([{ path: a, hash: await sha256("a"), ready: true }], false)).toEqual([]);
  expect(memory.know([{ path: b, hash: await sha256("b"), ready: true }], true)).toEqual([]);
});

test("a wall clock that is set back delays nothing for ever", async () => {
  const path = join(folder, "future.md");
  await Deno.writeTextFile(path, "x");
  await Deno.utime(path, new Date("2200-01-01"), new Date("2200-01-01"));
  await look("future.md");
  expect(told).toEqual([]);
  nowMs += 100;
  await look("future.md");
  expect(types()).toEqual(["file.found"]);
});

test("a file too large that grows is told each time, its removal once", async () => {
  await look("a.md", "small");
  await look("a.md", "x".repeat(1_001));
  await look("a.md", "x".repeat(1_002));
  await look("a.md");
  expect(types()).toEqual(["file.found", "file.skipped", "file.removed", "file.skipped"]);
});
