/** Hot reads, through prepared statements on the writer's own connection. */
import type { Database, Statement } from "libsql";
import type { Lane } from "../actors/envelope.ts";
import { lanes } from "../actors/envelope.ts";
import { memorySql, type MemoryTables } from "./memory-sql.ts";
import * as sql from "./read-statements.ts";
import {
  type BootRow,
  type EnvelopeRow,
  type StateColumns,
  toBootAgent,
  toEnvelope,
  toStateRow,
} from "./rows.ts";
import type { PruneCut } from "./store.ts";
import { forgetAgent } from "./write-statements.ts";

/** Rows that one transaction of retention removes at most. */
const portion = 2_000;

export class Reader {
  #db: Database;
  #memory: MemoryTables;
  #prepared = new Map<string, Statement>();

  constructor(db: Database, memory: MemoryTables) {
    this.#db = db;
    this.#memory = memory;
  }

  agents() {
    const skips = Map.groupBy(
      this.#all<{ key: number; lane: number; seq: number }>(sql.allSkips),
      ({ key }) => key,
    );
    return this.#all<BootRow>(sql.allAgents).map((row) =>
      toBootAgent(row, skips.get(row.key) ?? [])
    );
  }

  state(key: number) {
    const [row] = this.#all<StateColumns>(sql.state, key);
    return row ? toStateRow(row) : null;
  }

  mailbox(key: number, lane: Lane, afterSeq: number, limit: number) {
    return this.#all<EnvelopeRow>(sql.mailbox, key, lanes.indexOf(lane), afterSeq, limit)
      .map(toEnvelope);
  }

  dueTimers(untilMs: number, limit: number) {
    return this.#all(sql.dueTimers, untilMs, limit);
  }

  nextTimerMs() {
    return this.#all<{ due: number | null }>(sql.nextTimer)[0]?.due ?? null;
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

  recall(query: string, limit: number, includeDeleted: boolean) {
    return this.#memory.recall(query, limit, includeDeleted);
  }

  sources(limit: number, afterPath: string) {
    return this.#memory.sources(limit, afterPath);
  }

  stats() {
    return this.#memory.stats();
  }

  /** One portion of retention. @returns rows removed; 0 when nothing is left to remove */
  prune(cut: PruneCut): number {
    const byCount = this.#all<{ cut: number }>(sql.countCut, cut.consumedCount)[0]?.cut ?? 0;
    const envelopesBefore = Math.max(cut.consumedBeforeMs, byCount);
    const ended = this.#all<{ key: number }>(sql.endedAgents, cut.endedBeforeMs, 200);
    for (const { key } of ended) for (const statement of forgetAgent) this.#run(statement, key);
    return ended.length + this.#run(sql.pruneEnvelopes, envelopesBefore, portion) +
      this.#run(sql.pruneLetters, cut.deadLettersBeforeMs, portion) +
      this.#run(sql.pruneKeys, cut.idempotencyBeforeMs, portion) +
      this.#run(sql.pruneAsks, cut.consumedBeforeMs, portion) +
      this.#run(memorySql.prune, cut.consumedBeforeMs, portion);
  }

  #run(text: string, ...values: unknown[]): number {
    return this.#prepare(text).run(...values).changes;
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
