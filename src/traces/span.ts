/** One step of a trace. Names and attributes are those of OpenTelemetry where it has some. */
import type { TraceContext } from "./traceparent.ts";

/** OpenTelemetry's kinds: of a request, of a message handled, of a call to the outside. */
export type SpanKind = "server" | "consumer" | "client";

export interface Span extends TraceContext {
  /** Null at the beginning of a trace that came from nowhere. */
  parentSpanId: string | null;
  /** Of few different values: kinds and routes, no addresses. */
  name: string;
  kind: SpanKind;
  /** Epoch ms, with parts of one. */
  startedAtMs: number;
  endedAtMs: number;
  attributes: Readonly<Record<string, string | number | boolean>>;
  /** Code of the error that it ended with; null when it went well. */
  error: string | null;
  /** Further envelopes of the same trace that the step was for. */
  links: TraceContext[];
}

/** A span that has begun. `trace` is the `traceparent` of all that comes of it. */
export interface OpenSpan {
  readonly trace: string;
  end(how?: { error?: string | null; attributes?: Span["attributes"] }): void;
}
