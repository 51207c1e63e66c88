/** Rows for tests of stores; what a test does not name is of no meaning to it. */
import type { Envelope, Lane } from "../../src/actors/envelope.ts";
import type { DocumentInput } from "../../src/storage/memory.ts";
import type { PruneCut } from "../../src/storage/prune-cut.ts";
import type {
  AgentRecord,
  AskRow,
  CallRow,
  Change,
  Cursors,
  StateRow,
  Store,
  TimerRow,
} from "../../src/storage/store.ts";
import type { TokenRow } from "../../src/storage/token-row.ts";

/** A UUID that sorts by `number`. */
export function uuid(number: number): string {
  return `00000000-0000-7000-8000-${String(number).padStart(12, "0")}`;
}

export function agentRecord(key: number, more: Partial<AgentRecord> = {}): AgentRecord {
  return {
    key,
    address: `/agents/a-${key}`,
    agent: "echo",
    bundle: "b1",
    restart: "permanent",
    input: "{}",
    grants: '{"calls":[]}',
    origin: "spawned",
    spawnedBy: "/captain",
    status: "running",
    generation: 1,
    restarts: 0,
    lastError: null,
    createdAtMs: 1_000,
    endedAtMs: null,
    intent: null,
    suspicion: null,
    ...more,
  };
}

export function tokenRow(name: string, more: Partial<TokenRow> = {}): TokenRow {
  return {
    name,
    hash: `hash of ${name}`,
    previousHash: null,
    previousUntilMs: null,
    role: "viewer",
    scope: null,
    createdBy: "@owner",
    createdAtMs: 1_000,
    expiresAtMs: null,
    rotatedAtMs: null,
    revokedAtMs: null,
    lastUsedAtMs: null,
    ...more,
  };
}

export function agent(key: number, more: Partial<AgentRecord> = {}): Change {
  return { op: "agent", record: agentRecord(key, more) };
}

export function envelopeOf(key: number, seq: number, more: Partial<Envelope> = {}): Envelope {
  return {
    id: uuid(key * 1_000_000 + seq),
    seq,
    kind: "message",
    lane: "normal",
    to: `/agents/a-${key}`,
    from: "@tester",
    type: "work.asked",
    payload: JSON.stringify({ seq }),
    cause: null,
    correlation: null,
    replyTo: null,
    sentAtMs: 1_000 + seq,
    expiresAtMs: null,
    hops: 0,
    trace: null,
    attempt: 0,
    ...more,
  };
}

export function envelope(key: number, seq: number, more: Partial<Envelope> = {}): Change {
  return { op: "envelope", key, envelope: envelopeOf(key, seq, more) };
}

export function stateRow(key: number, cursors: Cursors, turns: number, text = "{}"): StateRow {
  const state = { bundle: "b1", version: 1, text };
  return { key, state, cursors, turns, summary: `{"turns":${turns}}`, origins: null };
}

export function state(key: number, cursors: Cursors, turns = 1, text = "{}"): Change {
  return { op: "state", row: stateRow(key, cursors, turns, text) };
}

export function timerRow(key: number, id: string, dueAtMs: number, delayMs = 100): TimerRow {
  return { key, id, dueAtMs, runDueMs: dueAtMs, delayMs, cause: null };
}

export function callRow(key: number, id: string, more: Partial<CallRow> = {}): CallRow {
  const call = { name: "file.read", input: "{}", status: "requested" as const, cause: null };
  return { key, id, ...call, requestedAtMs: 5, ...more };
}

export function askRow(id: string, more: Partial<AskRow> = {}): AskRow {
  const open = { expiresAtMs: 9_000, outcome: null, settledAtMs: null };
  return { id, asker: "@tester", ask: id, key: 1, ...open, ...more };
}

export function documentOf(hash: string, texts: string[], title = "Notes"): DocumentInput {
  const about = { format: "text", dates: [], links: [], keySentences: [], keyPhrases: [] };
  return { hash, title, ...about, passages: texts.map((text) => ({ headings: [], text })) };
}

/** Keeps everything; a test names what shall go. */
export const keepAll: PruneCut = {
  consumedBeforeMs: 0,
  consumedCount: 1_000_000,
  deadLettersBeforeMs: 0,
  deadLettersCount: 1_000_000,
  endedBeforeMs: 0,
  idempotencyBeforeMs: 0,
  bundlesInUse: null,
};

export function mailboxSeqs(store: Store, key: number, lane: Lane = "normal", afterSeq = 0) {
  return store.mailbox(key, lane, afterSeq, 1_000).then((all) => all.map(({ seq }) => seq));
}

/** A store under test and what can be done to it. */
export interface OpenedStore {
  store: Store;
  /** Closes it and opens what it left. */
  reopen(): Promise<Store>;
  /** Makes commits fail as with a busy disk until the returned function is called. */
  block(): () => void;
  close(): Promise<void>;
}
