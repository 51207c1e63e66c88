/** History as the API shows it. */
import type { Address } from "../address.ts";
import type { EnvelopeKind, Lane } from "../actors/envelope.ts";
import type { AgentStatus } from "../agent-status.ts";
import type { Json } from "../json.ts";
import type { CallRow, MessageRow, TimerRow } from "../storage/store.ts";

export interface HistoryQuery {
  limit: number;
  cursor?: string;
  /** Effects of the origin instead of those of the message alone. */
  whole?: boolean | undefined;
}

/** A message in a history; its payload is in the list of messages. */
export interface TracedView {
  id: string;
  kind: EnvelopeKind;
  /** `""` for results and timers. */
  type: string;
  from: string;
  to: Address;
  lane: Lane;
  cause: string | null;
  sentAtMs: number;
  attempt: number;
  status: MessageRow["status"];
  payloadBytes: number;
  /** Since its cause was sent; null without a cause that is kept. */
  afterCauseMs: number | null;
  /** Its dead letter. */
  letter: { id: number; reason: string; deadAtMs: number } | null;
  /** Steps below the message whose effects are shown; 0 for causes. */
  depth: number;
  /** There may be effects of it that are not shown: ask for its own history. */
  isDeeper: boolean;
}

/** How an ask of a person or program ended: no envelope tells of it. */
export interface AnswerView {
  /** The message that asked. */
  of: string;
  from: Address;
  to: string;
  atMs: number;
  /** Since it was asked. */
  afterMs: number;
  /** Code of the refusal; null when it was answered. */
  error: string | null;
}

export interface MessageHistory {
  id: string;
  message: TracedView;
  /** Oldest first. */
  ancestors: TracedView[];
  /**
   * What is before the first of all these: `outside`, nothing: it came from a person, a program, an
   * adapter or the runtime; `not_kept`: messages that retention has removed; `too_far`: more.
   */
  origin: "outside" | "not_kept" | "too_far";
  /** Of the first of all these; null when that did not ask, or was not answered yet. */
  answer: AnswerView | null;
  /** Each effect is followed by its own effects. */
  effects: { of: string; items: TracedView[]; nextCursor: string | null };
}

/** Something that happened to an agent. */
export type Happening =
  | { what: "received" | "sent"; atMs: number; message: TracedView }
  | { what: "event"; atMs: number; id: number; type: string; data: Json }
  | {
    what: "checkpoint";
    atMs: number;
    id: number;
    reason: "minute" | "restart";
    turns: number;
  };

export interface AgentHistory {
  address: Address;
  /** As of now; null when there is no such agent any more. */
  agent: {
    status: AgentStatus;
    turns: number;
    generation: number;
    restarts: number;
    mailboxDepth: number;
    createdAtMs: number;
  } | null;
  /** What it waits for now. */
  open: { calls: CallRow[]; timers: TimerRow[] };
  /** Older ones are removed; some of them may be there for a while yet. */
  keptSinceMs: number;
  /** Newest first. */
  items: Happening[];
  nextCursor: string | null;
}
