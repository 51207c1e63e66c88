/**
 * What the machine can do at best, measured in the same run as the workloads: L1 one durable
 * commit, L2 rows a second into the database, L3 a round trip to a thread in a host process.
 */
import { join } from "node:path";
import Database from "libsql";
import { percentile } from "./figures.ts";

/** The settings of the store: durable means fsync (design R3). */
function open(file: string): Database.Database {
  const database = new Database(file);
  database.pragma("journal_mode = WAL");
  database.pragma("synchronous = FULL");
  return database;
}

/** L1: ms of one fsynced commit of one row, p50 of `count`. */
export function measureCommit(folder: string, count = 2_000): number {
  const database = open(join(folder, "l1.db"));
  try {
    database.exec("CREATE TABLE t (seq INTEGER PRIMARY KEY, body TEXT)");
    const insert = database.prepare("INSERT INTO t (body) VALUES (?)");
    const body = "x".repeat(200);
    const times: number[] = [];
    for (let i = 0; i < count; i++) {
      const started = performance.now();
      insert.run(body);
      times.push(performance.now() - started);
    }
    expectRows(database, count);
    return percentile(times, 0.5);
  } finally {
    database.close();
  }
}

/**
 * What L1 consists of for the disk: ms of one fdatasync after 4 KiB were written over, p50 of
 * `count`. Tens of μs say that the disk, or the host of a virtual one, answers from a cache.
 */
export function measureSync(folder: string, count = 2_000): number {
  const file = Deno.openSync(join(folder, "sync"), { create: true, write: true });
  const blocks = 100;
  const block = new Uint8Array(4_096).fill(1);
  try {
    file.writeSync(new Uint8Array(blocks * block.length));
    file.syncSync();
    const times: number[] = [];
    for (let i = 0; i < count; i++) {
      file.seekSync(i % blocks * block.length, Deno.SeekMode.Start);
      file.writeSync(block);
      const started = performance.now();
      file.syncDataSync();
      times.push(performance.now() - started);
    }
    return percentile(times, 0.5);
  } finally {
    file.close();
  }
}

/** L2: rows/s of commits of 1,000 rows of 200 bytes each, made by one `json_each` insert. */
export function measureRows(folder: string, commits = 300): number {
  const rows = 1_000;
  const database = open(join(folder, "l2.db"));
  try {
    database.exec("CREATE TABLE t (seq INTEGER PRIMARY KEY, body TEXT)");
    const insert = database.prepare("INSERT INTO t (body) SELECT value FROM json_each(?)");
    const batch = JSON.stringify(Array.from({ length: rows }, () => "x".repeat(200)));
    const started = performance.now();
    for (let i = 0; i < commits; i++) insert.run(batch);
    // The whole time, as the checkpoints that some commits pay for belong to the rate.
    const seconds = (performance.now() - started) / 1_000;
    expectRows(database, commits * rows);
    return commits * rows / seconds;
  } finally {
    database.close();
  }
}

function expectRows(database: Database.Database, wanted: number): void {
  const { n } = database.prepare("SELECT count(*) AS n FROM t").get() as { n: number };
  if (n !== wanted) throw new Error(`The limit wrote ${n} rows, wanted ${wanted}`);
}
