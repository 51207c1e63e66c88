/** Traces as answers show them. */
import { z } from "zod";
import type { Span } from "../../traces/span.ts";
import type { TraceView } from "../../traces/traces.ts";
import { amount } from "./words.ts";

const traceId = z.string().meta({
  description: "32 hex digits",
  examples: ["0af7651916cd43dd8448eb211c80319c"],
});
const spanId = z.string().meta({ description: "16 hex digits", examples: ["b7ad6b7169203331"] });
const atMs = z.number().min(0).meta({
  description: "Epoch milliseconds, with parts of one",
  examples: [1_767_225_600_000.25],
});

const span: z.ZodType<Span> = z.object({
  traceId,
  spanId,
  parentSpanId: spanId.nullable(),
  name: z.string().meta({ examples: ["process summarizer"] }),
  kind: z.enum(["server", "consumer", "client"]),
  startedAtMs: atMs,
  endedAtMs: atMs,
  attributes: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).meta({
    description: "With the names of OpenTelemetry's conventions, and dreamos.*",
    examples: [{ "messaging.destination.name": "/workers/w-1", "dreamos.turn": 7 }],
  }),
  error: z.string().nullable().meta({ description: "The code it ended with", examples: [null] }),
  links: z.array(z.object({ traceId, spanId })),
}).meta({ id: "Span" });

export const trace: z.ZodType<TraceView> = z.object({
  traceId,
  spans: z.array(span).meta({ description: "By the time of their beginning" }),
  dropped: amount.meta({ description: "Spans beyond those that are kept" }),
}).meta({ id: "Trace" });
