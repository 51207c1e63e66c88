/** Envelopes and rows like those of the workloads, for limits that leave the rest out. */
import type { Envelope } from "../src/actors/envelope.ts";
import { systemClock } from "../src/clock.ts";
import { systemIds } from "../src/ids.ts";
import { defaultLimits } from "../src/limits.ts";
import type { Change, Cursors } from "../src/storage/store.ts";
import { addressOf, payload } from "./counters.ts";

const ids = systemIds(systemClock);
const text = JSON.stringify(payload);

/** One message of W1, for the counter with this index. */
export function messageTo(index: number, seq: number): Envelope {
  return {
    id: ids.uuid(),
    seq,
    kind: "message",
    lane: "normal",
    to: addressOf(index),
    from: "@owner",
    type: "add",
    payload: text,
    cause: null,
    correlation: null,
    replyTo: null,
    sentAtMs: systemClock.wallMs(),
    expiresAtMs: null,
    hops: 0,
    trace: null,
    attempt: 0,
  };
}

/** One ask of W2. */
export function askOf(index: number, seq: number): Envelope {
  const message = messageTo(index, seq);
  const expiresAtMs = message.sentAtMs + defaultLimits.askTimeoutMs;
  const replyTo = { to: "@owner", ask: message.id, expiresAtMs };
  return { ...message, type: "count", replyTo, expiresAtMs };
}

/** The state of a counter after `turns` turns. */
export function stateOf(key: number, turns: number): Change {
  const state = { bundle: "b", version: 1, text: `{"context":${text}}` };
  const row = { key, state, cursors: [0, 0, turns, 0] as Cursors, turns, summary: "{}" };
  return { op: "state", row: { ...row, origins: null } };
}

/** What one ask and its turn leave in the store. */
export function askedAndAnswered(key: number, seq: number): Change[] {
  const envelope = askOf(key, seq);
  const { id, from: asker, sentAtMs: settledAtMs } = envelope;
  const expiresAtMs = envelope.expiresAtMs!;
  const outcome = JSON.stringify({ ok: true, value: seq });
  return [
    { op: "envelope", key, envelope },
    { op: "ask", row: { id, asker, ask: id, key, expiresAtMs, outcome, settledAtMs } },
    stateOf(key, seq),
  ];
}
