/**
 * The wall between the control process and one agent's thread: every frame, in one file. Frames
 * are JSON text in UTF-8. What comes from a thread is hostile until `readFromThread` has checked it
 * (R5); generation and place are not in the frames: the connection knows them.
 */
import type { Effect } from "./effect.ts";
import type { Envelope } from "./envelope.ts";
import type { Manifest } from "./manifest.ts";
import type { LogLevel } from "../log.ts";

/** What a stored state was made by, and the state. `text` is opaque to all but the thread. */
export interface StoredState {
  bundle: string;
  version: number;
  text: string;
}

/** Bounds the thread keeps by itself so that honest agents learn early (R9). */
export interface ThreadLimits {
  turnSliceMs: number;
  turnEnvelopes: number;
  stateBytes: number;
  payloadBytes: number;
  frameBytes: number;
  effectsPerTurn: number;
  openPerAgent: number;
}

/** First frame: makes the thread this agent. With `state` null the agent starts afresh. */
export interface StartFrame {
  t: "start";
  address: string;
  state: StoredState | null;
  /** JSON text; what a fresh start is given. */
  input: string;
  limits: ThreadLimits;
}

/**
 * Envelopes to handle, in order. Empty right after a fresh start (its first turn makes the initial
 * state). `nowMs` is wall time for the machine's own use. Asks for one `turned` or `failed`.
 */
export interface DeliverFrame {
  t: "deliver";
  turn: number;
  nowMs: number;
  envelopes: Envelope[];
}

/** Turns up to `turn` are durable: runs that they asked for start now (R1). */
export interface CommittedFrame {
  t: "committed";
  turn: number;
}

/** Asks whether the thread still hears: a run may spin between turns. Answered by `pong`. */
export interface PingFrame {
  t: "ping";
}

export type ToThread = StartFrame | DeliverFrame | CommittedFrame | PingFrame;

/** The thread is this agent; the machine fits the state. */
export interface StartedFrame {
  t: "started";
}

/** What people see of a state without reading it, and what the scheduler needs to know. */
export interface StateSummary {
  status: "active" | "done" | "error" | "stopped";
  /** XState's state value. */
  value: unknown;
  tags: string[];
  /** Live promise, callback and observable logics: above 0 the agent is not passivated. */
  runs: number;
  /** Asks this agent has taken and not answered. */
  owes: number;
  /** JSON text of the machine's output when `done`. */
  output: string | null;
  /** What the machine failed with when `error`. */
  error: string | null;
}

export interface TurnedFrame {
  t: "turned";
  turn: number;
  /** Envelopes handled, from the front; the rest is handed back (slice over). */
  consumed: number;
  /** Indexes among the consumed that were no longer live (R4). */
  stale: number[];
  /** Indexes among the consumed that the machine had no transition for. */
  unhandled: number[];
  state: StoredState;
  effects: Effect[];
  summary: StateSummary;
}

/** Why a start or a turn failed. `definition_changed` and `not_durable` park the agent. */
export const failureReasons = [
  "crashed",
  "looping",
  "not_durable",
  "definition_changed",
  "bad_bundle",
] as const;
export type FailureReason = (typeof failureReasons)[number];

/** The start (`turn` null) or a turn threw. The state before it still holds. */
export interface FailedFrame {
  t: "failed";
  turn: number | null;
  /** Index of the envelope that was being handled, when known. */
  at: number | null;
  reason: FailureReason;
  error: { name: string; message: string; stack: string | null };
}

/** A run ended or said something: `payload` is an `Outcome` as JSON text. Becomes an envelope. */
export interface RanFrame {
  t: "ran";
  id: string;
  payload: string;
}

export interface PongFrame {
  t: "pong";
}

/** Characters of a line that is printed. */
export const longestPrint = 2_000;

/** Its code wrote to the console. `dropped` lines were too many for their second. */
export interface PrintedFrame {
  t: "printed";
  level: LogLevel;
  text: string;
  dropped: number;
}

export type FromThread =
  | StartedFrame
  | TurnedFrame
  | FailedFrame
  | RanFrame
  | PongFrame
  | PrintedFrame;

/** Why a bundle did not load; `name` is the code of a refusal by `defineAgent`. */
export interface LoadError {
  name: string;
  message: string;
  stack: string | null;
}

/** Answer of a thread that was asked what its bundle is. */
export type Described = { ok: true; manifest: Manifest } | { ok: false; error: LoadError };
