/** The routes of `/api/v1`, each a few lines between the request and `Control`. */
import * as agentsAbout from "./abouts/agents.ts";
import * as messagesAbout from "./abouts/messages.ts";
import * as systemAbout from "./abouts/system.ts";
import type { Context } from "hono";
import type { Clock } from "../clock.ts";
import type { Config } from "../config.ts";
import type { Limits } from "../limits.ts";
import type { LogReader } from "../logs/book.ts";
import type { Control } from "../supervisor/control.ts";
import type { Traces } from "../traces/traces.ts";
import { parseAddress } from "../address.ts";
import { answer } from "./answer.ts";
import { backupRoutes } from "./backup-routes.ts";
import { readJsonBody } from "./body.ts";
import { counterRoute } from "./counter-routes.ts";
import { configRoutes } from "./config-routes.ts";
import { deploymentRoutes } from "./deployment-routes.ts";
import { eventRoute } from "./event-routes.ts";
import { keepWithin } from "./guard.ts";
import { listingSchemas, readOffset } from "./listing-requests.ts";
import { listingRoutes } from "./listing-routes.ts";
import { logRoutes, noLogs } from "./log-routes.ts";
import { historyRoutes } from "./history-routes.ts";
import { openPage } from "./paging.ts";
import { readIdempotency } from "./idempotency.ts";
import { traceOf, traceRoute } from "./request-trace.ts";
import type { Route } from "./route.ts";
import {
  read,
  readAgentsQuery,
  readAsk,
  readDeadLettersQuery,
  readMessages,
  readMessagesQuery,
  readSpawn,
} from "./requests.ts";
import { ownAsk, ownLetters, ownMessages, ownTree, subtreeOf } from "./scope.ts";
import { tokenRoutes } from "./token-routes.ts";
import { verbRoutes } from "./verb-routes.ts";
import { turnRoute } from "./turn-stream.ts";
import { viewAsk, viewDeadLetter, viewMessage } from "./views.ts";

export interface RouteOptions {
  control: Control;
  /** What `/config` shows; without it, nothing but limits. */
  config?: Config;
  clock: Clock;
  limits: Limits;
  /** What `/logs` shows; without it, nothing. */
  logs?: LogReader;
  /** What makes spans of requests; without it there are none. */
  traces?: Traces;
  /** A reader of events that takes nothing for so long is cut off. */
  slowReaderMs?: number;
}

export function routesOf(options: RouteOptions): Route[] {
  return [
    ...writeRoutes(options),
    ...agentRoutes(options),
    ...readRoutes(options),
    turnRoute(options),
    eventRoute(options),
    counterRoute(options),
    traceRoute(options.traces),
    ...logRoutes({ ...options, logs: options.logs ?? noLogs }),
    ...verbRoutes(options),
    ...deploymentRoutes(options),
    ...backupRoutes(options),
    ...tokenRoutes(options),
    ...listingRoutes(options),
    ...configRoutes(options),
    ...historyRoutes(options),
  ];
}

function writeRoutes({ control, clock, limits }: RouteOptions): Route[] {
  const readBody = async (c: Context) => {
    const body = await readJsonBody(c.req.raw, limits.bodyBytes, clock);
    return { ...body, key: readIdempotency(c.req.raw, body.bytes) };
  };
  return [
    {
      method: "POST",
      path: "/messages",
      about: messagesAbout.send,
      role: "operator",
      forAgents: "handled",
      async handle(c, caller) {
        const { bytes, value, key } = await readBody(c);
        const { messages, many } = readMessages(value, bytes.length, limits);
        for (const { to } of messages) keepWithin(caller, to);
        const trace = traceOf(c.req.raw);
        const { ids } = await control.send(caller, messages.map((m) => ({ ...m, ...trace })), key);
        return answer(many ? { ids } : { id: ids[0] }, 202);
      },
    },
    {
      method: "POST",
      path: "/asks",
      about: messagesAbout.ask,
      role: "operator",
      forAgents: "handled",
      async handle(c, caller) {
        const { bytes, value, key } = await readBody(c);
        const ask = { ...readAsk(value, bytes.length, limits), ...traceOf(c.req.raw) };
        keepWithin(caller, ask.to);
        return answer(await control.ask(caller, ask, key));
      },
    },
    {
      method: "POST",
      path: "/agents",
      about: agentsAbout.spawn,
      role: "operator",
      forAgents: "refused",
      async handle(c, caller) {
        const { bytes, value, key } = await readBody(c);
        const spawn = readSpawn(value, bytes.length, limits);
        const view = await control.spawn(caller, spawn, key);
        return answer(view, 201, {
          location: `/api/v1/agents/${encodeURIComponent(view.address)}`,
        });
      },
    },
    {
      method: "POST",
      path: "/shutdown",
      about: systemAbout.shutdown,
      role: "admin",
      forAgents: "refused",
      handle() {
        control.shutdown();
        return answer({ stopping: true }, 202);
      },
    },
  ];
}

function agentRoutes({ control }: RouteOptions): Route[] {
  const addressOf = (c: Context) => parseAddress(c.req.param("address"));
  return [
    {
      method: "GET",
      path: "/agents",
      about: agentsAbout.list,
      role: "viewer",
      forAgents: "handled",
      async handle(c, caller) {
        const page = openPage(c);
        const { under, ...query } = readAgentsQuery(page.query);
        const found = await control.agents({ ...query, under: subtreeOf(caller, under) });
        return answer(page.seal(found));
      },
    },
    {
      method: "GET",
      path: "/agents/:address",
      about: agentsAbout.show,
      role: "viewer",
      forAgents: "address",
      handle: async (c) => answer(await control.agent(addressOf(c))),
    },
    {
      method: "GET",
      path: "/agents/:address/machine",
      about: agentsAbout.machine,
      role: "viewer",
      forAgents: "address",
      handle: async (c) => answer(await control.machine(addressOf(c))),
    },
    {
      method: "DELETE",
      path: "/agents/:address",
      about: agentsAbout.remove,
      role: "operator",
      forAgents: "refused",
      async handle(c, caller) {
        await control.delete(caller, addressOf(c));
        return new Response(null, { status: 204 });
      },
    },
    {
      method: "GET",
      path: "/tree",
      about: agentsAbout.tree,
      role: "viewer",
      forAgents: "handled",
      handle: async (_c, caller) => answer(await ownTree(caller, control)),
    },
  ];
}

function readRoutes({ control, clock }: RouteOptions): Route[] {
  return [
    {
      method: "GET",
      path: "/status",
      about: systemAbout.status,
      role: "viewer",
      forAgents: "refused",
      handle: async () => answer(await control.status()),
    },
    {
      method: "GET",
      path: "/asks/:id",
      about: messagesAbout.readAsk,
      role: "viewer",
      forAgents: "handled",
      async handle(c, caller) {
        const row = await control.readAsk(c.req.param("id") ?? "");
        return answer(viewAsk(ownAsk(caller, row)));
      },
    },
    {
      method: "GET",
      path: "/messages",
      about: messagesAbout.list,
      role: "viewer",
      forAgents: "handled",
      async handle(c, caller) {
        const page = openPage(c);
        const query = ownMessages(caller, readMessagesQuery(page.query, clock.wallMs()));
        const { items, nextCursor } = await control.messages(query);
        return answer(page.seal({ items: items.map(viewMessage), nextCursor }));
      },
    },
    {
      method: "GET",
      path: "/deadletters",
      about: messagesAbout.deadLetters,
      role: "viewer",
      forAgents: "handled",
      async handle(c, caller) {
        const page = openPage(c);
        const query = ownLetters(caller, readDeadLettersQuery(page.query, clock.wallMs()));
        const { items, nextCursor } = await control.deadLetters(query);
        return answer(page.seal({ items: items.map(viewDeadLetter), nextCursor }));
      },
    },
    {
      method: "GET",
      path: "/recall",
      about: systemAbout.recall,
      role: "viewer",
      forAgents: "refused",
      async handle(c) {
        const page = openPage(c);
        const { q, limit, cursor, includeDeleted = false } = read(
          listingSchemas.recall,
          page.query,
          "the query",
        );
        const offset = readOffset(cursor);
        const found = await control.recall(q, { limit: limit + 1, includeDeleted, offset });
        const nextCursor = found.length > limit ? String(offset + limit) : null;
        return answer(page.seal({ items: found.slice(0, limit), nextCursor }));
      },
    },
  ];
}
