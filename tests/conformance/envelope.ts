/** Envelopes for tests. */
import type { Envelope } from "../../src/actors/envelope.ts";

let lastId = 0;

/** One with what matters overridden. */
export function envelope(parts: Partial<Envelope>): Envelope {
  lastId += 1;
  return {
    id: `00000000-0000-7000-8000-${String(lastId).padStart(12, "0")}`,
    seq: lastId,
    kind: "message",
    lane: "normal",
    to: "/a",
    from: "/b",
    type: "",
    payload: "{}",
    cause: null,
    correlation: null,
    replyTo: null,
    sentAtMs: 1,
    expiresAtMs: null,
    hops: 0,
    trace: null,
    attempt: 0,
    ...parts,
  };
}
