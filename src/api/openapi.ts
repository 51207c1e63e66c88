/** The API as OpenAPI 3.1, made from the routes and the schemas that requests are read with. */
import { z } from "zod";
import { agentVerbs } from "../verbs.ts";
import { historySchemas } from "./history-routes.ts";
import { logSchemas } from "./log-requests.ts";
import { requestSchemas as schemas } from "./requests.ts";
import { tokenSchemas } from "./token-requests.ts";
import type { Route } from "./route.ts";

interface About {
  summary: string;
  /** Of a good answer; default 200. */
  status?: number;
  body?: z.ZodType;
  query?: z.ZodObject;
  isStream?: true;
  /** Of a good answer that is no JSON. */
  media?: string;
}

const verbAbouts = Object.fromEntries(agentVerbs.map((verb) => [
  `POST /agents/:address/${verb}`,
  { summary: `${verb} an agent, or all below a supervisor`, body: schemas.verbs[verb] },
]));

/** By method and path, as routes.ts has them. */
const abouts: Readonly<Record<string, About>> = {
  ...verbAbouts,
  "POST /messages": {
    summary: "Send one message, or many whole or not at all",
    status: 202,
    body: z.union([schemas.message, z.array(schemas.message)]),
  },
  "POST /asks": { summary: "Ask an agent and wait for its reply", body: schemas.ask },
  "GET /asks/:id": { summary: "The outcome of an ask; null while it is open" },
  "POST /agents": { summary: "Start a new agent", status: 201, body: schemas.spawn },
  "GET /agents": { summary: "The agents, page by page", query: schemas.agentsQuery },
  "GET /agents/:address": { summary: "All about one agent" },
  "GET /agents/:address/machine": { summary: "The configuration of an agent's machine" },
  "DELETE /agents/:address": { summary: "End an agent and free its address", status: 204 },
  "GET /agents/:address/turns": { summary: "Turns as they become durable", isStream: true },
  "GET /agents/:address/checkpoints": { summary: "Earlier states of an agent, newest first" },
  "GET /tree": { summary: "The supervision tree" },
  "GET /status": { summary: "The system as a whole" },
  "GET /messages": { summary: "Messages, newest first", query: schemas.messagesQuery },
  "GET /deadletters": { summary: "Dead letters, newest first", query: schemas.deadLettersQuery },
  "GET /deadletters/:id": { summary: "One dead letter" },
  "POST /deadletters/:id/replay": { summary: "Send a dead letter's message again", status: 202 },
  "DELETE /deadletters/:id": { summary: "Forget a dead letter", status: 204 },
  "GET /recall": { summary: "The best passages of what was read", query: schemas.recallQuery },
  "GET /events": {
    summary: "Durable events; go on with Last-Event-ID",
    query: schemas.eventsQuery,
    isStream: true,
  },
  "GET /logs": { summary: "Lines of the log, newest first", query: logSchemas.logsQuery },
  "GET /logs/stream": {
    summary: "Lines of the log, oldest first; go on with Last-Event-ID",
    query: logSchemas.streamQuery,
    isStream: true,
  },
  "GET /logs/levels": { summary: "How much is logged, by subtree" },
  "POST /logs/levels": {
    summary: "Change how much is logged about a subtree; null takes it back",
    body: logSchemas.level,
  },
  "POST /deployments": { summary: "Make new code live", status: 201, body: schemas.deployment },
  "POST /deployments/check": { summary: "What a deployment would do", body: schemas.deployment },
  "GET /messages/:id/history": {
    summary: "What led to a message and what came of it, in all agents",
    query: historySchemas.messageQuery,
  },
  "GET /agents/:address/history": {
    summary: "What happened to an agent, newest first",
    query: historySchemas.agentQuery,
  },
  "POST /backups": { summary: "A copy of the whole system as one file", media: "application/gzip" },
  "GET /tokens/self": { summary: "The token of this request" },
  "GET /tokens": { summary: "All tokens, without secrets", query: tokenSchemas.tokensQuery },
  "GET /tokens/:name": { summary: "One token, without its secret" },
  "POST /tokens": { summary: "Make a token", status: 201, body: tokenSchemas.newToken },
  "POST /tokens/:name/rotate": {
    summary: "Give a token a new secret",
    body: tokenSchemas.rotation,
  },
  "POST /tokens/:name/revoke": { summary: "End a token" },
  "POST /shutdown": { summary: "Drain and end the service", status: 202 },
};

const error = {
  type: "object",
  required: ["error"],
  properties: {
    error: {
      type: "object",
      required: ["code", "message", "details"],
      properties: {
        code: { type: "string" },
        message: { type: "string" },
        details: { type: "object" },
      },
    },
  },
};

/** The whole document; `base` goes before each path. */
export function openApiOf(routes: readonly Route[], base: string, version: string) {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const { method, path } of routes) {
    const at = `${base}${path}`.replace(/:(\w+)/g, "{$1}");
    const about = abouts[`${method} ${path}`];
    if (about) (paths[at] ??= {})[method.toLowerCase()] = operationOf(path, about);
  }
  const text = { description: "In Prometheus' text format", content: { "text/plain": {} } };
  const healthy = { summary: "Whether it answers", security: [] };
  paths["/healthz"] = { get: { ...healthy, responses: { 200: { description: "It does" } } } };
  paths["/metrics"] = { get: { summary: "Numbers for Prometheus", responses: { 200: text } } };
  return {
    openapi: "3.1.0",
    info: { title: "Dream.OS", version },
    security: [{ token: [] }],
    paths,
    components: {
      securitySchemes: { token: { type: "http", scheme: "bearer" } },
      schemas: { Error: error },
    },
  };
}

function operationOf(path: string, about: About) {
  const { summary, status = 200, body, query, isStream } = about;
  const media = about.media ?? (isStream ? "text/event-stream" : "application/json");
  const good = status === 204 ? { description: "Done" } : {
    description: "As asked",
    content: { [media]: {} },
  };
  const refused = { "application/json": { schema: { $ref: "#/components/schemas/Error" } } };
  return {
    summary,
    parameters: [...pathParameters(path), ...queryParameters(query)],
    ...(body ? { requestBody: { content: { "application/json": { schema: jsonOf(body) } } } } : {}),
    responses: { [status]: good, default: { description: "Refused", content: refused } },
  };
}

function pathParameters(path: string) {
  return Array.from(path.matchAll(/:(\w+)/g), ([, name]) => (
    { name, in: "path", required: true, schema: { type: "string" } }
  ));
}

function queryParameters(query: z.ZodObject | undefined) {
  const { properties = {}, required = [] } = query ? jsonOf(query) : {};
  return Object.entries(properties).map(([name, schema]) => (
    { name, in: "query", required: required.includes(name), schema }
  ));
}

/** As it comes from outside; what JSON Schema cannot say is any JSON. */
function jsonOf(schema: z.ZodType) {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  return json;
}
