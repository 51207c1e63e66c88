/** Rows of the database to the values of the contract. */
import { type Envelope, envelopeKinds, lanes } from "../actors/envelope.ts";
import type { Checkpoint, CheckpointInfo } from "./checkpoint.ts";
import type { AgentRecord, BootAgent, StateRow } from "./store.ts";

export interface EnvelopeRow {
  key: number;
  lane: number;
  seq: number;
  id: string;
  kind: number;
  receiver: string;
  sender: string;
  type: string;
  sent_at_ms: number;
  expires_at_ms: number | null;
  attempt: number;
  hops: number;
  cause: string | null;
  correlation: string | null;
  reply_to: string | null;
  trace: string | null;
  payload: string;
}

export function toEnvelope(row: EnvelopeRow): Envelope {
  return {
    id: row.id,
    seq: row.seq,
    kind: envelopeKinds[row.kind]!,
    lane: lanes[row.lane]!,
    to: row.receiver,
    from: row.sender,
    type: row.type,
    payload: row.payload,
    cause: row.cause,
    correlation: row.correlation,
    replyTo: row.reply_to === null ? null : JSON.parse(row.reply_to),
    sentAtMs: row.sent_at_ms,
    expiresAtMs: row.expires_at_ms,
    hops: row.hops,
    trace: row.trace,
    attempt: row.attempt,
  };
}

export interface AgentRow {
  key: number;
  address: string;
  agent: string;
  bundle: string;
  restart: AgentRecord["restart"];
  input: string;
  grants: string;
  origin: AgentRecord["origin"];
  spawned_by: string | null;
  status: AgentRecord["status"];
  generation: number;
  restarts: number;
  last_error: string | null;
  created_at_ms: number;
  ended_at_ms: number | null;
  intent: AgentRecord["intent"];
  suspicion: string | null;
}

type LaneColumns = Record<`${"c" | "l"}${0 | 1 | 2 | 3}`, number>;
export type BootRow = AgentRow & LaneColumns & { turns: number; summary: string | null } & {
  origins: string | null;
};

function toRecord(row: AgentRow): AgentRecord {
  return {
    key: row.key,
    address: row.address,
    agent: row.agent,
    bundle: row.bundle,
    restart: row.restart,
    input: row.input,
    grants: row.grants,
    origin: row.origin,
    spawnedBy: row.spawned_by,
    status: row.status,
    generation: row.generation,
    restarts: row.restarts,
    lastError: row.last_error === null ? null : JSON.parse(row.last_error),
    createdAtMs: row.created_at_ms,
    endedAtMs: row.ended_at_ms,
    intent: row.intent,
    suspicion: row.suspicion === null ? null : JSON.parse(row.suspicion),
  };
}

/** @param countOpen open envelopes of a lane beyond a cursor; asked only where there may be some */
export function toBootAgent(
  row: BootRow,
  countOpen: (lane: number, cursor: number) => number,
): BootAgent {
  const cursors = [row.c0, row.c1, row.c2, row.c3] as const;
  const last = [row.l0, row.l1, row.l2, row.l3] as const;
  const depth = (lane: 0 | 1 | 2 | 3) =>
    last[lane] > cursors[lane] ? Math.max(0, countOpen(lane, cursors[lane])) : 0;
  return {
    record: toRecord(row),
    cursors,
    turns: row.turns,
    lastSeq: Math.max(...last, ...cursors),
    depths: [depth(0), depth(1), depth(2), depth(3)],
    summary: row.summary,
    origins: row.origins,
  };
}

export interface StateColumns {
  key: number;
  c0: number;
  c1: number;
  c2: number;
  c3: number;
  turns: number;
  bundle: string;
  version: number;
  summary: string;
  text: string;
  origins: string | null;
}

/** Of a row whose text is not null. */
export function toStateRow(row: StateColumns): StateRow {
  const { key, c0, c1, c2, c3, turns, bundle, version, summary, text, origins } = row;
  const cursors = [c0, c1, c2, c3] as const;
  return { key, state: { bundle, version, text }, cursors, turns, summary, origins };
}

type OwnFields = "id" | "key" | "atMs" | "reason" | "lastKey" | "mark" | "turns" | "summary";
export type CheckpointColumns =
  & Pick<CheckpointInfo, OwnFields>
  & Pick<StateColumns, "c0" | "c1" | "c2" | "c3">;
export type WholeCheckpointColumns =
  & CheckpointColumns
  & Pick<StateColumns, "bundle" | "version" | "text">
  & { timers: string; calls: string };

/** What people choose from. */
export function toCheckpointInfo(
  { c0, c1, c2, c3, ...own }: CheckpointColumns,
): CheckpointInfo {
  return { ...own, cursors: [c0, c1, c2, c3] };
}

/** With the state and what it waited for. */
export function toCheckpoint(row: WholeCheckpointColumns): Checkpoint {
  const { bundle, version, text, timers, calls, ...columns } = row;
  return {
    ...toCheckpointInfo(columns),
    state: { bundle, version, text },
    timers: JSON.parse(timers),
    calls: JSON.parse(calls),
  };
}
