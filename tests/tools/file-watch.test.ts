import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { eventually } from "../support/eventually.ts";
import { openRig, type Rig, sha256 } from "./rig.ts";

let rig: Rig;
beforeEach(async () => {
  rig = await openRig({ isMissing: true });
});
afterEach(() => rig.close());

const found = "file.found", removed = "file.removed", skipped = "file.skipped";

/** A file that is written last and told of last: what was not told by then is not told. */
async function flush(): Promise<void> {
  const path = await rig.write(`flush-${systemClock.monotonicMs()}.md`, "flush");
  await rig.last(path, found);
}

test("what is there, appears, changes and goes is told with hash, size and time", async () => {
  await Deno.mkdir(rig.path("deep/er"), { recursive: true });
  const first = await rig.write("deep/er/first.MD", "one");
  rig.watch();
  const { payload } = await rig.last(first, found);
  const { mtime } = await Deno.stat(first);
  expect(payload).toEqual({
    path: first,
    hash: await sha256("one"),
    sizeBytes: 3,
    mtimeMs: mtime!.getTime(),
  });
  const second = await rig.write("second.txt", "two");
  await rig.last(second, found);
  await rig.write("second.txt", "three");
  const three = await sha256("three");
  await eventually(() => rig.of(second).at(-1)?.payload.hash === three);
  await Deno.remove(second);
  await rig.last(second, removed);
  expect(rig.types(second)).toEqual([found, found, removed]);
  expect(rig.types(first)).toEqual([found]);
  expect(new Set(rig.told.map(({ key }) => key)).size).toBe(rig.told.length);
});

test("folders that appear, are renamed, or go are followed", async () => {
  await Deno.mkdir(rig.folder);
  rig.watch();
  await flush();
  await Deno.mkdir(rig.path("a/b/c"), { recursive: true });
  const deep = await rig.write("a/b/c/x.md", "x");
  await rig.last(deep, found);
  await Deno.rename(rig.path("a"), rig.path("z"));
  await rig.last(deep, removed);
  const moved = rig.path("z/b/c/x.md");
  await rig.last(moved, found);
  // The folder is watched under its new name.
  await rig.write("z/b/c/y.md", "y");
  await rig.last(rig.path("z/b/c/y.md"), found);
  await Deno.remove(rig.path("z"), { recursive: true });
  await rig.last(moved, removed);
  await rig.last(rig.path("z/b/c/y.md"), removed);
  await Deno.mkdir(rig.path("z/b/c"), { recursive: true });
  await rig.write("z/b/c/x.md", "x");
  await rig.last(moved, found);
});

test("a folder that is missing at start, goes, and comes back", async () => {
  rig.watch();
  await eventually(() => rig.states.at(-1)?.message?.includes("is not there"));
  await Deno.mkdir(rig.folder);
  const path = await rig.write("a.md", "a");
  await rig.last(path, found);
  expect(rig.states.at(-1)).toEqual({ state: "up", message: null });
  await Deno.remove(rig.folder, { recursive: true });
  await rig.last(path, removed);
  await Deno.mkdir(rig.folder);
  await rig.write("a.md", "a");
  await rig.last(path, found);
  await Deno.rename(rig.folder, join(rig.base, "elsewhere"));
  await rig.last(path, removed);
  await Deno.rename(join(rig.base, "elsewhere"), rig.folder);
  await rig.last(path, found);
  const keys = rig.of(path).map(({ key }) => key);
  // The same content at the same place, with the same times, is another event each time.
  expect(new Set(keys).size).toBe(keys.length);
});

test("names in any script are told as they are on disk", async () => {
  await Deno.mkdir(rig.folder);
  const names = [
    "読んで.md",
    "مرحبا.txt",
    "🦑.html",
    "e\u0301.json",
    "\u00e9.json",
    "a,b 'c\".csv",
  ];
  for (const name of names) await rig.write(name, name);
  rig.watch();
  for (const name of names) await rig.last(rig.path(name), found);
  for (const name of names) await Deno.remove(rig.path(name));
  for (const name of names) await rig.last(rig.path(name), removed);
});

test("hidden, temporary and other files are not told", async () => {
  await Deno.mkdir(rig.path(".git"), { recursive: true });
  const names = [".hidden.md", ".git/a.md", "a.md~", "#a.md#", "a.md.swp", "b.tmp", "c.md.part"];
  for (const name of [...names, "image.png", "md", "noext"]) await rig.write(name, "x");
  rig.watch();
  await flush();
  for (const name of names) await rig.write(name, "again");
  await flush();
  expect(rig.told.filter(({ path }) => !path.includes("flush"))).toEqual([]);
});

test("only the extensions that are asked for", async () => {
  await Deno.mkdir(rig.folder);
  const log = await rig.write("a.LOG", "x");
  const md = await rig.write("a.md", "x");
  rig.watch({ include: [".log"] });
  await rig.last(log, found);
  expect(rig.types(md)).toEqual([]);
});

test("circles of links end; links out are passed over, links inside are read", async () => {
  const outside = join(rig.base, "outside");
  await Deno.mkdir(join(outside, "deep"), { recursive: true });
  await Deno.writeTextFile(join(outside, "deep/secret.md"), "secret");
  await Deno.mkdir(rig.path("real/sub"), { recursive: true });
  const real = await rig.write("real/sub/a.md", "a");
  await Deno.symlink("../..", rig.path("real/sub/loop"));
  await Deno.symlink("real", rig.path("again"));
  await Deno.symlink(outside, rig.path("out"));
  await Deno.symlink("/", rig.path("everything"));
  await Deno.symlink(join(outside, "deep/secret.md"), rig.path("secret.md"));
  await Deno.symlink("self.md", rig.path("self.md"));
  await Deno.symlink("nowhere.md", rig.path("dangling.md"));
  await Deno.symlink("real/sub/a.md", rig.path("inside.md"));
  rig.watch();
  await rig.last(real, found);
  await rig.last(rig.path("inside.md"), found);
  const codeOf = async (name: string) => (await rig.last(rig.path(name), skipped)).payload.code;
  expect(await codeOf("secret.md")).toBe("denied");
  expect(await codeOf("self.md")).toBe("file_unreadable");
  expect(await codeOf("again")).toBe("file_unreadable");
  await flush();
  const hash = await sha256("secret");
  expect(rig.told.some(({ payload }) => payload.hash === hash)).toBe(false);
  expect(rig.told.filter(({ type }) => type === found)).toHaveLength(3);
});

test("what cannot be taken is told once, and taken when it can", async () => {
  await Deno.mkdir(rig.folder);
  const big = await rig.write("big.md", "");
  await Deno.truncate(big, 200 * 1024 * 1024);
  const binary = await rig.write("binary.md", new Uint8Array([1, 0, 2]));
  const empty = await rig.write("empty.md", "");
  await new Deno.Command("mkfifo", { args: [rig.path("pipe.md")] }).output();
  const begun = systemClock.monotonicMs();
  rig.watch();
  expect((await rig.last(big, skipped)).payload.code).toBe("file_too_large");
  expect((await rig.last(binary, skipped)).payload.code).toBe("file_not_text");
  expect((await rig.last(rig.path("pipe.md"), skipped)).payload.code).toBe("file_unreadable");
  expect((await rig.last(empty, found)).payload.hash).toBe(await sha256(""));
  expect(systemClock.monotonicMs() - begun).toBeLessThan(3_000);
  await rig.write("binary.md", "text now");
  await rig.last(binary, found);
  await rig.write("binary.md", new Uint8Array([1, 0, 2, 3]));
  await rig.last(binary, removed);
  expect(rig.types(binary)).toEqual([skipped, found, skipped, removed]);
  expect(rig.types(big)).toEqual([skipped]);
});

test("a pipe that appears stops nothing, and nobody opens it", async () => {
  await Deno.mkdir(rig.folder);
  rig.watch();
  await flush();
  await new Deno.Command("mkfifo", { args: [rig.path("pipe.md")] }).output();
  expect((await rig.last(rig.path("pipe.md"), skipped)).payload.code).toBe("file_unreadable");
  await Deno.mkdir(rig.path("later"));
  await rig.last(await rig.write("later/a.md", "a"), found);
});

test("a file that is being written is told when it is whole", async () => {
  await Deno.mkdir(rig.folder);
  // Far above the pauses between the lines, on a busy machine too.
  rig.watch({ settleMs: 600 });
  await flush();
  const path = rig.path("slow.md");
  let whole = "";
  for (let line = 0; line < 30; line++) {
    await Deno.writeTextFile(path, `line ${line}\n`, { append: true });
    whole += `line ${line}\n`;
    await new Promise<void>((resolve) => systemClock.after(40, resolve));
  }
  const { payload } = await rig.last(path, found);
  expect(payload.hash).toBe(await sha256(whole));
  expect(rig.types(path)).toEqual([found]);
});

test("a rename over a file is one change, and a touch is none", async () => {
  await Deno.mkdir(rig.folder);
  const path = await rig.write("note.md", "old");
  rig.watch();
  await rig.last(path, found);
  await rig.write(".note.md.swp", "new");
  await Deno.rename(rig.path(".note.md.swp"), path);
  const hash = await sha256("new");
  await eventually(() => rig.of(path).at(-1)?.payload.hash === hash);
  await Deno.utime(path, new Date(), new Date());
  await flush();
  expect(rig.types(path)).toEqual([found, found]);
});

test("another content of the same size and time is seen", async () => {
  await Deno.mkdir(rig.folder);
  const path = await rig.write("same.md", "aaaa");
  const then = new Date("2020-01-01T00:00:00Z");
  await Deno.utime(path, then, then);
  rig.watch();
  await rig.last(path, found);
  await rig.write("other.part", "bbbb");
  await Deno.utime(rig.path("other.part"), then, then);
  await Deno.rename(rig.path("other.part"), path);
  const hash = await sha256("bbbb");
  await eventually(() => rig.of(path).at(-1)?.payload.hash === hash);
});

test("deleted and made again in no time; the last state is what counts", async () => {
  await Deno.mkdir(rig.folder);
  const path = await rig.write("flip.md", "0");
  rig.watch();
  await rig.last(path, found);
  for (let turn = 1; turn <= 50; turn++) {
    await Deno.remove(path);
    await rig.write("flip.md", `${turn}`);
  }
  const hash = await sha256("50");
  await eventually(() => rig.of(path).at(-1)?.payload.hash === hash);
});
