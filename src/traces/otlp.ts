/** Spans as OTLP/HTTP wants them in JSON (opentelemetry-proto 1.x, `ExportTraceServiceRequest`). */
import type { Span, SpanKind } from "./span.ts";

/** Numbers of `Span.SpanKind`, and of `Status.StatusCode` for errors. */
const kinds: Record<SpanKind, number> = { server: 2, client: 3, consumer: 5 };
const failed = 2;
/** `SpanFlags`: sampled; and for a parent, that it is known whether it is remote. */
const sampled = 1;

export interface Service {
  name: string;
  version: string;
  /** Tells several services of one name apart. */
  instanceId: string;
}

/** The body of one request. */
export function otlpBody(spans: readonly Span[], { name, version, instanceId }: Service): string {
  const resource = {
    attributes: attributesOf({
      "service.name": name,
      "service.version": version,
      "service.instance.id": instanceId,
    }),
  };
  const scope = { name: "dreamos", version };
  return JSON.stringify({
    resourceSpans: [{ resource, scopeSpans: [{ scope, spans: spans.map(otlpSpan) }] }],
  });
}

function otlpSpan(span: Span) {
  const { traceId, spanId, parentSpanId, name, links, error } = span;
  const attributes = error === null ? span.attributes : { ...span.attributes, "error.type": error };
  return {
    traceId,
    spanId,
    ...(parentSpanId === null ? {} : { parentSpanId }),
    flags: sampled,
    name,
    kind: kinds[span.kind],
    startTimeUnixNano: nanoseconds(span.startedAtMs),
    endTimeUnixNano: nanoseconds(span.endedAtMs),
    attributes: attributesOf(attributes),
    links: links.map((link) => ({ ...link, flags: sampled, attributes: [] })),
    status: error === null ? {} : { code: failed, message: error },
  };
}

/** 64 bits, which JSON has as text; the clock tells microseconds. */
function nanoseconds(ms: number): string {
  return `${Math.round(ms * 1_000)}000`;
}

function attributesOf(values: Span["attributes"]) {
  return Object.entries(values).map(([key, value]) => ({ key, value: valueOf(value) }));
}

function valueOf(value: string | number | boolean) {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}
