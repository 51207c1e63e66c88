import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { systemIds } from "../../src/ids.ts";
import { openRig, type Rig, sha256 } from "./rig.ts";

let rig: Rig;
beforeAll(async () => {
  rig = await openRig();
});
afterAll(() => rig.close());

test("a file's text comes with the hash of its bytes, its size and its time", async () => {
  const path = await rig.write("a.md", "# Größe 🚢\n");
  const { mtime } = await Deno.stat(path);
  expect(await rig.read(path)).toEqual({
    text: "# Größe 🚢\n",
    hash: await sha256("# Größe 🚢\n"),
    sizeBytes: 15,
    mtimeMs: mtime!.getTime(),
  });
});

test("byte order marks are understood and not part of the text", async () => {
  const utf8 = new Uint8Array([0xef, 0xbb, 0xbf, 0x68, 0x69]);
  const le = new Uint8Array([0xff, 0xfe, 0x68, 0, 0x69, 0]);
  const be = new Uint8Array([0xfe, 0xff, 0, 0x68, 0, 0x69]);
  for (const bytes of [utf8, le, be]) {
    const read = await rig.read(await rig.write("bom.txt", bytes));
    expect(read).toMatchObject({ text: "hi", hash: await sha256(bytes), sizeBytes: bytes.length });
  }
});

test("an empty file is a text", async () => {
  expect(await rig.read(await rig.write("empty.md", ""))).toMatchObject({ text: "", sizeBytes: 0 });
});

test.each(["読んで.md", "مرحبا.md", "🦑 squid.md", "e\u0301.md", "é.md", "a\nb.md", "%2e%2e.md"])(
  "the name %j is read as it is",
  async (name) => {
    expect((await rig.read(await rig.write(name, name))).text).toBe(name);
  },
);

test("what lies outside the grant is denied, there or not, by any way", async () => {
  const outside = join(rig.base, "secret.md");
  await Deno.writeTextFile(outside, "secret");
  await Deno.mkdir(rig.path("sub"));
  await Deno.symlink(outside, rig.path("link.md"));
  await Deno.symlink(rig.base, rig.path("out"));
  await rig.write("sub/in.md", "in");
  const ways = [
    outside,
    join(rig.base, "missing.md"),
    `${rig.folder}/../secret.md`,
    `${rig.folder}/sub/../../secret.md`,
    rig.path("link.md"),
    rig.path("out/secret.md"),
    "/etc/passwd",
    "/proc/self/environ",
    `${rig.folder}x/secret.md`,
  ];
  for (const way of ways) {
    await expect(rig.read(way), way).rejects.toMatchObject({ code: "denied" });
  }
  const narrow = { grant: [rig.path("sub")] };
  await expect(rig.read(rig.path("a.md"), narrow)).rejects.toMatchObject({ code: "denied" });
  await expect(rig.read(outside, { grant: [rig.base] })).rejects.toMatchObject({ code: "denied" });
  await expect(rig.read(outside, { grant: [] })).rejects.toMatchObject({ code: "denied" });
  expect((await rig.read(rig.path("sub/in.md"), narrow)).text).toBe("in");
});

test("links inside the grant are followed", async () => {
  const path = await rig.write("target.md", "here");
  await Deno.symlink(path, rig.path("inside.md"));
  expect((await rig.read(rig.path("inside.md"))).text).toBe("here");
});

test("pipes, devices, folders and circles are refused without waiting", async () => {
  await new Deno.Command("mkfifo", { args: [rig.path("pipe.md")] }).output();
  await Deno.mkdir(rig.path("folder.md"));
  await Deno.symlink("circle.md", rig.path("circle.md"));
  const unreadable = { code: "file_unreadable" };
  for (const name of ["pipe.md", "folder.md", "circle.md"]) {
    await expect(rig.read(rig.path(name)), name).rejects.toMatchObject(unreadable);
  }
});

test("a missing file is not found, also below what is no folder", async () => {
  for (const name of ["missing.md", "a.md/b.md", "no/such.md"]) {
    await expect(rig.read(rig.path(name))).rejects.toMatchObject({ code: "file_not_found" });
  }
});

test("200 MB are refused by size, with both sizes", async () => {
  const path = await rig.write("big.md", "");
  await Deno.truncate(path, 200 * 1024 * 1024);
  await expect(rig.read(path)).rejects.toMatchObject({
    code: "file_too_large",
    details: { sizeBytes: 200 * 1024 * 1024, limit: 768 * 1024 },
  });
  await Deno.remove(path);
});

test("the asked bound counts up to the largest, and the largest passes whole", async () => {
  const path = await rig.write("edge.txt", "x".repeat(768 * 1024));
  expect((await rig.read(path, { maxBytes: 10 * 1024 * 1024 })).sizeBytes).toBe(768 * 1024);
  await expect(rig.read(path, { maxBytes: 768 * 1024 - 1 })).rejects.toMatchObject({
    code: "file_too_large",
  });
});

test("text that would not fit as JSON is too large", async () => {
  const path = await rig.write("quotes.txt", '"'.repeat(700 * 1024));
  await expect(rig.read(path)).rejects.toMatchObject({
    code: "file_too_large",
    details: { limit: 1024 * 1024 - 1024 },
  });
});

test("what is no text is refused", async () => {
  const zeros = new Uint8Array([0x61, 0, 0x62]);
  const latin1 = new Uint8Array([0x47, 0x72, 0xf6, 0xdf, 0x65]);
  for (const bytes of [zeros, latin1]) {
    const path = await rig.write("binary.md", bytes);
    await expect(rig.read(path)).rejects.toMatchObject({ code: "file_not_text" });
  }
});

test("wrong input is refused with what was wanted", async () => {
  const call = (name: string, input: unknown) =>
    rig.host.call({
      key: systemIds(systemClock).uuid(),
      name,
      input,
      grant: { read: [rig.folder] },
      deadlineMs: 5_000,
    });
  const inputs = [
    null,
    {},
    { path: "a.md" },
    { path: 7 },
    { path: "/a\0b" },
    {
      path: `/${"x".repeat(5_000)}`,
    },
    { path: rig.path("a.md"), maxBytes: -1 },
    { path: rig.path("a.md"), maxBytes: "1" },
  ];
  for (const input of inputs) {
    await expect(call("file.read", input)).rejects.toMatchObject({ code: "bad_request" });
  }
  await expect(call("file.write", {})).rejects.toMatchObject({ code: "unknown_call" });
  await expect(call("constructor", {})).rejects.toMatchObject({ code: "unknown_call" });
});
