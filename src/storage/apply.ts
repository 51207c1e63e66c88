/**
 * Changes to SQL. The changes of one transaction are sorted by table first, the later of one row
 * winning, so that each table is written by few statements however many turns there are. What
 * reaches over many rows of an agent is done in its place between two such sets.
 */
import type { Database, Statement } from "libsql";
import { envelopeKinds, lanes } from "../actors/envelope.ts";
import type { AgentRecord, Change, Cursors, StateRow } from "./store.ts";
import type { TokenRow } from "./token-row.ts";
import * as sweeps from "./sweep-statements.ts";
import * as sql from "./write-statements.ts";

const sweepOps = [
  "agentGone",
  "workGone",
  "buryMail",
  "attemptsGone",
  "revive",
  "checkpoint",
] as const;
type Sweep = Extract<Change, { op: typeof sweepOps[number] }>;

type TurnChange = Extract<
  Change,
  { op: "agent" | "state" | "stateGone" | "origins" | "cursors" | "envelope" | "skip" | "attempt" }
>;
type RowChange = Exclude<Change, Sweep | TurnChange>;

interface PendingState {
  row?: StateRow;
  gone?: boolean;
  cursors?: Cursors;
  origins?: string;
}

interface Pending {
  agents: Map<number, AgentRecord>;
  states: Map<number, PendingState>;
  timers: Map<string, unknown[]>;
  calls: Map<string, unknown[]>;
  asks: Map<string, unknown[]>;
  rows: Record<"envelopes" | "skips" | "attempts" | "letters" | "keys" | "events", unknown[][]>;
}

function nothingPending(): Pending {
  return {
    agents: new Map(),
    states: new Map(),
    timers: new Map(),
    calls: new Map(),
    asks: new Map(),
    rows: { envelopes: [], skips: [], attempts: [], letters: [], keys: [], events: [] },
  };
}

export class Applier {
  #db: Database;
  #prepared = new Map<string, Statement>();

  constructor(db: Database) {
    this.#db = db;
  }

  /** Writes all of it; the caller has begun a transaction. */
  apply(changes: readonly Change[]): void {
    let pending = nothingPending();
    for (const change of changes) {
      if (isSweep(change)) {
        this.#write(pending);
        pending = nothingPending();
        this.#sweep(change);
      } else this.#sort(pending, change);
    }
    this.#write(pending);
  }

  #sweep(change: Sweep): void {
    switch (change.op) {
      case "agentGone":
        for (const statement of sql.forgetAgent) this.#run(statement, [change.key]);
        return;
      case "workGone":
        this.#run(sweeps.dropTimers, [change.key]);
        return this.#run(sweeps.dropCalls, [change.key]);
      case "buryMail": {
        const { key, reason, message, deadAtMs } = change;
        for (const one of sweeps.buryMail) this.#run(one, [reason, message, deadAtMs, key, key]);
        for (const one of sweeps.skipMail) this.#run(one, [key, key]);
        return;
      }
      case "attemptsGone":
        for (const one of sweeps.forgetAttempts) this.#run(one, [change.key, change.key]);
        return;
      case "revive": {
        const place = [change.key, lanes.indexOf(change.lane), change.seq];
        this.#run(sweeps.unskip, place);
        this.#run(sweeps.unattempt, place);
        return this.#run(sweeps.unbury, [change.address, change.id]);
      }
      case "checkpoint": {
        const { key, atMs, reason, lastKey, mark } = change.row;
        const wanted = [atMs, reason, lastKey, mark, key, reason, atMs, atMs];
        this.#run(sweeps.putCheckpoint, wanted);
        this.#run(sweeps.trimCheckpoints, [key, key]);
      }
    }
  }

  #sort(pending: Pending, change: TurnChange | RowChange): void {
    const { rows } = pending;
    switch (change.op) {
      case "agent":
        pending.agents.set(change.record.key, change.record);
        return;
      case "state":
        pending.states.set(change.row.key, { row: change.row });
        return;
      case "stateGone":
        pending.states.set(change.key, { ...pending.states.get(change.key), gone: true });
        return;
      case "origins": {
        const { key, origins } = change;
        pending.states.set(key, { ...pending.states.get(key), origins });
        return;
      }
      case "cursors": {
        const before = pending.states.get(change.key);
        pending.states.set(change.key, { ...before, cursors: change.cursors });
        return;
      }
      case "envelope":
        rows.envelopes.push(envelopeRow(change));
        return;
      case "skip":
        rows.skips.push([change.key, lanes.indexOf(change.lane), change.seq]);
        return;
      case "attempt":
        rows.attempts.push([change.attempt, change.key, lanes.indexOf(change.lane), change.seq]);
        return;
      default:
        this.#sortRow(pending, change);
    }
  }

  #sortRow(pending: Pending, change: RowChange): void {
    const { rows } = pending;
    switch (change.op) {
      case "deadLetter": {
        const { envelope, reason, message, state, deadAtMs } = change.letter;
        const text = JSON.stringify(envelope);
        rows.letters.push([envelope.to, reason, message, text, state, deadAtMs]);
        return;
      }
      case "deadLetterGone":
        return this.#run(sweeps.dropLetter, [change.id]);
      case "timer": {
        const { key, id, dueAtMs, runDueMs, delayMs, cause } = change.row;
        pending.timers.set(`${key} ${id}`, [key, id, dueAtMs, delayMs, cause, runDueMs]);
        return;
      }
      case "timerGone":
        pending.timers.set(`${change.key} ${change.id}`, [change.key, change.id]);
        return;
      case "call": {
        const { key, id, name, input, status, cause, requestedAtMs } = change.row;
        const row = [key, id, name, input, status, cause, requestedAtMs];
        pending.calls.set(`${key} ${id}`, row);
        return;
      }
      case "callGone":
        pending.calls.set(`${change.key} ${change.id}`, [change.key, change.id]);
        return;
      case "ask": {
        const { id, asker, ask, key, expiresAtMs, outcome, settledAtMs } = change.row;
        pending.asks.set(id, [id, asker, ask, key, expiresAtMs, outcome, settledAtMs]);
        return;
      }
      case "idempotency": {
        const { scope, key, bodyHash, answer, atMs } = change.row;
        rows.keys.push([scope, key, bodyHash, answer, atMs]);
        return;
      }
      case "event": {
        const { atMs, type, address, data } = change.row;
        rows.events.push([atMs, type, address, data]);
        return;
      }
      case "bundle": {
        const { hash, agent, manifest, deployedAtMs, code } = change.row;
        this.#run(sql.putBundle, [hash, agent, manifest, deployedAtMs, code]);
        return;
      }
      case "token":
        return this.#run(sql.putToken, tokenRow(change.row));
      case "tokenGone":
        return this.#run(sql.dropToken, [change.name]);
      case "meta":
        this.#run(sql.putMeta, [change.name, change.value]);
    }
  }

  #write({ agents, states, timers, calls, asks, rows }: Pending): void {
    for (const record of agents.values()) this.#run(sql.putAgent, agentRow(record));
    for (const [key, state] of states) this.#writeState(key, state);
    for (const row of rows.envelopes) this.#run(sql.putEnvelope, row);
    this.#many(sql.putSkips, rows.skips);
    for (const row of rows.attempts) this.#run(sql.setAttempt, row);
    for (const row of timers.values()) {
      this.#run(row.length === 2 ? sql.dropTimer : sql.putTimer, row);
    }
    for (const row of calls.values()) this.#run(row.length === 2 ? sql.dropCall : sql.putCall, row);
    for (const row of asks.values()) this.#run(sql.putAsk, row);
    for (const row of rows.letters) this.#run(sql.putLetter, row);
    for (const row of rows.keys) this.#run(sql.putKey, row);
    this.#many(sql.putEvents, rows.events);
  }

  #writeState(key: number, { row, gone, cursors, origins }: PendingState): void {
    if (row) {
      const { state, turns, summary } = row;
      const at = cursors ?? row.cursors;
      this.#run(sql.putState, [
        key,
        ...at,
        turns,
        state.bundle,
        state.version,
        gone ? null : summary,
        gone ? null : state.text,
        gone ? null : row.origins,
      ]);
    } else if (cursors) this.#run(sql.putCursors, [key, ...cursors]);
    if (origins !== undefined) this.#run(sql.putOrigins, [key, origins]);
    if (gone && !row) this.#run(sql.dropState, [key]);
  }

  #many(statement: string, rows: unknown[][]): void {
    if (rows.length > 0) this.#run(statement, [JSON.stringify(rows)]);
  }

  #run(statement: string, values: unknown[]): void {
    let prepared = this.#prepared.get(statement);
    if (!prepared) {
      prepared = this.#db.prepare(statement);
      this.#prepared.set(statement, prepared);
    }
    // As one array: the driver would flatten arguments into one again, at a third of the time.
    prepared.run(values);
  }
}

function agentRow(record: AgentRecord): unknown[] {
  const { key, address, agent, bundle, restart, input, grants, origin, spawnedBy } = record;
  const { status, generation, restarts, lastError, createdAtMs, endedAtMs } = record;
  const error = lastError === null ? null : JSON.stringify(lastError);
  const first = [key, address, agent, bundle, restart, input, grants, origin, spawnedBy];
  const suspicion = record.suspicion === null ? null : JSON.stringify(record.suspicion);
  const last = [error, createdAtMs, endedAtMs, record.intent, suspicion];
  return [...first, status, generation, restarts, ...last];
}

function tokenRow(row: TokenRow): unknown[] {
  const { name, hash, previousHash, previousUntilMs, role, scope, createdBy } = row;
  const times = [row.createdAtMs, row.expiresAtMs, row.rotatedAtMs, row.revokedAtMs];
  const first = [name, hash, previousHash, previousUntilMs, role, scope, createdBy];
  return [...first, ...times, row.lastUsedAtMs];
}

function isSweep(change: Change): change is Sweep {
  return (sweepOps as readonly string[]).includes(change.op);
}

function envelopeRow({ key, envelope }: Extract<Change, { op: "envelope" }>): unknown[] {
  const { lane, seq, id, kind, to, from, type, sentAtMs, expiresAtMs, attempt, hops } = envelope;
  const { cause, correlation, replyTo, trace, payload } = envelope;
  const reply = replyTo === null ? null : JSON.stringify(replyTo);
  const first = [key, lanes.indexOf(lane), seq, id, envelopeKinds.indexOf(kind), to, from, type];
  const rest = [sentAtMs, expiresAtMs, attempt, hops, cause, correlation, reply, trace, payload];
  return [...first, ...rest];
}
