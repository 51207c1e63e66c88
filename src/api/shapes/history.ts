/** Histories, as answers show them. */
import { z } from "zod";
import { envelopeKinds, lanes } from "../../actors/envelope.ts";
import type {
  AgentHistory,
  AnswerView,
  Happening,
  MessageHistory,
  TracedView,
} from "../../supervisor/history-views.ts";
import { callRow, timerRow } from "./agents.ts";
import * as words from "./words.ts";

const { address, amount, atMs, durationMs, json, uuid } = words;

const nextCursor = z.string().nullable().meta({ examples: [null] });

const traced: z.ZodType<TracedView> = z.object({
  id: uuid,
  kind: z.enum(envelopeKinds),
  type: z.string(),
  from: words.sender,
  to: address,
  lane: z.enum(lanes),
  cause: uuid.nullable(),
  sentAtMs: atMs,
  attempt: amount,
  status: z.enum(["pending", "consumed", "dead"]),
  payloadBytes: amount,
  afterCauseMs: z.int().nullable().meta({ description: "Since its cause was sent" }),
  letter: z.object({ id: amount, reason: z.string(), deadAtMs: atMs }).nullable(),
  depth: amount,
  isDeeper: z.boolean(),
}).meta({ id: "TracedMessage" });

const answerView: z.ZodType<AnswerView> = z.object({
  of: uuid,
  from: address,
  to: words.sender,
  atMs,
  afterMs: z.int(),
  error: z.string().nullable().meta({ description: "Code of the refusal" }),
}).meta({ id: "HistoryAnswer", description: "How an ask of a person or program ended" });

export const messageHistory: z.ZodType<MessageHistory> = z.object({
  id: uuid,
  message: traced,
  ancestors: z.array(traced),
  origin: z.enum(["outside", "not_kept", "too_far"]),
  answer: answerView.nullable(),
  effects: z.object({ of: uuid, items: z.array(traced), nextCursor }),
}).meta({ id: "MessageHistory" });

const happening: z.ZodType<Happening> = z.union([
  z.object({ what: z.enum(["received", "sent"]), atMs, message: traced }),
  z.object({ what: z.literal("event"), atMs, id: amount, type: z.string(), data: json }),
  z.object({
    what: z.literal("checkpoint"),
    atMs,
    id: amount,
    reason: z.enum(["minute", "restart"]),
    turns: amount,
  }),
]).meta({ id: "Happening" });

export const agentHistory: z.ZodType<AgentHistory> = z.object({
  address,
  agent: z.object({
    status: words.status,
    turns: amount,
    generation: amount,
    restarts: amount,
    mailboxDepth: amount,
    createdAtMs: atMs,
  }).nullable(),
  open: z.object({ calls: z.array(callRow), timers: z.array(timerRow) }),
  keptSinceMs: durationMs.meta({ description: "Epoch milliseconds; 0 when all is kept" }),
  items: z.array(happening),
  nextCursor,
}).meta({ id: "AgentHistory" });
