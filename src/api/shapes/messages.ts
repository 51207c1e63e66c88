/** Messages, asks, dead letters and what happened, as answers show them. */
import { z } from "zod";
import { envelopeKinds, lanes, type ReplyTo } from "../../actors/envelope.ts";
import type { AskView, DeadLetterView, EnvelopeView, EventView, MessageView } from "../views.ts";
import * as words from "./words.ts";

const { address, amount, atMs, json, uuid } = words;

const type = z.string().meta({ description: "noun.verbed", examples: ["file.added"] });
const replyTo: z.ZodType<ReplyTo> = z.object({
  to: words.sender,
  ask: z.string(),
  expiresAtMs: atMs,
});

const envelopeFields = {
  id: uuid,
  seq: amount,
  kind: z.enum(envelopeKinds),
  lane: z.enum(lanes).meta({ examples: ["normal"] }),
  to: address,
  from: words.sender,
  type,
  payload: json,
  cause: uuid.nullable().meta({ description: "The envelope whose turn sent it", examples: [null] }),
  correlation: z.string().nullable().meta({ examples: [null] }),
  replyTo: replyTo.nullable().meta({ examples: [null] }),
  sentAtMs: atMs,
  expiresAtMs: atMs.nullable(),
  hops: amount,
  trace: z.string().nullable().meta({ description: "W3C traceparent", examples: [null] }),
  attempt: amount,
};

export const message: z.ZodType<MessageView> = z.object({
  ...envelopeFields,
  status: z.enum(["pending", "consumed", "dead"]),
}).meta({ id: "Message" });

export const envelope: z.ZodType<EnvelopeView> = z.object(envelopeFields).meta({ id: "Envelope" });

export const deadLetter: z.ZodType<DeadLetterView> = z.object({
  id: amount,
  envelope,
  reason: z.string().meta({ examples: ["poison"] }),
  message: z.string(),
  state: json.meta({ description: "The agent's state when the envelope died, or null" }),
  deadAtMs: atMs,
}).meta({ id: "DeadLetter" });

const outcome = z.union([
  z.object({ ok: z.literal(true), value: json.optional() }),
  z.object({ ok: z.literal(false), error: z.object({ code: z.string(), message: z.string() }) }),
]).meta({ id: "Outcome" });

export const ask = z.object({
  id: uuid,
  outcome: outcome.nullable().meta({ description: "Null while it is open" }),
  expiresAtMs: atMs,
  settledAtMs: atMs.nullable(),
}).meta({ id: "Ask" }) satisfies z.ZodType<AskView>;

export const sent = z.union([z.object({ id: uuid }), z.object({ ids: z.array(uuid) })])
  .meta({ id: "Sent", description: "id for one message, ids for an array of them" });

export const replied = z.object({ id: uuid, reply: json }).meta({ id: "Reply" });

export const replayed = z.object({ id: uuid }).meta({ id: "Replayed" });

export const event: z.ZodType<EventView> = z.object({
  id: amount,
  atMs,
  type,
  address: address.nullable(),
  data: json,
}).meta({ id: "Event", description: "One that is named cut holds the reason of the end" });
