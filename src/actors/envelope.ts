/** A message and what is known about it. Plain data: it crosses sockets, threads and storage. */
import type { Address } from "../address.ts";

/** Lanes, most urgent first. The index is what is stored. */
export const lanes = ["control", "high", "normal", "low"] as const;
export type Lane = (typeof lanes)[number];

/**
 * What an envelope is. Only `message` is typed by the receiver's `accepts`; the others belong to
 * one start of a timer, call, run or ask, named by `correlation` (R4), or to the runtime.
 * - `message`: from an agent, a person or an adapter
 * - `reply`: answer to an ask; `result`: end of a call; `ran`: end or event of a run
 * - `timer`: a delay is over; `system`: from the runtime (`system.stop`, `system.resume`, …)
 */
export const envelopeKinds = ["message", "reply", "result", "ran", "timer", "system"] as const;
export type EnvelopeKind = (typeof envelopeKinds)[number];

/** Only for the compiler: what a typed `ReplyTo` wants as its answer. */
declare const answer: unique symbol;

/**
 * Where the answer to an ask goes. Serialisable: an agent may keep it and answer later. `Answer` is
 * what `replies` says about the message that asked.
 */
export interface ReplyTo<Answer = unknown> {
  readonly [answer]?: Answer;
  /** The asker: an address, or `@name` for a person or program at the API. */
  to: string;
  /** Id of the ask at the asker: an agent's own id per start, or the ask's UUID at the API. */
  ask: string;
  /** Epoch ms after which an answer is late. */
  expiresAtMs: number;
}

/** What of a cause goes into its effects. */
export type Cause = Pick<Envelope, "id" | "hops" | "trace">;

export interface Envelope {
  /** UUIDv7. */
  id: string;
  /** Position in the mailbox, per address, from 1; given by the control process. */
  seq: number;
  kind: EnvelopeKind;
  lane: Lane;
  to: Address;
  /** Sender's address; `@name` for a person or program at the API, `system` for the runtime. */
  from: string;
  /** `noun.verbed` of the receiver's `accepts`; `""` for results and timers. */
  type: string;
  /**
   * JSON text, encoded once by the sender and parsed once in the receiver's thread. For `reply`,
   * `result` and `ran` it is an `Outcome`.
   */
  payload: string;
  /** Id of the envelope whose turn sent this one; null when it came from outside. */
  cause: string | null;
  /** The id per start (timer, call, run, ask) that this envelope answers. */
  correlation: string | null;
  replyTo: ReplyTo | null;
  sentAtMs: number;
  expiresAtMs: number | null;
  /** Envelopes in the chain of causes before this one. */
  hops: number;
  /** W3C traceparent. */
  trace: string | null;
  /** How often handling it has crashed the agent; 0 at first. */
  attempt: number;
}

/** How an ask, call or run ended. `event` is one event of a run that goes on. */
export type Outcome =
  | { ok: true; value?: unknown }
  | { ok: false; error: { code: string; message: string } }
  | { event: unknown };
