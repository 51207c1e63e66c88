/** Envelopes to XState events, and to the one invocation that each result belongs to. */
import type { EventObject } from "xstate";
import { decode } from "./codec.ts";
import type { Envelope, Outcome, ReplyTo } from "./envelope.ts";
import { kindOf } from "./logic-kind.ts";
import { runFailed } from "./logic.ts";
import type { TurnSystem } from "./system.ts";
import type { Work } from "./work.ts";

/** What a machine sees of the envelope that brought a message: `event.envelope`. */
export interface EnvelopeInfo<Answer = unknown> {
  id: string;
  from: string;
  /** Keep it to answer in a later turn: `reply(fn, { to })`. Null when nobody waits. */
  replyTo: ReplyTo<Answer> | null;
  sentAtMs: number;
}

/** A message as the machine's event. The payload's own `type` or `envelope` never win. */
export function messageEvent(envelope: Envelope): EventObject & { envelope: EnvelopeInfo } {
  const payload = JSON.parse(envelope.payload) as Record<string, unknown>;
  const { id, from, replyTo, sentAtMs } = envelope;
  return { ...payload, type: envelope.type, envelope: { id, from, replyTo, sentAtMs } };
}

/**
 * A message of the runtime as the machine's event. Where it tells of another message, that one's
 * type is `messageType`: an event has a `type` of its own.
 */
export function systemEvent(envelope: Envelope): EventObject {
  const payload = JSON.parse(envelope.payload) as Record<string, unknown>;
  const told = Object.hasOwn(payload, "type") ? { messageType: payload["type"] } : {};
  return { ...payload, ...told, type: envelope.type };
}

/**
 * What a run says while it goes on, inside `Outcome.event`: an event for its parent, a value of an
 * observable, an emitted event, or an event for another actor of the tree (`@name`: by systemId).
 */
export type RunWord =
  | { say: "parent" | "next" | "emit"; data: unknown }
  | { say: "to"; sid: string; data: unknown };

/** Ends of a run carry what was thrown, so that `onError` sees the author's own error. */
export interface RunError {
  code: string;
  message: string;
  thrown?: unknown;
}

/** Gives the result to the actor that waits for it. */
export function applyOutcome(system: TurnSystem, work: Work, payload: string): void {
  const outcome = JSON.parse(payload) as Outcome;
  const { actor } = work;
  const isRun = work.kind === "run";
  const kind = kindOf(work.logic);
  if ("event" in outcome) {
    if (isRun) applyWord(system, work, outcome.event as RunWord);
    return;
  }
  if (outcome.ok) {
    const type = kind === "promise" || kind === "work"
      ? "xstate.promise.resolve"
      : "xstate.observable.complete";
    if (kind === "callback") return;
    const data = isRun ? decode(outcome.value, system.refs) : outcome.value;
    system._relay(actor, actor, { type, data } as EventObject);
    return;
  }
  const { code, message, thrown } = outcome.error as RunError;
  const data = isRun && thrown !== undefined ? decode(thrown, system.refs) : { code, message };
  const event = kind === "promise" || kind === "work"
    ? { type: "xstate.promise.reject", data }
    : kind === "callback"
    ? { type: runFailed, error: data }
    : { type: "xstate.observable.error", data };
  system._relay(actor, actor, event as EventObject);
}

function applyWord(system: TurnSystem, work: Work, word: RunWord): void {
  const { actor } = work;
  const data = decode(word.data, system.refs) as EventObject;
  switch (word.say) {
    case "next":
      system._relay(actor, actor, { type: "xstate.observable.next", data } as EventObject);
      return;
    case "parent":
      if (actor._parent) system._relay(actor, actor._parent, data);
      return;
    case "emit":
      system.guard(() => system.outbox.publish(data));
      return;
    case "to": {
      const target = word.sid.startsWith("@")
        ? system.get(word.sid.slice(1))
        : system.running.get(word.sid);
      if (target) system._relay(actor, target, data);
    }
  }
}
