import { afterEach, beforeEach, expect, test } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { eventually } from "../support/eventually.ts";
import { kill9, markOf } from "../support/processes.ts";
import { address, openRig, type Rig, sha256 } from "./rig.ts";

let rig: Rig;
beforeEach(async () => {
  rig = await openRig();
});
afterEach(() => rig.close());

const foundPaths = () =>
  new Set(rig.told.filter(({ type }) => type === "file.found").map(({ path }) => path));

async function writeMany(count: number, folder = "many"): Promise<string[]> {
  await Deno.mkdir(rig.path(folder), { recursive: true });
  const paths: string[] = [];
  for (let i = 0; i < count; i++) paths.push(await rig.write(`${folder}/f${i}.md`, `file ${i}`));
  return paths;
}

test("a burst of 2,000 files is told, each once, and their end too", async () => {
  rig.watch();
  const paths = await writeMany(2_000);
  await eventually(() => foundPaths().size === 2_000, { what: "2,000 files" });
  expect(rig.told).toHaveLength(2_000);
  await Deno.remove(rig.path("many"), { recursive: true });
  await eventually(() => rig.told.length === 4_000, { what: "2,000 removals" });
  for (const path of paths) expect(rig.types(path)).toEqual(["file.found", "file.removed"]);
});

test("at most 64 events are open; one more for each that is acknowledged", async () => {
  await writeMany(200);
  rig.isAcking = false;
  rig.watch();
  await eventually(() => rig.told.length === 64);
  rig.host.ack(address, rig.told[0]!.key);
  await eventually(() => rig.told.length === 65);
  rig.host.ack(address, "another key");
  rig.host.ack(address, rig.told[1]!.key);
  await eventually(() => rig.told.length === 66);
  // What is not acknowledged holds up its own path only.
  const open = rig.told.slice(2);
  rig.isAcking = true;
  for (const { key } of open) rig.host.ack(address, key);
  await eventually(() => foundPaths().size === 200);
  expect(rig.told).toHaveLength(200);
});

test("events of one path wait for one another, others pass", async () => {
  rig.isAcking = false;
  rig.watch();
  const path = await rig.write("slow.md", "1");
  await rig.last(path, "file.found");
  const first = rig.of(path)[0]!;
  await rig.write("slow.md", "2");
  await Deno.remove(path);
  const other = await rig.write("other.md", "x");
  await rig.last(other, "file.found");
  // The removal was noticed before the other file had settled, yet it waits.
  expect(rig.types(path)).toEqual(["file.found"]);
  rig.host.ack(address, first.key);
  await rig.last(path, "file.removed");
});

test("kill -9 in the middle of a scan: all is told, open events by one key", async () => {
  const paths = await writeMany(1_000);
  rig.isAcking = false;
  rig.watch();
  await eventually(() => rig.told.length === 64);
  const before = rig.told.map(({ key }) => key);
  const mark = markOf(rig.host.pid!)!;
  kill9(mark);
  rig.isAcking = true;
  await eventually(() => rig.told.length === 1_064, { what: "all files" });
  expect(rig.ends).toEqual(["SIGKILL"]);
  expect(rig.host.pid).not.toBe(mark.pid);
  const after = new Set(rig.told.slice(64).map(({ key }) => key));
  expect(after.size).toBe(1_000);
  for (const key of before) expect(after.has(key), key).toBe(true);
  for (const path of paths) expect(rig.of(path).length).toBeGreaterThan(0);
});

test("what is known is not told; what went, changed or was not read meanwhile is", async () => {
  const [same, changed, unread] = [
    await rig.write("same.md", "same"),
    await rig.write("changed.md", "new"),
    await rig.write("unread.md", "unread"),
  ];
  const gone = rig.path("gone/deep.md");
  const known = (path: string, hash: string, ready = true) => ({ path, hash, ready });
  rig.known = [
    known(same, await sha256("same")),
    known(changed, await sha256("old")),
    known(unread, await sha256("unread"), false),
    known(gone, await sha256("gone")),
    known(`${rig.base}/another-inbox/a.md`, await sha256("another adapter's")),
  ];
  rig.watch();
  await rig.last(changed, "file.found");
  await rig.last(unread, "file.found");
  await rig.last(gone, "file.removed");
  await rig.last(await rig.write("flush.md", "flush"), "file.found");
  expect(rig.told).toHaveLength(4);
});

test("20,000 known files are not told again, those that are gone are", async () => {
  const paths = await writeMany(300);
  const hashes = await Promise.all(paths.map((_, i) => sha256(`file ${i}`)));
  rig.known = paths.map((path, i) => ({ path, hash: hashes[i]!, ready: true }));
  for (let i = 0; i < 20_000; i++) {
    rig.known.push({ path: rig.path(`many/gone${i}.md`), hash: hashes[0]!, ready: true });
  }
  rig.watch();
  await eventually(() => rig.told.length === 20_000, { what: "20,000 removals" });
  expect(new Set(rig.told.map(({ type }) => type))).toEqual(new Set(["file.removed"]));
});

test("what others still hold to be there is looked at when they say so", async () => {
  rig.watch();
  const here = await rig.write("here.md", "here");
  await rig.last(here, "file.found");
  const gone = rig.path("gone.md");
  const hash = await sha256("here");
  rig.host.tellKnown(address, [
    { path: here, hash, ready: false },
    { path: gone, hash, ready: true },
  ]);
  await rig.last(gone, "file.removed");
  expect(rig.types(here)).toEqual(["file.found"]);
});

test("the first scan of 1,000 files is a matter of seconds", async () => {
  await writeMany(1_000);
  const begun = systemClock.monotonicMs();
  rig.watch();
  await eventually(() => rig.told.length === 1_000, { everyMs: 5 });
  const tookMs = Math.round(systemClock.monotonicMs() - begun);
  expect(tookMs).toBeLessThan(10_000);
});
