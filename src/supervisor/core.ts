/**
 * What the parts of the supervisor share, and the narrow faces they show one another. Put together
 * in system.ts; each part lives in a file of its own.
 */
import type { Address } from "../address.ts";
import type { Cause, Envelope, Lane, Outcome, ReplyTo } from "../actors/envelope.ts";
import type { Clock } from "../clock.ts";
import type { DreamError, ErrorCode, ErrorData } from "../errors.ts";
import type { Hosts, ThreadLoss } from "../host/hosts.ts";
import type { Ids } from "../ids.ts";
import type { Limits } from "../limits.ts";
import type { Log } from "../log.ts";
import type { AgentRecord, AskRow, CallRow, Store, TimerRow } from "../storage/store.ts";
import type { ShutdownMs } from "../swarm.ts";
import type { Traces, TurnSpans } from "../traces/traces.ts";
import type { Cell } from "./cell.ts";
import type { Draft } from "./draft.ts";
import type { ExitReason } from "./exit-reason.ts";
import type { Kinds } from "./kinds.ts";
import type { EventLog } from "./event-log.ts";
import type { Meters } from "./meters.ts";
import type { Prints } from "./prints.ts";
import type { Registry } from "./registry.ts";
import type { TurnWatch } from "./turn-watch.ts";

/** Work outside as the gateway carries it out; the tool host is behind it. */
export interface ToolRunner {
  readonly pid: number | null;
  call(
    call: {
      key: string;
      name: string;
      input: unknown;
      grant: { read: string[] };
      deadlineMs: number;
    },
  ): Promise<unknown>;
  cancel(key: string): void;
}

export interface Letter {
  kind?: Envelope["kind"];
  from: string;
  type: string;
  payload: string;
  lane?: Lane;
  cause?: Cause | null;
  correlation?: string | null;
  replyTo?: ReplyTo | null;
  expiresAtMs?: number | null;
  trace?: string | null;
}

export interface Ledger {
  /** Accepts the draft now; resolves when it is durable. Never rejects for a full or busy disk. */
  commit(draft: Draft): Promise<void>;
  /** Resolves when all that is accepted by now is durable. */
  flushed(): Promise<void>;
  /** Whether the disk keeps up: else no new turn is handed over. */
  readonly isBehind: boolean;
}

export interface Mail {
  /** Of the turn whose effects are carried out; null when no trace of it is sampled. */
  spans: TurnSpans | null;
  /** The `traceparent` of what comes of an envelope. */
  traceFrom(cause: Cause | null): string | null;
  /** The envelope as the cause of what comes later: with the trace of this turn. */
  asCause(cause: Cause | null): Cause | null;
  envelope(to: Address, letter: Letter): Envelope;
  /** Tells `cell` something from the runtime, if its machine names `type` (R4). */
  system(draft: Draft, cell: Cell, type: string, payload: unknown, cause?: Cause | null): void;
  /** Keeps an envelope as a dead letter; a waiting asker is answered with the code. */
  bury(
    draft: Draft,
    envelope: Envelope,
    reason: ErrorCode,
    message: string,
    state?: string | null,
  ): void;
}

export interface Dispatcher {
  /** Looks at the agent again: it may have work, or room. */
  wake(cell: Cell): void;
  /** Gives it a thread although it has nothing to do. */
  restore(cell: Cell): void;
  /** Takes it out of its thread without a charge: envelopes in hand go back. */
  evict(cell: Cell, force: boolean): Promise<void>;
  /** Looks at all agents that wait for a thread or for the disk. */
  pump(): void;
  /** Gives it a thread with the newest bundle of its kind, now or at the end of its turn. */
  renew(cell: Cell): void;
  /** The mailbox of `receiver` got emptier, or is no more: who waited for room may go on. */
  unblock(receiver: Cell): void;
}

export interface Failures {
  /** An agent's stay ended badly with `hand` in hand: charges, restarts, parks (R6, R7). */
  failed(cell: Cell, hand: readonly Envelope[], reason: ExitReason, error: ErrorData): void;
  /**
   * Its thread is lost through no known fault of its own. `busy`: it had a turn or run in hand.
   * `moves`: it had not said yet that a state of another bundle fits.
   */
  lost(
    cell: Cell,
    hand: readonly Envelope[],
    loss: ThreadLoss,
    about: { busy: boolean; moves: boolean; sinceMs?: number },
  ): void;
  /** A permanent agent ended normally and is to start afresh. */
  finished(cell: Cell): void;
  /** Its thread said what no honest thread says. */
  forged(cell: Cell, what: string): void;
  /** Its thread hung over the state of another bundle: no message is charged (R13). */
  movesSlowly(cell: Cell, how: string): void;
  /** A turn of it was accepted. */
  progressed(cell: Cell): void;
  park(draft: Draft, cell: Cell, error: ErrorData): void;
}

export interface Resumption {
  /** A turn of it that consumed these was accepted. */
  progressed(cell: Cell, consumed: readonly Envelope[]): void;
}

export interface SafeMode {
  /** Why agents are paused, in a sentence; null when they are not. */
  readonly reason: string | null;
  /** A turn is about to be committed. */
  turned(draft: Draft): void;
}

export interface Asks {
  open(draft: Draft, row: AskRow): void;
  /** First answer wins. @returns false when the ask is not open (any more) */
  settle(
    draft: Draft,
    to: ReplyTo,
    outcome: Outcome,
    by: Cell | null,
    cause: Cause | null,
  ): boolean;
  find(to: Pick<ReplyTo, "to" | "ask">): AskRow | undefined;
  /** The cycle of waiting agents that this ask would close, the asker first; else null. */
  cycle(asker: Address, asked: Address): Address[] | null;
  cancel(draft: Draft, asker: string, ask: string): void;
  /** Answers all asks that `cell` was asked and that no envelope of its mailbox will answer. */
  failAll(
    draft: Draft,
    cell: Cell,
    error: ErrorData,
    which?: (row: AskRow) => boolean,
  ): void;
  /** Ends the asks of one asker; with `after`, those with later ids. */
  cancelAll(draft: Draft, asker: string, after: string | null): void;
  /** Whether somebody waits for an answer of `cell`. */
  isAsked(cell: Cell): boolean;
}

export interface Timers {
  set(draft: Draft, timer: Omit<TimerRow, "dueAtMs" | "runDueMs">): void;
  clear(draft: Draft, cell: Cell, id: string): void;
}

export interface Gateway {
  request(draft: Draft, cell: Cell, row: CallRow, trace?: string | null): void;
  cancel(draft: Draft, cell: Cell, id: string): void;
  /** Agents with calls under way. */
  callers(): ReadonlySet<Cell>;
  /** All calls of an agent that is no more. */
  forget(cell: Cell): void;
  /** Takes the stored calls of an agent up again that had been forgotten. */
  remember(cell: Cell): void;
  /** Asks for a call again whose result was lost with a later state, if that does no harm. */
  repeat(draft: Draft, cell: Cell, row: CallRow): void;
}

export interface Tree {
  /** Starts an agent below a dynamic supervisor. @throws {DreamError} when that cannot be */
  spawn(draft: Draft, spawn: {
    under: Address;
    name: string;
    agent: string;
    input: string;
    restart: "permanent" | "transient" | "temporary" | null;
    by: string;
  }): Cell;
  /** A child ended and may start again: decides, counts, waits, escalates. */
  childFailed(
    draft: Draft,
    cell: Cell,
    reason: ExitReason,
    error: ErrorData,
    counted: boolean,
  ): void;
  /** A parked child no longer takes a running place. */
  childParked(cell: Cell): void;
  /** Tells Captain, people and the log about trouble below `address`. */
  report(draft: Draft, address: Address, error: ErrorData): void;
  stableAfterMs(address: Address): number;
  /** A child has ended for good: its place is free. */
  childEnded(cell: Cell): void;
  /** A child of the swarm file. */
  isNamed(address: Address): boolean;
  isAdapter(address: Address): boolean;
  /** How long a turn in hand of this agent may take when it has to end. */
  shutdownMs(address: Address): ShutdownMs;
  /** Sorted as a start would take them. */
  inStartOrder(cells: readonly Cell[]): Cell[];
  /** Supervisors at and below `address` that have ended run again. */
  reopen(address: Address, by: string): void;
  /** Hosts are shared only inside one group (R5, R7). */
  groupOf(address: Address): string;
  isSupervisor(address: Address): boolean;
  isDynamic(address: Address): boolean;
  /** Whether a supervisor above this address has ended. */
  isBelowEnded(address: Address): boolean;
  /** Notes why an agent's stay in its thread ended. */
  exited(cell: Cell, reason: ExitReason, message: string | null): void;
}

export interface Places {
  /** Gives up its place: it does not run any more. */
  leave(cell: Cell): void;
  /** Lets it run with `record`, at once or, where there are too many, when it is its turn. */
  enter(draft: Draft, cell: Cell, record: AgentRecord): void;
}

export interface Verbs {
  /** Begins the stop of `cell`: its turn ends, `system.stop` is handled where it is named. */
  stop(draft: Draft, cell: Cell, by: string): void;
  /** Stops it without any further turn. */
  stopNow(cell: Cell, by: string | null): void;
  /** It is about to be stopped and has nothing in hand. @returns whether it is stopped now */
  rested(cell: Cell): boolean;
}

export interface Core {
  clock: Clock;
  ids: Ids;
  limits: Limits;
  store: Store;
  hosts: Hosts;
  tools: ToolRunner;
  log: Log;
  kinds: Kinds;
  registry: Registry;
  ledger: Ledger;
  mail: Mail;
  dispatcher: Dispatcher;
  failures: Failures;
  resumption: Resumption;
  safeMode: SafeMode;
  asks: Asks;
  timers: Timers;
  gateway: Gateway;
  tree: Tree;
  turnWatch: TurnWatch;
  traces: Traces;
  prints: Prints;
  meters: Meters;
  eventLog: EventLog;
  places: Places;
  verbs: Verbs;
  /** False from the first moment of a shutdown: no new work from outside. */
  isOpen: boolean;
  /** True while memory is loaded anew or the process ends: no turn is handed over. */
  isHalted: boolean;
  /** True while memory is loaded anew after a refused commit: nothing is accepted. */
  isLoading: boolean;
  /** The store refused a commit: what was accepted and is not durable is thrown away (R3). */
  rejected(error: Error): void;
  /** The process must end: `code` is its exit code. */
  fatal(code: number, error: DreamError | Error): void;
}
