/** The API as OpenAPI 3.1: what routes tell of themselves, put together by hono-openapi. */
import type { Hono } from "hono";
import { type DescribeRouteOptions, generateSpecs, resolver } from "hono-openapi";
import { z } from "zod";
import { type ErrorCode, errorKinds } from "../errors.ts";
import { version } from "../version.ts";
import { type About, type RequestHeader, tags } from "./about.ts";
import { addExamples, type JsonObject } from "./openapi-examples.ts";
import type { Route } from "./route.ts";
import { isStream } from "./streams.ts";
import { refusal } from "./shapes/words.ts";

/** What hono-openapi collects from the handlers of a route with its whole path. */
export function operationOf(route: Route): DescribeRouteOptions {
  const { about, path } = route;
  const { id, tag, summary, body } = about;
  const operation = {
    operationId: id,
    tags: [tag],
    summary,
    description: [about.more, roleText(route)].filter(Boolean).join(" "),
    ...(route.role === "anyone" ? { security: [] } : {}),
    parameters: [
      ...pathParameters(path),
      ...queryParameters(about.query),
      ...(about.reads ?? []).map(headerParameter),
    ],
    ...(body ? { requestBody: bodyOf(body, about.mayBeEmpty) } : {}),
    responses: { ...goodAnswer(about), ...refusals(refusalsOf(route)) },
  };
  // The types of hono-openapi know no `resolver` in bodies; it resolves them there all the same.
  return operation as unknown as DescribeRouteOptions;
}

/** The whole document of all `routes`, which `operationOf` described to `app`. */
export async function openApiOf(app: Hono, routes: readonly Route[]): Promise<JsonObject> {
  const document = await generateSpecs(app, {
    excludeStaticFile: false,
    documentation: {
      openapi: "3.1.1",
      info: {
        title: "Dream.OS",
        version,
        description: "The only door of a running Dream.OS. Answers may get more fields: clients " +
          "ignore those they do not know. Refusals have a stable code; more codes may come.",
        license: { name: "MIT", identifier: "MIT" },
      },
      servers: [{ url: "/", description: "This service" }],
      tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
      security: [{ token: [] }],
      components: {
        examples: examples(new Set(routes.flatMap(refusalsOf))),
        securitySchemes: {
          token: {
            type: "http",
            scheme: "bearer",
            description: "HOME/token, or one made with dreamos token create",
          },
        },
      },
    },
  });
  return addExamples(document as unknown as JsonObject);
}

/** Codes that a route can be refused with, most general first. */
export function refusalsOf(route: Route): ErrorCode[] {
  const { about, path, role } = route;
  const codes: ErrorCode[] = ["forbidden_host", "shutting_down", "internal"];
  if (role !== "anyone") {
    codes.push("bad_request", "unauthorized", "forbidden", "storage_unavailable");
  }
  if (isStream(route)) codes.push("too_many_streams");
  if (about.body) {
    codes.push("bad_request", "invalid_json", "invalid_payload", "payload_too_large");
    codes.push("request_timeout", "unsupported_media_type");
  }
  if (about.query || about.reads) codes.push("bad_request");
  if (about.query?.shape.cursor) codes.push("bad_cursor");
  if (about.query?.shape.under || about.query?.shape.to) codes.push("invalid_address");
  if (about.reads?.includes("Idempotency-Key")) codes.push("idempotency_conflict");
  if (path.includes(":address")) codes.push("invalid_address", "agent_not_found");
  return [...new Set([...codes, ...about.refuses ?? []])];
}

function roleText(route: Route): string {
  if (route.role === "anyone") return "Wants no token.";
  const own = route.forAgents === "refused" ? "" : ", or a token of an agent for its subtree";
  return `Wants the role ${route.role}${own}.`;
}

function bodyOf(body: z.ZodType, mayBeEmpty = false) {
  return { required: !mayBeEmpty, content: { "application/json": { schema: resolver(body) } } };
}

function goodAnswer(about: About) {
  if ("holds" in about) {
    const content = { [about.media]: { schema: { type: "string" } } };
    return { 200: { description: about.holds, content } };
  }
  if (!("answer" in about)) return { 204: { description: "Done" } };
  const { status = 200, media = "application/json", answer } = about;
  const description = media === "text/event-stream"
    ? "Server-sent events; the schema is that of the data of one"
    : status === 202
    ? "Taken"
    : "As asked";
  return { [status]: { description, content: { [media]: { schema: resolver(answer) } } } };
}

const waits = {
  "Retry-After": {
    description: "Seconds to wait before the same request may be answered",
    schema: { type: "integer", minimum: 1 },
  },
};

/** One of every code, with what to do next. */
function examples(codes: ReadonlySet<ErrorCode>) {
  return Object.fromEntries(
    [...codes].map((code) => [code, {
      summary: errorKinds[code].hint,
      value: { error: { code, message: `Cannot do this: ${code}`, details: {} } },
    }]),
  );
}

/** By status, with one example for each code. */
function refusals(codes: readonly ErrorCode[]) {
  const byStatus = Map.groupBy(codes, (code) => errorKinds[code].status);
  return Object.fromEntries(
    [...byStatus].sort(([a], [b]) => a - b).map(([status, of]) => [status, {
      description: `Refused: ${of.join(", ")}`,
      ...(status === 429 || status === 503 ? { headers: waits } : {}),
      content: {
        "application/json": {
          schema: resolver(refusal),
          examples: Object.fromEntries(
            of.map((code) => [code, { $ref: `#/components/examples/${code}` }]),
          ),
        },
      },
    }]),
  );
}

const pathTexts: Readonly<Record<string, { description: string; example: string }>> = {
  address: { description: "An address, percent-encoded: %2Fworkers%2Fw-1", example: "/captain" },
  id: { description: "As the list or the answer before gave it", example: "1" },
  name: { description: "Name of a token", example: "owner" },
  hash: { description: "SHA-256 of a bundle, hex", example: "ab".repeat(32) },
  pid: { description: "Process id of a host", example: "4711" },
};

function pathParameters(path: string) {
  return Array.from(path.matchAll(/:(\w+)/g), ([, name]) => (
    { name, in: "path", required: true, schema: { type: "string" }, ...pathTexts[name!] }
  ));
}

function queryParameters(query: z.ZodObject | undefined) {
  if (!query) return [];
  const json = z.toJSONSchema(query, { io: "input", unrepresentable: "any" });
  const { properties = {}, required = [] } = json;
  return Object.entries(properties).map(([name, schema]) => {
    const { description = queryTexts[name], ...rest } = schema as { description?: string };
    return { name, in: "query", required: required.includes(name), description, schema: rest };
  });
}

const queryTexts: Readonly<Record<string, string>> = {
  limit: "At most so many on one page",
  cursor: "nextCursor of the page before, with the same filters",
  under: "Only this address and all below it; / is all",
  to: "Only of this receiver",
  from: "Only of this sender: an address, @name or system",
  since: "Only from then on: 10m, ISO 8601 or epoch milliseconds",
  until: "Only up to then: 10m, ISO 8601 or epoch milliseconds",
  type: "Only this type; call.* is all that begin with call.",
  after: "As Last-Event-ID",
  follow: "false ends after what there is",
  everyMs: "Least time between two frames, 100 to 60000; default 100",
  level: "This level and those above",
  traceId: "Only of this trace: 32 hex digits",
  q: "Words to look for",
  includeDeleted: "Also what lies nowhere any more",
  whole: "true: all effects of what was first, not those of the message alone",
  status: "Only with this status",
  kind: "Only of this kind",
  reason: "Only those that died for this reason",
  lane: "Only this lane",
  group: "Only of this group",
};

const headers: Readonly<Record<RequestHeader, { description: string; pattern: string }>> = {
  "Idempotency-Key": {
    description: "The same key and body again: the same answer, done once. Kept for 24 h.",
    pattern: "^[\\x21-\\x7e]{1,255}$",
  },
  traceparent: {
    description: "W3C trace context that what is sent belongs to",
    pattern: "^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$",
  },
  "Last-Event-ID": { description: "Go on behind this event", pattern: "^\\d{1,15}$" },
};

function headerParameter(name: RequestHeader) {
  const { description, pattern } = headers[name];
  return { name, in: "header", description, schema: { type: "string", pattern } };
}
