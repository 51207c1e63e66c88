/** Open work and bundles, as answers show them. */
import { z } from "zod";
import type {
  BundleDetail,
  BundleView,
  CallView,
  OpenAskView,
  TimerView,
} from "../../supervisor/listing-views.ts";
import * as words from "./words.ts";

const { address, amount, atMs, durationMs, json, uuid } = words;

export const timer: z.ZodType<TimerView> = z.object({
  address,
  id: z.string(),
  dueAtMs: atMs,
  delayMs: durationMs,
  cause: uuid.nullable(),
}).meta({ id: "Timer" });

export const call: z.ZodType<CallView> = z.object({
  address,
  id: z.string(),
  name: z.string().meta({ examples: ["file.read"] }),
  status: z.enum(["requested", "running", "in_doubt"]),
  input: json,
  cause: uuid.nullable(),
  requestedAtMs: atMs,
}).meta({ id: "Call" });

export const openAsk: z.ZodType<OpenAskView> = z.object({
  id: uuid,
  from: words.sender,
  to: address.nullable(),
  status: z.enum(["open", "replied", "failed"]),
  code: z.string().nullable().meta({ description: "Why it failed", examples: [null] }),
  expiresAtMs: atMs,
  settledAtMs: atMs.nullable(),
}).meta({ id: "ListedAsk" });

const bundleFields = {
  hash: words.hash,
  kind: words.kind,
  version: amount,
  deployedAtMs: atMs,
  isNewest: z.boolean().meta({ description: "New agents of its kind are made of it" }),
};

export const bundle: z.ZodType<BundleView> = z.object(bundleFields).meta({ id: "Bundle" });

export const bundleDetail: z.ZodType<BundleDetail> = z.object({
  ...bundleFields,
  accepts: z.record(z.string(), words.jsonSchema),
  replies: z.record(z.string(), words.jsonSchema),
  input: words.jsonSchema.nullable(),
  needs: z.object({ calls: z.array(z.string()), read: z.array(z.string()) }),
}).meta({ id: "BundleDetail" });
