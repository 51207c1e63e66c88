/** What a store tells of causes and effects, and of how far back it remembers. */
import type { MessageRow } from "./store.ts";

/** A message wherever it is: in a mailbox, consumed, or dead without ever having reached one. */
export interface TracedRow extends MessageRow {
  /** Its newest dead letter that is still kept. */
  letter: { id: number; reason: string; message: string; deadAtMs: number } | null;
}

/** A place among the effects of one cause, which come in the order of time, then of ids. */
export interface EffectPlace {
  sentAtMs: number;
  id: string;
}

/** When the oldest row of each kind came to be, epoch ms; null without any. */
export interface Oldest {
  messageAtMs: number | null;
  eventAtMs: number | null;
  deadLetterAtMs: number | null;
}

export interface History {
  message(id: string): Promise<TracedRow | null>;
  /** What was sent because of the envelope `cause`, after a place; oldest first. */
  effects(cause: string, after: EffectPlace | null, limit: number): Promise<TracedRow[]>;
  oldest(): Promise<Oldest>;
}
