/** Routes of causes, effects and what happened to an agent. */
import * as historyAbout from "./abouts/history.ts";
import { parseAddress } from "../address.ts";
import { DreamError } from "../errors.ts";
import type { HistoryQuery } from "../supervisor/history-views.ts";
import { answer } from "./answer.ts";
import { historySchemas } from "./history-requests.ts";
import { openPage } from "./paging.ts";
import { read } from "./requests.ts";
import type { Route } from "./route.ts";
import type { RouteOptions } from "./routes.ts";

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
      about: historyAbout.message,
      role: "viewer",
      // Causes and effects go through all agents.
      forAgents: "refused",
      async handle(c) {
        const page = openPage(c);
        const query: HistoryQuery = read(historySchemas.messageQuery, page.query, "the query");
        const found = await control.messageHistory(readId(c.req.param("id") ?? ""), query);
        return answer({ ...found, effects: page.seal(found.effects) });
      },
    },
    {
      method: "GET",
      path: "/agents/:address/history",
      about: historyAbout.agent,
      role: "viewer",
      forAgents: "address",
      async handle(c) {
        const page = openPage(c);
        const query: HistoryQuery = read(historySchemas.agentQuery, page.query, "the query");
        const address = parseAddress(c.req.param("address"));
        return answer(page.seal(await control.agentHistory(address, query)));
      },
    },
  ];
}
