/** Restoring with the real command: an older version's backup, cut-off restores, full disks. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Ended, runCli } from "../cli/run-cli.ts";
import { eventually } from "../support/eventually.ts";
import { fillDisk, mountSmallDisk, unmountSmallDisk } from "../support/small-disk.ts";
import { startService } from "../support/service.ts";
import type { CounterReply } from "../torture/verify-counters.ts";

const old = fileURLToPath(new URL("../fixtures/old-backup/schema-4.tar.gz", import.meta.url));
const swarm = fileURLToPath(new URL("../fixtures/old-backup/swarm.ts", import.meta.url));
let folder: string;

beforeAll(async () => {
  folder = await Deno.makeTempDir();
});
afterAll(() => Deno.remove(folder, { recursive: true }));

const restore = (home: string, ...more: string[]): Promise<Ended> =>
  runCli(["restore", ...more, "--home", home]);

test("an older version's backup is migrated and goes on", async () => {
  expect(await restore(join(folder, "none"), old, "--check")).toMatchObject({ code: 0, err: "" });
  expect(existsSync(join(folder, "none"))).toBe(false);
  const home = join(folder, "old");
  const { code, out } = await restore(home, old);
  expect(code).toBe(0);
  expect(out).toMatch(/schema 4.*2 agents/);
  expect(out).toMatch(/Start it with: dreamos up .*\n.*inbox.*\n.*dreamos token create NAME\n$/);
  const kept = await restore(join(folder, "kept tokens"), old, "--keep-tokens");
  expect(kept.out).not.toContain("token create");
  const service = await startService({ home, swarm });
  try {
    const { client } = service;
    const read = async (to: string) => {
      const { reply } = await client.ask({ to, type: "count.read", payload: {} });
      return reply as unknown as CounterReply;
    };
    expect(await read("/workers/done")).toMatchObject({ total: 20, doubled: 0 });
    expect((await client.agent("/workers/waiting")).mailboxDepth).toBe(5);
    await client.carryOut("resume", "/workers/waiting");
    await eventually(async () => (await read("/workers/waiting")).total === 25);
    expect(await read("/workers/waiting")).toMatchObject({ doubled: 0, outOfOrder: 0 });
    const { items } = await client.messages({ to: "/workers/waiting" });
    const history = await client.messageHistory(items.at(-1)!.id);
    expect(history.origin).toBe("outside");
  } finally {
    await service.remove();
  }
}, 90_000);

test("only an empty HOME is taken, and nobody's that runs or was cut off", async () => {
  const home = join(folder, "mine");
  await Deno.mkdir(home);
  await Deno.writeTextFile(join(home, "diary.md"), "mine");
  expect(await restore(home, old)).toMatchObject({ code: 1 });
  expect(await Deno.readTextFile(join(home, "diary.md"))).toBe("mine");
  expect([...Deno.readDirSync(home)]).toHaveLength(1);

  const file = await restore(join(home, "diary.md"), old);
  expect(file.err).toMatch(/^dreamos: home_not_empty: /);
  const missing = await restore(join(folder, "new"), join(folder, "no.tar.gz"));
  expect(missing).toMatchObject({ code: 5 });
  expect((await restore(join(folder, "new"), folder)).err).toMatch(/^dreamos: bad_backup: /);

  const cut = join(folder, "cut");
  await Deno.mkdir(join(cut, "restore.part"), { recursive: true });
  const refused = await runCli(["up", "--home", cut, "--port", "0"]);
  expect(refused).toMatchObject({ code: 78 });
  expect(refused.err).toMatch(/^dreamos: restore_unfinished: /);
  expect(await restore(cut, old)).toMatchObject({ code: 0 });
}, 60_000);

test.each(
  [
    ["Ctrl-C", "SIGINT", 130],
    ["SIGTERM", "SIGTERM", 143],
  ] as const,
)("%s in the middle leaves nothing behind", async (_name, signal, code) => {
  const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
  const home = join(folder, "interrupted");
  // Reads a backup that never ends.
  const pipe = join(folder, signal);
  await new Deno.Command("mkfifo", { args: [pipe] }).output();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "-A", main, "restore", pipe, "--home", home],
    stdout: "null",
    stderr: "null",
  }).spawn();
  const feed = await Deno.open(pipe, { read: true, write: true });
  await feed.write((await Deno.readFile(old)).subarray(0, 900));
  await eventually(() => existsSync(join(home, "restore.part")));
  child.kill(signal);
  expect((await child.status).code).toBe(code);
  feed.close();
  expect(existsSync(home)).toBe(false);
}, 60_000);

test("a kill in the middle leaves nothing that could be taken for a system", async () => {
  const home = join(folder, "killed");
  const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
  for (const afterMs of [0, 20, 60]) {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "-A", main, "restore", old, "--home", home],
      stdout: "null",
      stderr: "null",
    }).spawn();
    await eventually(() => existsSync(join(home, "lock")), { everyMs: 1 });
    const until = performance.now() + afterMs;
    await eventually(() => performance.now() >= until, { everyMs: 1 });
    try {
      child.kill("SIGKILL");
    } catch {
      // It has ended by itself.
    }
    const { code } = await child.status;
    // Either it was done before, or a further one does it.
    if (code !== 0 && !existsSync(join(home, "dreamos.db"))) {
      expect(await restore(home, old)).toMatchObject({ code: 0, err: "" });
    }
    expect(existsSync(join(home, "dreamos.db"))).toBe(true);
    await Deno.remove(home, { recursive: true });
  }
}, 60_000);

test("on a full disk nothing half stays, of a backup or a restore", async () => {
  const disk = join(folder, "disk");
  await Deno.mkdir(disk);
  const why = await mountSmallDisk(disk, 1);
  if (why !== null) return console.log(`no small disk here: ${why}`);
  const service = await startService({ swarm });
  try {
    const before = await restore(join(disk, "home"), old);
    expect(before).toMatchObject({ code: 1 });
    expect(before.err).toMatch(/storage_unavailable: .* of .* free/);
    expect([...Deno.readDirSync(disk)]).toEqual([]);
    await fillDisk(join(disk, "others"));
    const { code, err } = await service.cli("backup", join(disk, "full.tar.gz"));
    expect([code, err]).toEqual([1, expect.stringMatching(/storage_unavailable: .*disk is full/)]);
    expect([...Deno.readDirSync(disk)].map(({ name }) => name)).toEqual(["others"]);
    const kept = join(folder, "kept.tar.gz");
    await Deno.writeTextFile(kept, "an older one");
    expect(await service.cli("backup", kept)).toMatchObject({ code: 1 });
    expect(await Deno.readTextFile(kept)).toBe("an older one");
    expect(await service.cli("backup", kept, "--force")).toMatchObject({ code: 0 });
    expect(await restore(join(folder, "kept"), kept)).toMatchObject({ code: 0 });
    const nowhere = await service.cli("backup", join(folder, "no/where.tar.gz"));
    expect(nowhere.err).toMatch(/^dreamos: file_not_found: /);
    expect((await service.cli("backup", folder, "--force")).err).toMatch(/it is a folder/);
    expect(await runCli(["backup", kept, "--home", join(folder, "none")])).toMatchObject({
      code: 1,
    });
  } finally {
    await service.remove();
    await unmountSmallDisk(disk);
  }
}, 90_000);
