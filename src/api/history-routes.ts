/** Routes of causes, effects and what happened to an agent. */
import { z } from "zod";
import { parseAddress } from "../address.ts";
import { DreamError } from "../errors.ts";
import type { HistoryQuery } from "../supervisor/history-views.ts";
import { answer } from "./answer.ts";
import { count, cursor, flag, read } from "./requests.ts";
import type { Route } from "./route.ts";
import type { RouteOptions } from "./routes.ts";

const paging = { limit: count(100, 1_000), cursor };
const messageQuery = z.strictObject({ ...paging, whole: flag });
const agentQuery = z.strictObject(paging);

/** For the document that tells programs of the API. */
export const historySchemas = { messageQuery, agentQuery } as const;

const idForm = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function readId(id: string): string {
  if (idForm.test(id)) return id;
  throw new DreamError(
    "bad_request",
    `Cannot read the id ${JSON.stringify(id.slice(0, 80))}: wanted that of a message, a UUID`,
  );
}

export function historyRoutes({ control }: RouteOptions): Route[] {
  return [
    {
      method: "GET",
      path: "/messages/:id/history",
      role: "viewer",
      // Causes and effects go through all agents.
      forAgents: "refused",
      async handle(c) {
        const query: HistoryQuery = read(messageQuery, c.req.query(), "the query");
        return answer(await control.messageHistory(readId(c.req.param("id") ?? ""), query));
      },
    },
    {
      method: "GET",
      path: "/agents/:address/history",
      role: "viewer",
      forAgents: "address",
      async handle(c) {
        const query: HistoryQuery = read(agentQuery, c.req.query(), "the query");
        return answer(await control.agentHistory(parseAddress(c.req.param("address")), query));
      },
    },
  ];
}
