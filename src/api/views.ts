/** Stored rows as the API shows them: payloads as JSON instead of text, no internal keys. */
import type { Envelope, Outcome } from "../actors/envelope.ts";
import type { StoredEvent } from "../supervisor/event-log.ts";
import type { Json } from "../json.ts";
import type { AskRow, DeadLetter, MessageRow } from "../storage/store.ts";
import type { AskAnswer } from "../supervisor/control.ts";

export type EnvelopeView = Omit<Envelope, "payload"> & { payload: Json };
export type MessageView = EnvelopeView & { status: MessageRow["status"] };
export type DeadLetterView = Omit<DeadLetter, "envelope" | "state"> & {
  id: number;
  envelope: EnvelopeView;
  state: Json;
};
export type AskView = AskAnswer & { expiresAtMs: number; settledAtMs: number | null };

/** An envelope and where it stands. */
export function viewMessage({ envelope, status }: MessageRow): MessageView {
  return { ...viewEnvelope(envelope), status };
}

/** With the agent's state as JSON too. */
export function viewDeadLetter(letter: DeadLetter & { id: number }): DeadLetterView {
  const { envelope, state, ...rest } = letter;
  return { ...rest, envelope: viewEnvelope(envelope), state: readText(state) };
}

/** Without asker and agent: who knows the id of an ask has asked it. */
export function viewAsk(row: AskRow): AskView {
  const { id, expiresAtMs, settledAtMs } = row;
  const outcome = row.outcome === null ? null : JSON.parse(row.outcome) as Outcome;
  return { id, outcome, expiresAtMs, settledAtMs };
}

/** With its payload as JSON. */
export function viewEnvelope(envelope: Envelope): EnvelopeView {
  return { ...envelope, payload: readText(envelope.payload) };
}

/** What is stored is JSON; a damaged row is shown as text instead of hiding the whole page. */
function readText(text: string | null): Json {
  if (text === null) return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Something that happened, as the event log keeps it. */
export interface EventView {
  /** Grows with each event: what `Last-Event-ID` names. */
  id: number;
  atMs: number;
  /** `noun.verbed`. */
  type: string;
  address: string | null;
  data: Json;
}

/** Events between these two are kept no more. */
export interface EventGap {
  /** The id that the reader goes on behind. */
  after: number;
  /** Id of the oldest event that is kept. */
  oldest: number;
}

/** With its data as JSON. */
export function viewEvent({ id, atMs, type, address, data }: StoredEvent): EventView {
  return { id, atMs, type, address, data: readText(data) };
}
