/** What the store's own tables let the writer do, without anybody that it writes for. */
import { join } from "node:path";
import type { Envelope } from "../src/actors/envelope.ts";
import { systemIds } from "../src/ids.ts";
import { systemClock } from "../src/clock.ts";
import { MemoryTables } from "../src/storage/memory-sql.ts";
import { openDatabase } from "../src/storage/open-database.ts";
import type { Change } from "../src/storage/store.ts";
import { Writer } from "../src/storage/writer.ts";
import { addressOf, payload } from "./counters.ts";

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
  const ids = systemIds(systemClock);
  const text = JSON.stringify(payload);
  let seq = 0;
  const envelope = (key: number): Envelope => ({
    id: ids.uuid(),
    seq: ++seq,
    kind: "message",
    lane: "normal",
    to: addressOf(key),
    from: "@owner",
    type: "add",
    payload: text,
    cause: null,
    correlation: null,
    replyTo: null,
    sentAtMs: systemClock.wallMs(),
    expiresAtMs: null,
    hops: 0,
    trace: null,
    attempt: 0,
  });
  const state = (key: number): Change => ({
    op: "state",
    row: {
      key,
      state: { bundle: "b", version: 1, text: `{"context":${text}}` },
      cursors: [0, 0, seq, 0],
      turns: seq,
      summary: "{}",
      origins: null,
    },
  });
  try {
    let seconds = 0;
    for (let i = 0; i < commits; i++) {
      const changes: Change[] = [];
      for (let n = 0; n < envelopes; n++) {
        changes.push({ op: "envelope", key: n % agents, envelope: envelope(n % agents) });
      }
      for (let n = 0; n < turns; n++) changes.push(state((i * turns + n) % agents));
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
