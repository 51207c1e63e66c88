/** Backups that are damaged, cut off, foreign or lie, and what a restore leaves behind. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import Database from "libsql";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { readArchive, writeArchive } from "../../src/backup-archive.ts";
import type { BackupManifest } from "../../src/backup-manifest.ts";
import { systemClock } from "../../src/clock.ts";
import { findHome, type Home } from "../../src/home.ts";
import { Backups, type BackupsOptions } from "../../src/storage/backups.ts";
import { openLibsqlStore } from "../../src/storage/libsql-store.ts";
import { restoreBackup } from "../../src/storage/restore.ts";
import { padding, tarEnd, tarHeader } from "../../src/tar.ts";
import { HandClock } from "../support/hand-clock.ts";
import { agent, callRow, envelope, tokenRow } from "../contract/store-rows.ts";

let folder: string;
/** A good backup. */
let good: Uint8Array;
let goodManifest: BackupManifest;
let home: Home;

beforeAll(async () => {
  folder = await Deno.makeTempDir();
  const file = join(folder, "dreamos.db");
  const store = await openLibsqlStore({ file, clock: systemClock });
  await store.commit([
    agent(1),
    envelope(1, 1),
    { op: "call", row: callRow(1, "asked") },
    { op: "call", row: callRow(1, "under-way", { status: "running" }) },
    { op: "token", row: tokenRow("ci") },
    { op: "meta", name: "uncleanEnds", value: "1" },
  ]);
  const { manifest, body } = await backupsOf(file, '{ "port": 7421 }').make();
  good = new Uint8Array(await new Response(body).arrayBuffer());
  goodManifest = manifest;
  await store.close();
});
afterAll(() => Deno.remove(folder, { recursive: true }));

beforeEach(() => {
  const path = Deno.makeTempDirSync({ dir: folder });
  home = findHome({ flag: path, env: {}, cwd: folder });
});
afterEach(() => Deno.remove(home.path, { recursive: true }));

function backupsOf(
  database: string,
  config: string | null = null,
  more: Partial<BackupsOptions> = {},
): Backups {
  return new Backups({
    ...{ clock: systemClock, database, minFreeBytes: 0, version: "0.1.0", home: folder },
    ...{ folder: join(folder, "backup.part"), swarm: "/swarm.ts", readConfig: () => config },
    ...more,
  });
}

async function restore(bytes: Uint8Array, keepTokens = false): Promise<BackupManifest> {
  const file = join(folder, "candidate.tar.gz");
  await Deno.writeFile(file, bytes);
  return await restoreBackup({ file, home, nowMs: 1, keepTokens, onProgress: () => {} });
}

/** An archive of these files, whatever the manifest says. */
function archive(manifest: unknown, files: Record<string, Uint8Array>): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(manifest));
  const parts = Object.entries({ "manifest.json": text, ...files }).flatMap(([name, bytes]) => [
    tarHeader(name, bytes.length, 0),
    bytes,
    padding(bytes.length),
  ]);
  return gzipSync(Uint8Array.from([...parts, tarEnd()].flatMap((part) => [...part])));
}

function fileOf(name: string, bytes: Uint8Array) {
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { name, sizeBytes: bytes.length, sha256 };
}

/** An archive with another database inside, described as it is. */
function withDatabase(change: (db: Database.Database) => void, more: Partial<BackupManifest> = {}) {
  const path = join(folder, "changed.db");
  Deno.copyFileSync(join(folder, "dreamos.db"), path);
  const db = new Database(path);
  change(db);
  db.close();
  return withBytes(Deno.readFileSync(path), more);
}

function withBytes(bytes: Uint8Array, more: Partial<BackupManifest> = {}): Uint8Array {
  const files = [fileOf("dreamos.db", bytes)];
  return archive({ ...goodManifest, counts: {}, ...more, files }, { "dreamos.db": bytes });
}

describe("a restore", () => {
  it("gives back what was there, ready for a start", async () => {
    const manifest = await restore(good);
    expect(manifest.counts).toMatchObject({ agents: 1, messages: 1, calls: 2 });
    expect([...Deno.readDirSync(home.path)].map(({ name }) => name).toSorted())
      .toEqual(["config.json", "dreamos.db"]);
    expect(JSON.parse(Deno.readTextFileSync(home.configFile))).toEqual({ port: 7421 });
    expect(Deno.statSync(home.databaseFile).mode! & 0o777).toBe(0o600);
    const store = await openLibsqlStore({ file: home.databaseFile, clock: systemClock });
    // What was asked for may have been done after the backup: nobody knows.
    expect((await store.calls()).map(({ status }) => status)).toEqual(["running", "running"]);
    expect(await store.tokens()).toEqual([]);
    expect(await store.meta("uncleanEnds")).toBe(null);
    expect(await store.events({ limit: 9 })).toMatchObject([{ type: "system.restored" }]);
    await store.close();
  });

  it("keeps tokens where that is asked for", async () => {
    await restore(good, true);
    const store = await openLibsqlStore({ file: home.databaseFile, clock: systemClock });
    expect((await store.tokens()).map(({ name }) => name)).toEqual(["ci"]);
    await store.close();
  });

  const text = (words: string) => new TextEncoder().encode(words);
  it.each<[string, () => Uint8Array, RegExp]>([
    ["nothing at all", () => new Uint8Array(), /damaged|no gzip/],
    ["no gzip", () => text("hello, this is no backup at all"), /no gzip file/],
    ["half of it", () => good.subarray(0, good.length >> 1), /damaged or cut off/],
    ["all but its end", () => good.subarray(0, good.length - 9), /damaged or cut off/],
    ["a gzip of words", () => gzipSync("hello".repeat(500)), /no tar archive/],
    ["another tar", () => gzipSync(joined(tarHeader("a", 0, 0), tarEnd())), /does not begin with/],
    ["a huge manifest", () => gzipSync(tarHeader("manifest.json", 2 ** 40, 0)), /not begin with/],
    ["a size below nothing", () => gzipSync(belowNothing()), /no tar archive/],
    ["a manifest that is no JSON", () => (
      gzipSync(joined(tarHeader("manifest.json", 1, 0), text("{"), padding(1), tarEnd()))
    ), /not JSON/],
    ["a newer format", () => archive({ ...goodManifest, format: 2 }, {}), /format is 2/],
    ["a manifest of something else", () => archive({ what: "tea" }, {}), /manifest/],
    ["a file that is missing", () => archive(goodManifest, {}), /does not hold config\.json/],
    ["more than it says", () => (
      archive({ ...goodManifest, files: [fileOf("dreamos.db", text("x"))] }, {
        "dreamos.db": text("x"),
        "../../evil": text("y"),
      })
    ), /more than its manifest says/],
    ["a name that leads elsewhere", () => (
      archive({ ...goodManifest, files: [fileOf("../evil", text("x"))] }, { "../evil": text("x") })
    ), /manifest/],
    ["a database with another hash", () => (
      archive({ ...goodManifest, files: [fileOf("dreamos.db", text("x"))] }, {
        "dreamos.db": text("y"),
      })
    ), /hash/],
    ["a database that is none", () => withBytes(text("no database".repeat(200))), /database/],
    ["a database without tables", () => (
      withDatabase((db) => db.exec("DROP TABLE agents"), { counts: { agents: 1 } })
    ), /undefined agents/],
    ["other counts", () => withDatabase(() => {}, { counts: { agents: 7 } }), /holds 1 agents/],
    ["another schema than it says", () => withDatabase(() => {}, { schema: 1 }), /another schema/],
  ])("refuses %s, and leaves nothing", async (_, make, words) => {
    await expect(restore(make())).rejects.toMatchObject({ code: "bad_backup" });
    await expect(restore(make())).rejects.toThrow(words);
    expect([...Deno.readDirSync(home.path)]).toEqual([]);
  });

  it("refuses a changed byte wherever it is, unless what is packed stays the same", async () => {
    const packed = gunzipSync(good);
    let refused = 0;
    for (let at = 0; at < good.length; at += 97) {
      const bytes = good.slice();
      bytes[at]! ^= 0x10;
      const file = join(folder, "flipped.tar.gz");
      await Deno.writeFile(file, bytes);
      const error = await readArchive(file).then(() => null, (thrown) => thrown);
      // A copy of zeros from another place is a copy of zeros.
      if (error === null) expect(gunzipSync(bytes).equals(packed)).toBe(true);
      else expect(error).toMatchObject({ code: "bad_backup" });
      if (error !== null) refused++;
    }
    expect(refused).toBeGreaterThan(40);
  });

  it("refuses pages that were changed under a hash of their own", async () => {
    const bytes = Deno.readFileSync(join(folder, "dreamos.db"));
    bytes.fill(0xee, 4_096 * 2, 4_096 * 6);
    await expect(restore(withBytes(bytes, { schema: goodManifest.schema })))
      .rejects.toMatchObject({ code: "bad_backup" });
  });

  it("refuses a newer schema as such", async () => {
    const newer = withDatabase((db) => db.exec("PRAGMA user_version = 9999"), { schema: 9_999 });
    await expect(restore(newer)).rejects.toMatchObject({ code: "database_newer" });
  });

  it("never writes more than is said, nor begins what does not fit", async () => {
    const zeros = gzipSync(new Uint8Array(64 * 1024 * 1024));
    expect(zeros.length).toBeLessThan(100_000);
    await expect(restore(zeros)).rejects.toThrow(/does not begin with|no tar/);
    const files = [{ ...fileOf("dreamos.db", new Uint8Array()), sizeBytes: 2 ** 50 }];
    await expect(restore(archive({ ...goodManifest, files }, {})))
      .rejects.toMatchObject({ code: "storage_unavailable" });
    expect([...Deno.readDirSync(home.path)]).toEqual([]);
  });

  it("begins anew where one was cut off", async () => {
    Deno.mkdirSync(home.restoreFolder);
    Deno.writeTextFileSync(join(home.restoreFolder, "dreamos.db"), "half");
    await restore(good);
    expect(existsSync(home.databaseFile)).toBe(true);
    expect(existsSync(home.restoreFolder)).toBe(false);
  });
});

describe("making backups", () => {
  it("goes one at a time, and again after one was given up", async () => {
    const backups = backupsOf(join(folder, "dreamos.db"));
    const first = backups.make();
    await expect(backups.make()).rejects.toMatchObject({ code: "backup_running" });
    const { body } = await first;
    expect(existsSync(join(folder, "backup.part"))).toBe(true);
    await body.cancel();
    expect(existsSync(join(folder, "backup.part"))).toBe(false);
    const { body: again } = await backups.make();
    expect((await new Response(again).arrayBuffer()).byteLength).toBeGreaterThan(100);
    expect(existsSync(join(folder, "backup.part"))).toBe(false);
  });

  it("is not begun where it may not fit", async () => {
    const database = join(folder, "dreamos.db");
    const low = backupsOf(database, null, { minFreeBytes: 2 ** 60 });
    await expect(low.make()).rejects.toMatchObject({ code: "storage_unavailable" });
    await expect(low.make()).rejects.toThrow(/may take .* of .* free/);
    expect(existsSync(join(folder, "backup.part"))).toBe(false);
  });

  it("cuts off who does not read on, and is free for the next", async () => {
    const clock = new HandClock(1_700_000_000_000);
    const backups = backupsOf(join(folder, "dreamos.db"), null, { clock });
    const { body } = await backups.make();
    const reader = body.getReader();
    expect((await reader.read()).value!.length).toBeGreaterThan(0);
    await clock.pass(61_000);
    await expect(reader.read()).rejects.toMatchObject({ code: "request_timeout" });
    expect(existsSync(join(folder, "backup.part"))).toBe(false);
    await (await backups.make()).body.cancel();
  });

  it("is free for the next when what it made cannot be read", async () => {
    const file = join(home.path, "dreamos.db");
    new Database(file).close();
    const backups = backupsOf(file);
    const { body } = await backups.make();
    vi.spyOn(Deno.FsFile.prototype, "read").mockRejectedValueOnce(new Error("planted"));
    await expect(new Response(body).arrayBuffer()).rejects.toThrow("planted");
    await (await backups.make()).body.cancel();
  });

  it("removes what a kill has left, and says what fails", async () => {
    const left = join(folder, "backup.part");
    Deno.mkdirSync(left);
    Deno.writeTextFileSync(join(left, "dreamos.db"), "half");
    const backups = backupsOf(join(folder, "dreamos.db"));
    expect(existsSync(left)).toBe(false);
    expect((await backups.make()).manifest.counts.agents).toBe(1);
    const broken = join(folder, "broken.db");
    Deno.writeTextFileSync(broken, "this is no database at all".repeat(100));
    await expect(backupsOf(broken).make()).rejects.toMatchObject({ code: "internal" });
    expect(existsSync(left)).toBe(false);
  });

  it("writes an archive that any tar reads", async () => {
    const file = join(folder, "plain.tar.gz");
    await Deno.writeFile(file, good);
    const { stdout } = await new Deno.Command("tar", { args: ["tzvf", file] }).output();
    const names = new TextDecoder().decode(stdout).trim().split("\n")
      .map((line) => line.split(" ").at(-1));
    expect(names).toEqual(["manifest.json", "config.json", "dreamos.db"]);
  });

  it("does not write over a file", async () => {
    const file = join(folder, "taken");
    await Deno.writeTextFile(file, "mine");
    await expect(writeArchive(file, { ...goodManifest, files: [] }, [])).rejects.toThrow(/EEXIST/);
    expect(await Deno.readTextFile(file)).toBe("mine");
  });
});

function joined(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** A header that says -1, with the sum that belongs to that. */
function belowNothing(): Uint8Array {
  const header = tarHeader("manifest.json", 0, 0);
  const put = (at: number, text: string) => header.set(new TextEncoder().encode(text), at);
  put(124, "-1\0\0\0\0\0\0\0\0\0\0");
  put(148, " ".repeat(8));
  const sum = header.reduce((total, byte) => total + byte, 0);
  put(148, `${sum.toString(8).padStart(6, "0")}\0 `);
  return header;
}
