/**
 * The contract of durable storage (R2, R3, R12). The unit is one agent's turn; everything else is
 * made of the same changes. `describeStore` in tests/contract holds every implementation to it.
 *
 * Promises of every store:
 * - I1 A `commit` takes effect whole or not at all, and is fsynced when its promise resolves.
 * - I2 Commits take effect in the order of the calls. What is committed while the disk is busy goes
 *   into the next transaction together (group commit).
 * - I3 Busy, full and I/O errors are not reported to `commit`: the same changes are tried again
 *   with backoff until they hold; meanwhile `available` is false. A failed fsync ends the process.
 * - I4 Anything else rejects with `CommitRejected`; so do all commits called before `recover()`,
 *   none of which has taken effect. Those that already resolved stay.
 * - I5 Reads see committed data only.
 */
import type { Address } from "../address.ts";
import type { Envelope, Lane } from "../actors/envelope.ts";
import type { StoredState } from "../actors/protocol.ts";
import type { ErrorData } from "../errors.ts";
import type { Checkpoint, CheckpointInfo, CheckpointRequest } from "./checkpoint.ts";
import type { History } from "./history.ts";
import type { EventQuery, LetterQuery } from "./lists.ts";
import type { Memory } from "./memory.ts";
import type { OpenWork } from "./open-work.ts";
import type { PruneCut } from "./prune-cut.ts";
import type { Suspicion } from "./suspicion.ts";
import type { TokenChange, TokenRow } from "./token-row.ts";

export { type AgentStatus, agentStatuses } from "../agent-status.ts";

/** Everything about an agent but its state; written at lifecycle changes, not at turns. */
export interface AgentRecord {
  /** Small number given by the control process, never used twice; names the agent in all rows. */
  key: number;
  address: Address;
  /** Kind of agent. */
  agent: string;
  /** Hash of the bundle that it starts with. */
  bundle: string;
  restart: "permanent" | "transient" | "temporary";
  /** JSON text of what a fresh start is given. */
  input: string;
  /** JSON text of what it was granted. */
  grants: string;
  origin: "swarm" | "spawned";
  /** Address that asked for it, `@name` at the API, null for the swarm file. */
  spawnedBy: string | null;
  /** Only what outlives the process: passive, restarting and blocked are stored as `running`. */
  status: "pending" | "running" | "paused" | "parked" | "completed" | "failed" | "stopped";
  /** What it does before it is stopped: `stop` ends its turn, `drain` empties its mailbox. */
  intent: "stop" | "drain" | null;
  /** What counts against it since its last committed turn; null when nothing does (R7). */
  suspicion: Suspicion | null;
  generation: number;
  restarts: number;
  lastError: ErrorData | null;
  createdAtMs: number;
  endedAtMs: number | null;
}

/** Consumed up to and with this `seq`, by lane: control, high, normal, low. */
export type Cursors = readonly [number, number, number, number];

/** The hot row: replaced in place by each turn. */
export interface StateRow {
  key: number;
  state: StoredState;
  cursors: Cursors;
  turns: number;
  /** JSON text of the StateSummary, for people. */
  summary: string;
  /** JSON text of what led to its live runs; null for most. */
  origins: string | null;
}

export interface TimerRow {
  key: number;
  /** Id per start. */
  id: string;
  /** Epoch ms. */
  dueAtMs: number;
  /** Due on the clock of running time: ms that the system has run, over all its starts. */
  runDueMs: number;
  delayMs: number;
  /** Envelope whose turn set it. */
  cause: string | null;
}

/** `requested` → `running` (committed before dispatch) → gone with its result; or `in_doubt`. */
export interface CallRow {
  key: number;
  id: string;
  name: string;
  input: string;
  status: "requested" | "running" | "in_doubt";
  cause: string | null;
  requestedAtMs: number;
}

/** An ask from its start until 7 days after it settled. */
export interface AskRow {
  /** The envelope's id: what `GET /asks/{id}` names. */
  id: string;
  /** The asker, as in `ReplyTo.to`. */
  asker: string;
  /** Id per start at the asker, as in `ReplyTo.ask`; equal to `id` at the API. */
  ask: string;
  /** Key of the agent asked. */
  key: number;
  expiresAtMs: number;
  /** JSON text of the `Outcome`; null while open. */
  outcome: string | null;
  settledAtMs: number | null;
}

export interface DeadLetter {
  envelope: Envelope;
  reason: string;
  message: string;
  /** JSON text of the agent's state when the envelope died; null when it never reached one. */
  state: string | null;
  deadAtMs: number;
}

/** A durable event: lifecycle, supervision, calls, dead letters, topics. Never one per turn. */
export interface EventRow {
  atMs: number;
  /** `noun.verbed`. */
  type: string;
  address: Address | null;
  /** JSON text. */
  data: string;
}

export interface IdempotencyRow {
  /** Token the key belongs to, or the adapter's address. */
  scope: string;
  key: string;
  /** SHA-256 of the request, hex. */
  bodyHash: string;
  /** JSON text of the answer to give again. */
  answer: string;
  atMs: number;
}

export interface BundleRow {
  hash: string;
  code: string;
  /** JSON text of the Manifest. */
  manifest: string;
  /** Kind it was deployed as. */
  agent: string;
  deployedAtMs: number;
}

/** One thing that a commit does. Plain data: it crosses to the storage thread. */
export type Change =
  /** Refused (I4) while another agent is at this address. */
  | { op: "agent"; record: AgentRecord }
  /** The agent, its state, timers and calls are gone; its envelopes stay as history. */
  | { op: "agentGone"; key: number }
  | { op: "state"; row: StateRow }
  /** Forgets the state (a fresh start), not the cursors. */
  | { op: "stateGone"; key: number }
  /** JSON text of what led to its first turn: gone with that. */
  | { op: "origins"; key: number; origins: string }
  /** Moves the cursors without a turn. */
  | { op: "cursors"; key: number; cursors: Cursors }
  /** Refused (I4) when its `seq` was given before in this lane. */
  | { op: "envelope"; key: number; envelope: Envelope }
  /** Takes one envelope out of its turn: poison, expiry, stop. It is passed over ever after. */
  | { op: "skip"; key: number; lane: Lane; seq: number }
  | { op: "attempt"; key: number; lane: Lane; seq: number; attempt: number }
  | { op: "deadLetter"; letter: DeadLetter }
  | { op: "deadLetterGone"; id: number }
  /** An envelope that was buried after its attempts is open again, without attempts. */
  | { op: "revive"; key: number; address: Address; id: string; lane: Lane; seq: number }
  /** All open envelopes of the mailbox become dead letters. */
  | { op: "buryMail"; key: number; reason: string; message: string; deadAtMs: number }
  /** The open envelopes of the mailbox have no attempts any more. */
  | { op: "attemptsGone"; key: number }
  /** All timers and calls of the agent are gone. */
  | { op: "workGone"; key: number }
  /** Copies state, timers and calls, unless that state has been copied; the oldest one goes. */
  | { op: "checkpoint"; row: CheckpointRequest }
  | { op: "timer"; row: TimerRow }
  | { op: "timerGone"; key: number; id: string }
  | { op: "call"; row: CallRow }
  | { op: "callGone"; key: number; id: string }
  | { op: "ask"; row: AskRow }
  | { op: "idempotency"; row: IdempotencyRow }
  | { op: "event"; row: EventRow }
  | { op: "bundle"; row: BundleRow }
  | TokenChange
  | { op: "meta"; name: string; value: string };

/** A commit did not hold. `own` is false for those thrown away with an earlier one (I4). */
export class CommitRejected extends Error {
  override name = "CommitRejected";
  constructor(readonly own: boolean, options: { cause?: unknown } = {}) {
    super(own ? "The commit was refused by the store" : "An earlier commit was refused", options);
  }
}

/** Agents with work or of interest, as the control process needs them at start. */
export interface BootAgent {
  record: AgentRecord;
  cursors: Cursors;
  turns: number;
  /** Highest `seq` ever given in this mailbox. */
  lastSeq: number;
  /** Open envelopes by lane: control, high, normal, low. */
  depths: readonly [number, number, number, number];
  /** JSON text of the last StateSummary, null before the first turn. */
  summary: string | null;
  origins: string | null;
}

export interface Page<T> {
  items: T[];
  /** Opaque; null at the end. */
  nextCursor: string | null;
}

export interface MessageQuery {
  to?: Address;
  from?: string;
  /** To or from this address or one below it. A page of it may have fewer items than `limit`. */
  under?: Address;
  sinceMs?: number;
  limit: number;
  cursor?: string;
}

/** An envelope as history shows it. */
export interface MessageRow {
  envelope: Envelope;
  status: "pending" | "consumed" | "dead";
}

export interface Store {
  readonly available: boolean;
  /** Called with the new value whenever `available` changes. */
  onAvailable(listener: (available: boolean) => void): void;
  /** The writer cannot go on (failed fsync, lost thread): the process must end. */
  onFatal(listener: (error: Error) => void): void;
  /** Called after each transaction with the number of commits that it made durable. */
  onGroup(listener: (commits: number) => void): void;

  /** A `patient` commit may wait a millisecond or two for others to share their transaction. */
  commit(changes: readonly Change[], patient?: boolean): Promise<void>;
  /** After a rejection: throws the uncommitted tail away and accepts commits again (I4). */
  recover(): Promise<void>;

  /** Agents with keys above `afterKey` (default: all), oldest key first. */
  agents(afterKey?: number, limit?: number): Promise<BootAgent[]>;
  state(key: number): Promise<StateRow | null>;
  /** Open envelopes of one lane with `seq` above `afterSeq`, in order, without skipped ones. */
  mailbox(key: number, lane: Lane, afterSeq: number, limit: number): Promise<Envelope[]>;
  /** Timers due on either clock: those due on the wall clock first, each earliest first. */
  dueTimers(until: { wallMs: number; runMs: number }, limit: number): Promise<TimerRow[]>;
  /** When the next timer is due on each clock; null without timers. */
  nextTimers(): Promise<{ dueAtMs: number; runDueMs: number } | null>;
  /** Running time at which the youngest pending timer was set; 0 without timers. */
  runMs(): Promise<number>;
  timers(key: number): Promise<TimerRow[]>;
  /** Calls of one agent, or of all. */
  calls(key?: number): Promise<CallRow[]>;
  ask(id: string): Promise<AskRow | null>;
  /** Asks of one asker that were settled at or after `sinceMs`. */
  settledAsks(asker: string, sinceMs: number): Promise<AskRow[]>;
  /** Newest first. */
  checkpoints(key: number): Promise<CheckpointInfo[]>;
  checkpoint(id: number): Promise<Checkpoint | null>;
  deadLetter(id: number): Promise<(DeadLetter & { id: number }) | null>;
  /** Asks without an outcome. */
  openAsks(): Promise<AskRow[]>;
  idempotency(scope: string, key: string): Promise<IdempotencyRow | null>;
  bundle(hash: string): Promise<BundleRow | null>;
  /** All deployments, oldest first: the last one of a kind is its newest. */
  bundles(): Promise<Omit<BundleRow, "code">[]>;
  tokens(): Promise<TokenRow[]>;
  meta(name: string): Promise<string | null>;
  messages(query: MessageQuery): Promise<Page<MessageRow>>;
  deadLetters(query: LetterQuery): Promise<Page<DeadLetter & { id: number }>>;
  deadLetterCount(): Promise<number>;
  events(query: EventQuery): Promise<(EventRow & { id: number })[]>;
  /** Removes what retention no longer keeps, in small transactions. @returns rows removed */
  prune(cut: PruneCut): Promise<number>;

  readonly memory: Memory;
  readonly history: History;
  readonly openWork: OpenWork;
  /** `ok`, or the first lines of what `PRAGMA integrity_check` found. */
  check(): Promise<string>;
  close(): Promise<void>;
}
