import { afterEach, beforeEach, expect, test } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { eventually } from "../support/eventually.ts";
import { kill9, markOf } from "../support/processes.ts";
import { openRig, type Rig, sha256 } from "./rig.ts";

let rig: Rig;
beforeEach(async () => {
  rig = await openRig();
});
afterEach(() => rig.close());

/** The same numbers for the same seed. */
function chance(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor(state / 2 ** 32 * below);
  };
}

const folders = ["", "a", "a/b", "c", "d\u0301"];
const names = ["one.md", "two.txt", "三.json", "no.bin", ".hidden.md"];

/** Does something to a few paths; what cannot be done, as nothing is there, is left. */
async function disturb(pick: (below: number) => number): Promise<void> {
  const folder = folders[pick(folders.length)]!;
  const other = folders[pick(folders.length)]!;
  const path = `${folder}/${names[pick(names.length)]!}`.replace(/^\//, "");
  const acts = [
    () => rig.write(path, `text ${pick(4)}`),
    () => rig.write(path, `text ${pick(4)}`),
    () => rig.write(path, new Uint8Array([1, 0, pick(3)])),
    () => Deno.remove(rig.path(path)),
    () => Deno.mkdir(rig.path(folder), { recursive: true }),
    () => Deno.mkdir(rig.path(folder), { recursive: true }),
    () => folder && Deno.remove(rig.path(folder), { recursive: true }),
    () => folder && other && Deno.rename(rig.path(folder), rig.path(other)),
    () => Deno.rename(rig.path(path), rig.path(`${path}.tmp`)),
    () => Deno.rename(rig.path(`${path}.tmp`), rig.path(path)),
    () => Deno.utime(rig.path(path), new Date(), new Date()),
    () => Deno.symlink("/etc/hostname", rig.path(path)),
  ];
  await Promise.resolve(acts[pick(acts.length)]!()).catch(() => {});
}

/** Hash by path of what lies there as text, and is for the adapter. */
async function onDisk(folder = rig.folder): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for await (const { name, isDirectory, isFile } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) (await onDisk(path)).forEach((hash, at) => found.set(at, hash));
    else if (isFile && /^[^.].*\.(md|txt|json)$/.test(name)) {
      const bytes = await Deno.readFile(path);
      if (!bytes.includes(0)) found.set(path, await sha256(bytes));
    }
  }
  return found;
}

/** The same as somebody knows it who has heard all that was told. */
function asTold(): Map<string, string> {
  const held = new Map<string, string>();
  for (const { type, path, payload } of rig.told) {
    if (type === "file.found") held.set(path, payload.hash!);
    else if (type === "file.removed") held.delete(path);
  }
  return held;
}

const sorted = (map: Map<string, string>) => JSON.stringify([...map].sort());

test.each([1, 2])("whatever is done, in the end all is known: seed %i", async (seed) => {
  const pick = chance(seed);
  rig.watch();
  for (let round = 0; round < 3; round++) {
    const until = systemClock.monotonicMs() + 800;
    while (systemClock.monotonicMs() < until) {
      for (let act = 0; act < 10; act++) await disturb(pick);
    }
    const disk = sorted(await onDisk());
    await eventually(() => sorted(asTold()) === disk, { what: `round ${round}` });
  }
  // Nothing is told twice: neither what was known nor what was gone.
  const held = new Map<string, string>();
  for (const { type, path, payload } of rig.told) {
    if (type === "file.found") {
      expect(held.get(path), path).not.toBe(payload.hash);
      held.set(path, payload.hash!);
    } else if (type === "file.removed") expect(held.delete(path), path).toBe(true);
  }
  const keys = rig.told.map(({ key }) => key);
  expect(keys.filter((key, at) => keys.indexOf(key) !== at)).toEqual([]);
});

test("the same, with a process that is killed again and again", async () => {
  const pick = chance(4);
  rig.watch();
  for (let round = 0; round < 3; round++) {
    for (let act = 0; act < 300; act++) await disturb(pick);
    const { pid } = rig.host;
    const mark = pid === null ? null : markOf(pid);
    if (mark) kill9(mark);
    for (let act = 0; act < 300; act++) await disturb(pick);
    // As the system does: the next process is told what is held.
    rig.known = [...asTold()].map(([path, hash]) => ({ path, hash, ready: true }));
    await eventually(() => rig.host.pid !== null && rig.host.pid !== pid);
    const disk = sorted(await onDisk());
    await eventually(() => sorted(asTold()) === disk, { what: `round ${round}` });
  }
});
