/**
 * What a turn asks the runtime to do: a closed union of plain data (R1). Nothing here has happened
 * when the turn returns; all of it is committed with the turn, then carried out.
 *
 * `id` is always an id per start (R4), made by the turn from a counter in the stored state: it
 * belongs to the address, survives generations and is never used twice. `at` is the index in the
 * batch of the envelope that caused the effect (-1: the start of the agent itself), from which the
 * control process takes cause, hops and trace.
 */
import type { Address } from "../address.ts";
import type { Lane, ReplyTo } from "./envelope.ts";

interface Caused {
  at: number;
}

/** Tells `to`; with `ask` it is an ask whose reply comes back under that id. */
export interface SendEffect extends Caused {
  kind: "send";
  to: Address;
  type: string;
  payload: string;
  lane: Lane;
  expiresInMs: number | null;
  /** Id per start of the ask, else null. */
  ask: string | null;
}

/** Answers an ask. First reply wins; `payload` is an `Outcome` as JSON text. */
export interface ReplyEffect extends Caused {
  kind: "reply";
  replyTo: ReplyTo;
  payload: string;
}

/** XState's `emit`: a durable event that anyone may follow. */
export interface PublishEffect extends Caused {
  kind: "publish";
  type: string;
  payload: string;
}

/** Wakes this agent with a `timer` envelope after `delayMs`; the event itself is in the state. */
export interface ScheduleEffect extends Caused {
  kind: "schedule";
  id: string;
  delayMs: number;
}

/** Ends a timer, call or ask of this agent. An envelope already on its way is stale. */
export interface CancelEffect extends Caused {
  kind: "cancel";
  what: "timer" | "call" | "ask";
  id: string;
}

/** Asks the gateway for work outside; the result comes back under `id`. */
export interface CallEffect extends Caused {
  kind: "call";
  id: string;
  name: string;
  input: string;
}

/**
 * Promise, callback or observable logic is live in the thread under `id`. The thread itself starts
 * it when the commit is confirmed; the control process only keeps count of it.
 */
export interface RunEffect extends Caused {
  kind: "run";
  id: string;
}

/** Starts an agent with thread and mailbox of its own below the dynamic supervisor `under`. */
export interface SpawnEffect extends Caused {
  kind: "spawn";
  under: Address;
  name: string;
  agent: string;
  input: string;
  restart: "permanent" | "transient" | "temporary" | null;
}

/** Stops an agent that this one spawned. */
export interface StopEffect extends Caused {
  kind: "stop";
  address: Address;
}

/** A line for the log, from XState's `log`. */
export interface LogEffect extends Caused {
  kind: "log";
  level: "debug" | "info" | "warn" | "error";
  text: string;
}

export type Effect =
  | SendEffect
  | ReplyEffect
  | PublishEffect
  | ScheduleEffect
  | CancelEffect
  | CallEffect
  | RunEffect
  | SpawnEffect
  | StopEffect
  | LogEffect;
