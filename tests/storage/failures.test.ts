/** What happens to files, disks and processes, and what the store makes of it. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import Database from "libsql";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { type LibsqlStore, openLibsqlStore } from "../../src/storage/libsql-store.ts";
import { isUnsynced } from "../../src/storage/writer.ts";
import { agent, envelope, mailboxSeqs } from "../contract/store-rows.ts";
import { eventually } from "../support/eventually.ts";

const child = fileURLToPath(new URL("./committing-child.ts", import.meta.url));
const config = fileURLToPath(new URL("../../deno.json", import.meta.url));

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await Deno.makeTempDir();
  file = join(folder, "dreamos.db");
});
afterEach(() => Deno.remove(folder, { recursive: true }));

const open = (minFreeBytes = 0) => openLibsqlStore({ file, clock: systemClock, minFreeBytes });

async function makeDatabase(): Promise<void> {
  const store = await open();
  const payload = JSON.stringify("x".repeat(1_000));
  for (let seq = 1; seq <= 300; seq++) await store.commit([envelope(1, seq, { payload })]);
  await store.close();
}

describe("a file that is no database of this program", () => {
  async function expectRefused(code: string): Promise<void> {
    const before = await Deno.readFile(file);
    await expect(open()).rejects.toMatchObject({ code, message: expect.stringContaining(file) });
    // Compared as a whole: a difference in a large array would be printed byte by byte.
    expect(Buffer.compare(await Deno.readFile(file), before)).toBe(0);
    expect(
      [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) =>
        !/^dreamos\.db(-shm|-wal|\.reserve)?$/.test(name)
      ),
    ).toEqual([]);
  }

  it("is refused when a newer version made it", async () => {
    const db = new Database(file);
    db.exec("CREATE TABLE from_the_future (a); PRAGMA user_version = 4711");
    db.close();
    await expectRefused("database_newer");
  });

  it.each([
    ["zeros", new Uint8Array(8192)],
    ["text", new TextEncoder().encode("These are my notes of last summer.\n".repeat(500))],
    ["a few bytes", new Uint8Array([1, 2, 3])],
    ["a header and nothing else", new TextEncoder().encode("SQLite format 3\0")],
  ])("is refused when it holds %s", async (_, bytes) => {
    await Deno.writeFile(file, bytes);
    await expectRefused("database_corrupt");
  });

  it("is refused when its end is missing", async () => {
    await makeDatabase();
    await Deno.truncate(file, Math.floor(Deno.statSync(file).size / 2 / 4096) * 4096);
    await expectRefused("database_corrupt");
  });

  it("is refused when its middle is overwritten", async () => {
    await makeDatabase();
    const bytes = await Deno.readFile(file);
    bytes.fill(0xab, 8_192, bytes.length - 8_192);
    await Deno.writeFile(file, bytes);
    await expectRefused("database_corrupt");
  });

  it("is refused when it is a folder", async () => {
    await Deno.mkdir(file);
    await expect(open()).rejects.toMatchObject({ code: "storage_unavailable" });
  });

  it("is new when it is empty", async () => {
    await Deno.writeFile(file, new Uint8Array(0));
    const store = await open();
    expect(await store.check()).toBe("ok");
    expect(await store.agents()).toEqual([]);
    await store.close();
  });

  it("is new when it is not there; nobody else may read it or what lies beside it", async () => {
    const store = await open();
    await store.commit([agent(1)]);
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    expect(names).toEqual(["", "-shm", "-wal", ".reserve"].map((end) => `dreamos.db${end}`));
    for (const name of names) {
      expect(Deno.statSync(join(folder, name)).mode! & 0o777).toBe(0o600);
    }
    await store.close();
  });
});

describe("a closed database", () => {
  it("is whole in its one file", async () => {
    const store = await open();
    await store.commit([agent(1), envelope(1, 1)]);
    await store.messages({ limit: 1 });
    await store.close();
    await Deno.copyFile(file, `${file}.copy`);
    file = `${file}.copy`;
    const copy = await open();
    expect(await mailboxSeqs(copy, 1)).toEqual([1]);
    await copy.close();
  });
});

describe("a database of version 1", () => {
  it("is brought up to date with all that it holds", async () => {
    const first = new URL("../../src/storage/migrations/0001-first.sql", import.meta.url);
    const db = new Database(file);
    db.exec(`${await Deno.readTextFile(first)}; PRAGMA user_version = 1`);
    db.exec("INSERT INTO meta VALUES ('lastKey', '7')");
    db.close();
    const store = await open();
    expect(await store.meta("lastKey")).toBe("7");
    await store.commit([agent(1), { op: "agentGone", key: 1 }]);
    await store.close();
  });
});

describe("a killed process", () => {
  /** Acknowledged sequence numbers by writer, up to the kill. */
  async function commitUntilKilled(lines: number): Promise<Map<number, number>> {
    const args = ["run", "-A", "--config", config, child, file];
    const run = new Deno.Command(Deno.execPath(), { args, stdout: "piped", stderr: "inherit" });
    const committing = run.spawn();
    let text = "";
    let killed = false;
    for await (const part of committing.stdout.pipeThrough(new TextDecoderStream())) {
      text += part;
      if (killed || text.split("\n").length <= lines) continue;
      killed = true;
      committing.kill("SIGKILL");
    }
    const { signal } = await committing.status;
    expect(signal).toBe("SIGKILL");
    // The last line may be cut.
    const told = text.split("\n").slice(0, -1).map((line) => line.split(" ").map(Number));
    return new Map(told.map(([writer, seq]) => [writer!, seq!]));
  }

  it("has lost nothing that it had acknowledged, and no commit is half there", async () => {
    for (const lines of [30, 400, 5, 1_000, 100]) {
      const acknowledged = await commitUntilKilled(lines);
      expect(acknowledged.size).toBeGreaterThan(0);
      const store = await open();
      expect(await store.check()).toBe("ok");
      for (const [writer, seq] of acknowledged) {
        const last = Number(await store.meta(`w${writer}`));
        expect(last).toBeGreaterThanOrEqual(seq);
        const row = await store.state(writer);
        expect(row).toMatchObject({ turns: last, cursors: [0, 0, last, 0] });
        expect(row?.state.text).toBe(String(last));
        const newest = await store.mailbox(writer, "normal", last - 20, 100);
        expect(newest.at(-1)?.seq).toBe(last);
        expect(newest).toHaveLength(Math.min(20, last));
      }
      await store.close();
    }
  });
});

/** Writes until nothing more fits. */
function useUp(path: string): void {
  using to = Deno.openSync(path, { write: true, create: true });
  const block = new Uint8Array(4096).fill(1);
  try {
    while (true) to.writeSync(block);
  } catch (error) {
    expect(String(error)).toContain("No space left");
  }
}

function isMounted(where: string): boolean {
  const args = ["-t", "tmpfs", "-o", "size=12m", "tmpfs", where];
  try {
    return new Deno.Command("mount", { args, stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}

describe("a full disk", () => {
  it("takes nothing until there is room, then all that waited", async ({ skip }) => {
    const disk = join(folder, "disk");
    await Deno.mkdir(disk);
    if (!isMounted(disk)) return skip("a small tmpfs cannot be mounted here: it needs root");
    file = join(disk, "dreamos.db");
    try {
      await fillAndFree(join(disk, "filler"));
    } finally {
      new Deno.Command("umount", { args: ["-l", disk] }).outputSync();
    }
  });

  async function fillAndFree(filler: string): Promise<void> {
    await Deno.writeFile(filler, new Uint8Array(6 * 2 ** 20).fill(1));
    let store = await open();
    const heard: boolean[] = [];
    store.onAvailable((available) => heard.push(available));
    const payload = JSON.stringify("x".repeat(50_000));
    let sent = 0;
    const commit = () => store.commit([envelope(1, ++sent, { payload })]);
    const write = async () => {
      while (store.available) await commit();
    };
    // What was under way when the disk was full finds room in the reserve.
    await Promise.all([1, 2, 3, 4].map(write));
    expect(heard).toEqual([false]);
    useUp(`${filler}.2`);
    const stuck = await untilStuck(store, commit);
    expect(heard).toEqual([false]);
    await Deno.remove(filler);
    await stuck.committed;
    await eventually(() => store.available, { what: "room for the reserve" });
    expect(heard).toEqual([false, true]);
    await store.close();
    store = await open();
    expect(await store.check()).toBe("ok");
    expect(await mailboxSeqs(store, 1)).toEqual(Array.from({ length: sent }, (_, i) => i + 1));
    await store.close();
  }

  /** Commits until one does not hold: a read is answered after the try called before it. */
  async function untilStuck(store: LibsqlStore, commit: () => Promise<void>) {
    for (let i = 0; i < 500; i++) {
      let held = false;
      const committed = commit().then(() => {
        held = true;
      });
      await store.meta("nothing");
      if (!held) return { committed };
    }
    throw new Error("500 commits found room on a full disk");
  }

  it("is told before it is full: below the smallest free space", async () => {
    const store = await open(Number.MAX_SAFE_INTEGER);
    expect(store.available).toBe(false);
    await store.commit([agent(1)]);
    expect(await store.agents()).toHaveLength(1);
    await store.close();
  });
});

describe("a failed fsync", () => {
  it.each(["SQLITE_IOERR_FSYNC", "SQLITE_IOERR_DIR_FSYNC"])("is told by %s", (code) => {
    expect(isUnsynced(code)).toBe(true);
  });

  it.each(["SQLITE_IOERR_WRITE", "SQLITE_FULL", "SQLITE_CORRUPT_VTAB"])("is not %s", (code) => {
    expect(isUnsynced(code)).toBe(false);
  });

  it("is fatal outside of a commit too: nothing is taken any more", async () => {
    const post = Worker.prototype.postMessage;
    let thread: Worker | undefined;
    Worker.prototype.postMessage = function (this: Worker, ...args: [unknown]) {
      thread = this;
      return Reflect.apply(post, this, args);
    };
    const store = await open().finally(() => Worker.prototype.postMessage = post);
    const heard: unknown[] = [];
    store.onFatal(({ message }) => heard.push(message));
    store.onAvailable((available) => heard.push(available));
    const data = { t: "lost", code: "SQLITE_IOERR_FSYNC" };
    thread!.dispatchEvent(new MessageEvent("message", { data }));
    expect(heard).toEqual([
      false,
      "Cannot go on: the disk cannot be trusted: SQLITE_IOERR_FSYNC",
    ]);
    await expect(store.commit([agent(1)])).rejects.toMatchObject({ code: "shutting_down" });
    thread!.postMessage({ t: "close" });
  });
});

describe("group commit", () => {
  async function countWrites(during: (store: LibsqlStore) => Promise<unknown>): Promise<number> {
    const post = Worker.prototype.postMessage;
    let count = 0;
    Worker.prototype.postMessage = function (this: Worker, ...args: [unknown]) {
      if ((args[0] as { t?: string }).t === "write") count++;
      return Reflect.apply(post, this, args);
    };
    const store = await open();
    try {
      await during(store);
      return count;
    } finally {
      Worker.prototype.postMessage = post;
      await store.close();
    }
  }

  it("takes many commits into few transactions", async () => {
    const seqs = Array.from({ length: 2_000 }, (_, i) => i + 1);
    const one = (store: LibsqlStore) => (seq: number) => store.commit([envelope(1, seq)]);
    expect(await countWrites((store) => Promise.all(seqs.map(one(store))))).toBeLessThan(10);
  });

  it("is not waited for by one that comes alone", async () => {
    const writes = await countWrites(async (store) => {
      for (let seq = 1; seq <= 50; seq++) await store.commit([envelope(1, seq)]);
    });
    expect(writes).toBe(50);
  });
});
