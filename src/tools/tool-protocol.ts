/**
 * Frames between the control process and the tool host, which holds tools and adapters with the
 * permissions named for them (R5). JSON text in UTF-8.
 */
import type { ErrorData } from "../errors.ts";
import type { Json } from "../json.ts";

/** What the caller was granted for this call: tools check it again beside the real thing. */
export interface ToolGrant {
  /** Absolute folders whose files may be read. */
  read: string[];
}

export type ToToolHost =
  /** `key` is the idempotency key: the same for every delivery of one call. */
  | {
    t: "call";
    key: string;
    name: string;
    input: Json;
    grant: ToolGrant;
    deadlineMs: number;
  }
  | { t: "cancel"; key: string }
  /** Wants a `pong`: a process that is alive may still have stopped to work. */
  | { t: "ping" }
  /** What the system holds to be outside, in portions: before the start, and now and then. */
  | { t: "adapter.known"; address: string; known: Json[]; isLast: boolean }
  | { t: "adapter.start"; address: string; adapter: string; options: Json }
  | { t: "adapter.stop"; address: string }
  /** The envelope with this key is durable; the adapter may forget it. */
  | { t: "adapter.ack"; address: string; key: string };

/** Events of one adapter that may wait for their acknowledgement. */
export const mostOpenEvents = 64;

export type FromToolHost =
  | { t: "ready" }
  | { t: "pong" }
  | { t: "result"; key: string; ok: true; value: Json }
  | { t: "result"; key: string; ok: false; error: ErrorData }
  /** `key`: the outside's own id of the event; the same event has the same key for ever. */
  | { t: "adapter.event"; address: string; key: string; type: string; payload: Json }
  | { t: "adapter.state"; address: string; state: "up" | "failed"; message: string | null };

/** A tool as the gateway needs to know it, without loading it. */
export interface ToolSpec {
  name: string;
  /** Whether doing it twice does no harm: decides what happens after a crash (R2). */
  idempotent: boolean;
  deadlineMs: number;
}

export const toolSpecs: readonly ToolSpec[] = [
  { name: "file.read", idempotent: true, deadlineMs: 10_000 },
];
