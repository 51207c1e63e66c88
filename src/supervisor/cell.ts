/** One agent as the control process holds it: its record, its mailbox and its place in a thread. */
import type { Address } from "../address.ts";
import type { CancelTimer } from "../clock.ts";
import type { ErrorData } from "../errors.ts";
import type { Envelope } from "../actors/envelope.ts";
import type { StateSummary } from "../actors/protocol.ts";
import type { Thread } from "../host/hosts.ts";
import type { AgentRecord, AgentStatus, Cursors } from "../storage/store.ts";
import type { CrashedOn } from "../storage/suspicion.ts";
import type { ExitCount, ExitReason } from "./exit-reason.ts";
import type { Kind } from "./kinds.ts";
import type { Loop } from "./looping.ts";
import { Mailbox } from "./mailbox.ts";
import { Origins } from "./origins.ts";

/** An agent's stay in a thread, from placement to its end. */
export interface Residence {
  /** Null while it is being placed. */
  thread: Thread | null;
  /** Hash of the bundle that the thread was given. */
  bundle: string;
  /** Its stored state is of another bundle, and the thread has not said yet that it fits. */
  moves: boolean;
  /** Number of the last turn handed over in this stay. */
  turn: number;
  /** Envelopes handed over and not yet answered for; null between turns. */
  hand: Envelope[] | null;
  /** Monotonic ms of its placement. */
  fromMs: number;
  /** Monotonic ms of the last hand-over or answer. */
  sinceMs: number;
  /** Turns of this stay that are not durable yet. */
  uncommitted: number;
  /** The host that it is in has no other thread. */
  alone: boolean;
  /** Resolves at the end of the stay, where somebody waits for that. */
  left?: PromiseWithResolvers<void>;
  /** Monotonic ms of a ping that is not answered yet. */
  pingedMs: number | null;
  /** Its next batch waits until then, monotonic ms: its turns have cost others too much. */
  restUntilMs: number;
}

export class Cell {
  record: AgentRecord;
  kind: Kind;
  mailbox: Mailbox;
  cursors: [number, number, number, number];
  lastSeq: number;
  turns: number;
  summary: StateSummary | null;
  residence: Residence | null = null;
  /** Whether a state is stored (or on its way to the store): else it starts afresh. */
  hasState: boolean;
  /** Round of the registry in which somebody asked for it last. */
  askedFor = 0;
  /** All agents are: the system is in safe mode. */
  paused = false;
  /** Waiting for its backoff to end. */
  restarting = false;
  cancelBackoff: CancelTimer = () => {};
  /** Its supervisor stops it, or has not started it yet: it may not run. */
  held = false;
  /** Its supervisor waits for its first turn: told of a failed start, or null when it is over. */
  onStart: ((failed: ErrorData | null) => void) | null = null;
  readonly exits = new Map<ExitReason, ExitCount>();
  /** Full mailbox that its last turn could not send to (R9). */
  blockedOn: Cell | null = null;
  /** Envelopes to hand over one by one after a crash. */
  careful = 0;
  /** Was in hand when a host died: runs alone until a turn commits (R7). */
  suspect = false;
  /** Its host has died soon after it was used: it gets a thread although it has nothing to do. */
  returns = false;
  /** Hosts in a row that ended while it alone was loaded there. */
  lostArrivals = 0;
  /** Different envelopes in a row that crashed it without a turn between. */
  readonly crashStreak = new Map<string, CrashedOn>();
  /** Its turns have lately been caused by its own messages alone. */
  loop: Loop | null = null;
  /** Times in a row that it did not get to say in time whether a new definition fits. */
  slowMoves = 0;
  /** Taken out of its work by a restart that a person asked for. */
  renewing = false;
  /** Monotonic ms of its last checkpoint by the minute, or of its first turn in this process. */
  checkpointMs: number | null = null;
  /** Restarts since it was last stable, for the backoff. */
  backoffs = 0;
  lastCrashMs = Number.NEGATIVE_INFINITY;
  /** Resolves when the newest accepted turn is durable: a thread is restored from that. */
  settled: Promise<void> = Promise.resolve();
  /** A read of its mailbox or state from the store is under way. */
  loading = false;
  /** Queued for a thread. */
  queued = false;
  /** What led to its first turn and to its runs. */
  origins: Origins;
  /** Messages up to this `seq` may have been accepted by another definition (R13). */
  checkUpTo = 0;

  constructor(record: AgentRecord, kind: Kind, from?: {
    cursors: Cursors;
    lastSeq: number;
    turns: number;
    depths: readonly number[];
    summary: StateSummary | null;
    origins: string | null;
    hasState: boolean;
  }) {
    this.record = record;
    this.kind = kind;
    this.mailbox = new Mailbox(from?.depths);
    this.cursors = [...(from?.cursors ?? [0, 0, 0, 0])];
    this.lastSeq = from?.lastSeq ?? 0;
    this.turns = from?.turns ?? 0;
    this.summary = from?.summary ?? null;
    this.origins = Origins.read(from?.origins ?? null);
    this.hasState = from?.hasState ?? false;
    this.checkUpTo = this.mailbox.depth > 0 ? this.lastSeq : 0;
    this.suspect = record.suspicion?.suspect ?? false;
    for (const one of record.suspicion?.streak ?? []) this.crashStreak.set(one.id, one);
  }

  get address(): Address {
    return this.record.address;
  }

  get key(): number {
    return this.record.key;
  }

  /** Whether it may be given a thread and envelopes. */
  get isRunnable(): boolean {
    if (this.paused || this.restarting || this.renewing) return false;
    if (this.held || this.blockedOn !== null) return false;
    return this.record.status === "running";
  }

  get hasEnded(): boolean {
    return this.record.status === "completed" || this.record.status === "failed";
  }

  /** Something to do right away: open envelopes, its very first turn, or a run to start again. */
  get hasWork(): boolean {
    const inHand = this.residence?.hand?.length ?? 0;
    if (this.mailbox.depth > inHand) return true;
    if (this.residence) return !this.hasState && this.residence.hand === null;
    return !this.hasState || (this.summary?.runs ?? 0) > 0;
  }

  /** The status that people see. */
  get status(): AgentStatus {
    const stored = this.record.status;
    if (stored !== "running") return stored;
    if (this.paused) return "paused";
    if (this.held && !this.hasState) return "pending";
    if (this.restarting || this.renewing || this.held) return "restarting";
    if (this.blockedOn) return "blocked";
    return this.residence || this.hasWork ? "running" : "passive";
  }
}
