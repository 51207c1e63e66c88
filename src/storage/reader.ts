/** Hot reads, through prepared statements on the writer's own connection. */
import type { Database, Statement } from "libsql";
import type { Lane } from "../actors/envelope.ts";
import { lanes } from "../actors/envelope.ts";
import type { MemoryTables } from "./memory-sql.ts";
import * as sql from "./read-statements.ts";
import {
  type BootRow,
  type CheckpointColumns,
  type EnvelopeRow,
  type StateColumns,
  toBootAgent,
  toCheckpoint,
  toCheckpointInfo,
  toEnvelope,
  toStateRow,
  type WholeCheckpointColumns,
} from "./rows.ts";

export class Reader {
  #db: Database;
  #memory: MemoryTables;
  #prepared = new Map<string, Statement>();

  constructor(db: Database, memory: MemoryTables) {
    this.#db = db;
    this.#memory = memory;
  }

  agents(afterKey = 0, limit = -1) {
    return this.#all<BootRow>(sql.agentsAfter, afterKey, limit).map((row) =>
      toBootAgent(row, (lane, cursor) => this.#open(row.key, lane, cursor))
    );
  }

  #open(key: number, lane: number, cursor: number): number {
    return this.#all<{ n: number }>(sql.openOf, key, lane, cursor)[0]!.n;
  }

  state(key: number) {
    const [row] = this.#all<StateColumns>(sql.state, key);
    return row ? toStateRow(row) : null;
  }

  mailbox(key: number, lane: Lane, afterSeq: number, limit: number) {
    return this.#all<EnvelopeRow>(sql.mailbox, key, lanes.indexOf(lane), afterSeq, limit)
      .map(toEnvelope);
  }

  dueTimers({ wallMs, runMs }: { wallMs: number; runMs: number }, limit: number) {
    const due = this.#all(sql.dueTimers, wallMs, limit);
    const left = limit - due.length;
    return left > 0 ? [...due, ...this.#all(sql.lateTimers, runMs, wallMs, left)] : due;
  }

  nextTimers() {
    const [row] = this.#all<{ dueAtMs: number | null }>(sql.nextTimers);
    return row?.dueAtMs == null ? null : row;
  }

  runMs() {
    return this.#all<{ runMs: number | null }>(sql.runTime)[0]?.runMs ?? 0;
  }

  timers(key: number) {
    return this.#all(sql.timersOf, key);
  }

  calls(key?: number) {
    return key === undefined ? this.#all(sql.allCalls) : this.#all(sql.callsOf, key);
  }

  ask(id: string) {
    return this.#all(sql.ask, id)[0] ?? null;
  }

  settledAsks(asker: string, sinceMs: number) {
    return this.#all(sql.settledAsks, sinceMs, asker);
  }

  checkpoints(key: number) {
    return this.#all<CheckpointColumns>(sql.checkpointsOf, key).map(toCheckpointInfo);
  }

  checkpoint(id: number) {
    const [row] = this.#all<WholeCheckpointColumns>(sql.checkpoint, id);
    return row ? toCheckpoint(row) : null;
  }

  deadLetter(id: number) {
    const [row] = this.#all<{ envelope: string }>(sql.deadLetter, id);
    return row ? { ...row, envelope: JSON.parse(row.envelope) } : null;
  }

  openAsks() {
    return this.#all(sql.openAsks);
  }

  idempotency(scope: string, key: string) {
    return this.#all(sql.idempotency, scope, key)[0] ?? null;
  }

  bundle(hash: string) {
    return this.#all(sql.bundle, hash)[0] ?? null;
  }

  bundles() {
    return this.#all(sql.bundles);
  }

  tokens() {
    return this.#all(sql.tokens);
  }

  meta(name: string) {
    return this.#all<{ value: string }>(sql.meta, name)[0]?.value ?? null;
  }

  deadLetterCount() {
    return this.#all<{ n: number }>(sql.deadLetterCount)[0]!.n;
  }

  check() {
    const rows = this.#all<{ integrity_check: string }>("PRAGMA integrity_check(5)");
    return rows.map((row) => row.integrity_check).join("\n");
  }

  recall(query: string, limit: number, includeDeleted: boolean, offset: number) {
    return this.#memory.recall(query, limit, includeDeleted, offset);
  }

  sources(limit: number, afterPath: string) {
    return this.#memory.sources(limit, afterPath);
  }

  stats() {
    return this.#memory.stats();
  }

  #all<T = unknown>(text: string, ...values: unknown[]): T[] {
    return this.#prepare(text).all(...values) as T[];
  }

  #prepare(text: string): Statement {
    let statement = this.#prepared.get(text);
    if (!statement) {
      statement = this.#db.prepare(text);
      this.#prepared.set(text, statement);
    }
    return statement;
  }
}
