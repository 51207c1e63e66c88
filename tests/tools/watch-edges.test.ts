/** Files and folders that a careful person would not make, and that are there all the same. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { eventually } from "../support/eventually.ts";
import { openRig, type Rig, sha256 } from "./rig.ts";

let rig: Rig;
beforeEach(async () => {
  rig = await openRig();
});
afterEach(() => rig.close());

const found = "file.found", skipped = "file.skipped";

/** A shell makes names that Deno cannot spell. */
async function shell(script: string): Promise<boolean> {
  const { success } = await new Deno.Command("bash", {
    args: ["-c", `cd "$0" && ${script}`, rig.folder],
    stderr: "null",
  }).output();
  return success;
}

async function flush(): Promise<void> {
  const path = await rig.write(`flush-${systemClock.monotonicMs()}.md`, "flush");
  await rig.last(path, found);
}

test("names that are no UTF-8 are told once, of files and of folders", async () => {
  expect(await shell("printf x > $'a\\xff.md' && mkdir $'b\\xfe' && printf x > $'b\\xfe/in.md'"))
    .toBe(true);
  rig.watch();
  for (const name of ["a\ufffd.md", "b\ufffd"]) {
    expect((await rig.last(rig.path(name), skipped)).payload.code).toBe("file_unreadable");
  }
  await flush();
  expect(rig.told).toHaveLength(3);
  await expect(rig.read(rig.path("a\ufffd.md"))).rejects.toMatchObject({ code: "file_not_found" });
});

test("paths as long as the system takes are read, longer ones told", async () => {
  const step = 'n=$(printf "文%.0s" {1..80}); for i in {1..20}; do mkdir $n && cd $n || exit 1';
  expect(await shell(`${step}; printf x > in.md; done`)).toBe(true);
  rig.watch();
  const { path } = await eventually(() => rig.told.find(({ type }) => type === skipped));
  expect(new TextEncoder().encode(path).length).toBeGreaterThan(4_000);
  await flush();
  expect(rig.told.filter(({ type }) => type === skipped)).toHaveLength(1);
  const longest = rig.told.filter(({ type }) => type === found).map((one) => one.path)
    .sort((a, b) => b.length - a.length)[0]!;
  expect(longest.length).toBeGreaterThan(1_000);
  expect((await rig.read(longest)).text).toBe("x");
});

test("devices and sockets are told and never opened", async (context) => {
  const listener = Deno.listen({ transport: "unix", path: rig.path("socket.md") });
  try {
    if (!(await shell("mknod null.md c 1 3 && mknod zero.md c 1 5"))) {
      context.skip("needs root: nobody else can make a device");
    }
    rig.watch();
    for (const name of ["null.md", "zero.md", "socket.md"]) {
      const path = rig.path(name);
      expect((await rig.last(path, skipped)).payload.code).toBe("file_unreadable");
      await expect(rig.read(path)).rejects.toMatchObject({ code: "file_unreadable" });
    }
    await flush();
    expect(rig.told).toHaveLength(4);
  } finally {
    listener.close();
  }
});

test("times before 1970 and far ahead hinder nothing", async () => {
  for (const [name, at] of [["old.md", "1901-12-14"], ["new.md", "2090-01-01"]] as const) {
    const path = await rig.write(name, name);
    await Deno.utime(path, new Date(at), new Date(at));
  }
  await Deno.utime(rig.folder, new Date("2090-01-01"), new Date("2090-01-01"));
  rig.watch();
  await rig.last(rig.path("old.md"), found);
  await rig.last(rig.path("new.md"), found);
  await flush();
  await flush();
  expect(rig.types(rig.path("new.md"))).toEqual([found]);
});

test("content that changes and changes back is told both times, under its own keys", async () => {
  const path = await rig.write("a.md", "one");
  rig.watch();
  for (const text of ["one", "two", "one", "two"]) {
    await rig.write("a.md", text);
    const hash = await sha256(text);
    await eventually(() => rig.of(path).at(-1)?.payload.hash === hash, { what: text });
  }
  expect(rig.types(path)).toEqual([found, found, found, found]);
  expect(new Set(rig.of(path).map(({ key }) => key)).size).toBe(4);
});

test("a link out of the folder is told once each time that it is put there", async () => {
  await Deno.symlink("/etc/hostname", rig.path("out.md"));
  rig.watch();
  expect((await rig.last(rig.path("out.md"), skipped)).payload.code).toBe("denied");
  await flush();
  expect(rig.types(rig.path("out.md"))).toEqual([skipped]);
  await Deno.remove(rig.path("out.md"));
  await rig.last(await rig.write("out.md", "text"), found);
  await Deno.remove(rig.path("out.md"));
  await Deno.symlink("/etc/hostname", rig.path("out.md"));
  await eventually(() => rig.types(rig.path("out.md")).filter((one) => one === skipped).length > 1);
  const keys = rig.of(rig.path("out.md")).map(({ key }) => key);
  expect(new Set(keys).size).toBe(keys.length);
});
