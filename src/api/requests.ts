/** What requests may hold, and their way from outside text to the words of `Control`. */
import { isAbsolute } from "node:path";
import { z } from "zod";
import { lanes } from "../actors/envelope.ts";
import { agentStatuses } from "../agent-status.ts";
import { type Address, parseAddress } from "../address.ts";
import { parseMoment } from "../duration.ts";
import { DreamError } from "../errors.ts";
import type { Json } from "../json.ts";
import type { Limits } from "../limits.ts";
import type { AgentVerb } from "../verbs.ts";
import type {
  AgentsQuery,
  AskInput,
  MessageInput,
  SpawnInput,
  VerbInput,
} from "../supervisor/control.ts";
import type { LetterQuery } from "../storage/lists.ts";
import type { MessageQuery } from "../storage/store.ts";

const longestMs = 366 * 24 * 3_600_000;
const milliseconds = z.int().min(1).max(longestMs)
  .meta({ description: "Milliseconds", examples: [30_000] });
const to = z.string().meta({ description: "Address of an agent", examples: ["/captain"] });
/** Kept as it came: `JSON.parse` made it, so it is JSON, and a copy would only cost. */
const json = z.custom<Json>((value) => value !== undefined, "wanted a JSON value")
  .meta({ description: "Any JSON; {} without", examples: [{ text: "hello" }] });
const type = z.string().min(1).max(256)
  .meta({ description: "One that the agent accepts", examples: ["file.added"] });

const message = z.strictObject({
  to,
  type,
  payload: json.optional(),
  lane: z.enum(lanes).optional(),
  expiresInMs: milliseconds.optional(),
});

const ask = z.strictObject({
  to,
  type,
  payload: json.optional(),
  timeoutMs: milliseconds.optional(),
});

const spawn = z.strictObject({
  address: to.meta({ description: "Where it shall be", examples: ["/workers/w-1"] }),
  kind: z.string().min(1).max(256)
    .meta({ description: "A kind of agent", examples: ["summarizer"] }),
  input: json.optional(),
  restart: z.enum(["permanent", "transient", "temporary"]).optional(),
});

const deployment = z.strictObject({
  path: z.string().min(1).max(4_096).refine((path) => isAbsolute(path), "wanted an absolute path"),
});

const plainVerb = z.strictObject({});
const verbBodies = {
  pause: plainVerb,
  resume: plainVerb,
  stop: plainVerb,
  delete: plainVerb,
  drain: z.strictObject({ waitMs: z.int().min(0).max(longestMs).optional() }),
  restart: z.strictObject({
    fresh: z.boolean().optional(),
    fromCheckpoint: z.int().min(1).optional(),
  }),
} as const;

/** Text of the query string; each key once. */
export const count = (fallback: number, max: number) =>
  z.string().regex(/^\d+$/, "wanted a whole number").transform(Number)
    .pipe(z.number().int().min(1).max(max)).prefault(String(fallback));
/** Opaque; each list reads its own. */
export const cursor = z.string().max(8_192).optional();
/** True or false, in words. */
export const flag = z.enum(["true", "false"]).transform((text) => text === "true").optional();

const agentsQuery = z.strictObject({
  limit: count(100, 1_000),
  cursor,
  under: z.string().optional(),
  kind: z.string().max(256).optional(),
  status: z.enum(agentStatuses).optional(),
});
const messagesQuery = z.strictObject({
  to: z.string().optional(),
  from: z.string().optional(),
  under: z.string().optional(),
  since: z.string().optional(),
  limit: count(100, 1_000),
  cursor,
});
const deadLettersQuery = z.strictObject({
  to: z.string().optional(),
  under: z.string().optional(),
  reason: z.string().max(256).optional(),
  since: z.string().optional(),
  limit: count(100, 1_000),
  cursor,
});
const eventsQuery = z.strictObject({
  under: z.string().optional(),
  type: z.string().min(1).max(258).optional(),
  since: z.string().optional(),
  after: z.string().optional(),
  follow: flag,
});

const countersQuery = z.strictObject({
  under: z.string().optional(),
  everyMs: z.string().regex(/^\d+$/, "wanted a whole number").transform(Number)
    .pipe(z.number().int().min(100).max(60_000)).prefault("100"),
});

/** All of them, for the document that tells programs of the API. */
export const requestSchemas = {
  ...{ message, ask, spawn, deployment, verbs: verbBodies },
  ...{ agentsQuery, messagesQuery, deadLettersQuery, eventsQuery, countersQuery },
} as const;

/** Reads `value` or says which field is wrong. @throws {DreamError} `bad_request` */
export function read<T>(schema: z.ZodType<T>, value: unknown, what: string, at = ""): T {
  const result = schema.safeParse(value, { reportInput: false });
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  const field = [at, ...issue.path.map(String)].filter((part) => part !== "").join(".");
  throw new DreamError(
    "bad_request",
    `Cannot read ${what}: ${field ? `${field}: ` : ""}${issue.message}`,
    field ? { details: { field } } : {},
  );
}

/** @throws {DreamError} `reserved_type` for what only the runtime may send (R4) */
function checkType(type: string): void {
  if (!type.startsWith("system.") && !type.startsWith("xstate.")) return;
  throw new DreamError("reserved_type", `Cannot send ${type}: the type belongs to the runtime`, {
    details: { type },
  });
}

/**
 * Bounds one payload. Its text in the request can be measured by the whole body while that is
 * small; only large bodies pay for being written out again. `Control` bounds the text it stores.
 */
function checkPayload(payload: Json, bodyBytes: number, limits: Limits): void {
  if (bodyBytes <= limits.payloadBytes) return;
  const bytes = new TextEncoder().encode(JSON.stringify(payload)).length;
  if (bytes <= limits.payloadBytes) return;
  throw new DreamError(
    "payload_too_large",
    `Cannot take a payload of ${bytes} bytes, wanted at most ${limits.payloadBytes}`,
    { details: { limitBytes: limits.payloadBytes } },
  );
}

/** Every message of one request; `many` says whether it was an array. */
export function readMessages(
  value: Json,
  bodyBytes: number,
  limits: Limits,
): { messages: MessageInput[]; many: boolean } {
  const many = Array.isArray(value);
  const items = many ? value : [value];
  if (items.length === 0 || items.length > limits.bodyMessages) {
    throw new DreamError(
      items.length === 0 ? "bad_request" : "payload_too_large",
      `Cannot read the messages: ${items.length} of them, wanted 1 to ${limits.bodyMessages}`,
      { details: { limitMessages: limits.bodyMessages } },
    );
  }
  const messages = items.map((item, i) => {
    const { to, payload = {}, ...rest } = read(message, item, "the message", many ? `[${i}]` : "");
    checkType(rest.type);
    checkPayload(payload, bodyBytes, limits);
    return { ...rest, to: parseAddress(to), payload };
  });
  return { messages, many };
}

/** The body of `POST /asks`. */
export function readAsk(value: Json, bodyBytes: number, limits: Limits): AskInput {
  const { to, payload = {}, ...rest } = read(ask, value, "the ask");
  checkType(rest.type);
  checkPayload(payload, bodyBytes, limits);
  return { ...rest, to: parseAddress(to), payload };
}

/** The body of `POST /agents`. */
export function readSpawn(value: Json, bodyBytes: number, limits: Limits): SpawnInput {
  const { address, ...rest } = read(spawn, value, "the agent to spawn");
  if (rest.input !== undefined) checkPayload(rest.input, bodyBytes, limits);
  return { ...rest, address: parseAddress(address) };
}

/** The body of `POST /agents/{address}/{verb}`, which may be empty; the address may be `/`. */
export function readVerb(verb: AgentVerb, address: string, value: Json): VerbInput {
  const body = read<Omit<VerbInput, "verb" | "address">>(verbBodies[verb], value, `the ${verb}`);
  return { ...body, verb, address: address === "/" ? address : parseAddress(address) };
}

/** The body of `POST /deployments`. @returns the absolute path of the file */
export function readDeployment(value: Json): string {
  return read(deployment, value, "the deployment").path;
}

type Query = Record<string, string>;

/** The query of `GET /agents`; `under` may be the root. */
export function readAgentsQuery(query: Query): Omit<AgentsQuery, "under"> & { under?: Address } {
  const { under, ...rest } = read(agentsQuery, query, "the query");
  if (under === undefined) return rest;
  return { ...rest, under: parseSubtree(under) };
}

/** The top of a subtree: any address, or `/`. @throws {DreamError} `invalid_address` */
function parseSubtree(under: string): Address {
  return under === "/" ? under : parseAddress(under);
}

/** The query of `GET /messages`; `since` is a moment, or a duration before `nowMs`. */
export function readMessagesQuery(query: Query, nowMs: number): MessageQuery {
  const { to, from, under, since, ...rest } = read(messagesQuery, query, "the query");
  const found: MessageQuery = rest;
  if (under !== undefined) found.under = parseSubtree(under);
  if (to !== undefined) found.to = parseAddress(to);
  // People and programs are `@name`, the runtime is `system`; all others have addresses.
  if (from !== undefined) found.from = /^(@|system$)/.test(from) ? from : parseAddress(from);
  if (since !== undefined) {
    found.sinceMs = readSince(since, nowMs);
  }
  return found;
}

/** @throws {DreamError} `bad_request` when it is no moment */
export function readSince(since: string, nowMs: number, field = "since"): number {
  const sinceMs = parseMoment(since, nowMs);
  if (sinceMs !== null) return sinceMs;
  throw new DreamError(
    "bad_request",
    `Cannot read the query: ${field}: wanted 10m, an ISO 8601 time or epoch milliseconds`,
    { details: { field } },
  );
}

export interface EventsQuery {
  under: string | undefined;
  type: string | null;
  sinceMs: number | null;
  after: string | undefined;
  follow: boolean;
}

/** The query of `GET /events`. */
export function readEventsQuery(query: Query, nowMs: number): EventsQuery {
  const { under, type = null, since, after, follow = true } = read(
    eventsQuery,
    query,
    "the query",
  );
  return {
    under: under === undefined ? under : parseSubtree(under),
    type,
    sinceMs: since === undefined ? null : readSince(since, nowMs),
    after,
    follow,
  };
}

/** The query of `GET /counters`. */
export function readCountersQuery(
  query: Query,
): { under: string | undefined; everyMs: number } {
  const { under, everyMs } = read(countersQuery, query, "the query");
  return { under: under === undefined ? under : parseSubtree(under), everyMs };
}

/** The query of `GET /deadletters`. */
export function readDeadLettersQuery(
  query: Query,
  nowMs: number,
): LetterQuery {
  const { to, under, since, ...rest } = read(deadLettersQuery, query, "the query");
  const found: LetterQuery = rest;
  if (under !== undefined) found.under = parseSubtree(under);
  if (to !== undefined) found.to = parseAddress(to);
  if (since !== undefined) found.sinceMs = readSince(since, nowMs);
  return found;
}
