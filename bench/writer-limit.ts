/** What the store's own tables let the writer do, without anybody that it writes for. */
import { join } from "node:path";
import { MemoryTables } from "../src/storage/memory-sql.ts";
import { openDatabase } from "../src/storage/open-database.ts";
import type { Change } from "../src/storage/store.ts";
import { Writer } from "../src/storage/writer.ts";
import { messageTo, stateOf } from "./envelopes.ts";

const agents = 100;
/** Envelopes of one transaction, as W1's batches have, and the turns that go with them. */
const envelopes = 500;
const turns = 10;

/**
 * L2.store: W1's envelopes a second through the real writer into the real tables, each transaction
 * with the states of ten turns of fifty messages: what W1 could reach if all else took no time.
 */
export function measureWriter(folder: string, commits = 200): number {
  const database = openDatabase(join(folder, "l2-store.db"));
  const writer = new Writer(database, new MemoryTables(database));
  let seq = 0;
  try {
    let seconds = 0;
    for (let i = 0; i < commits; i++) {
      const changes: Change[] = [];
      for (let n = 0; n < envelopes; n++) {
        changes.push({ op: "envelope", key: n % agents, envelope: messageTo(n % agents, ++seq) });
      }
      for (let n = 0; n < turns; n++) changes.push(stateOf((i * turns + n) % agents, seq));
      const started = performance.now();
      const { failure } = writer.write([{ changes }]);
      seconds += (performance.now() - started) / 1_000;
      if (failure) throw new Error(`The writer failed with ${failure.code}`);
    }
    return commits * envelopes / seconds;
  } finally {
    database.close();
  }
}
