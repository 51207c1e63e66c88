/** Routes that list what agents wait for, what waits for them, and what they are made of. */
import type { Context } from "hono";
import * as about from "./abouts/listing.ts";
import { type Address, parseAddress, rootAddress } from "../address.ts";
import type { Clock } from "../clock.ts";
import type { TokenCaller } from "../supervisor/control.ts";
import { answer } from "./answer.ts";
import { listingSchemas as schemas } from "./listing-requests.ts";
import { openPage } from "./paging.ts";
import { read, readSince } from "./requests.ts";
import type { Route, TokenRoute } from "./route.ts";
import type { RouteOptions } from "./routes.ts";
import { subtreeOf } from "./scope.ts";
import { viewEnvelope } from "./views.ts";

const addressOf = (c: Context) => parseAddress(c.req.param("address"));
const seen = { method: "GET", role: "viewer" } as const;

export function listingRoutes(options: RouteOptions): Route[] {
  return [...workRoutes(options), ...otherRoutes(options)];
}

/** Mailboxes, hosts and bundles. */
function otherRoutes({ control }: RouteOptions): TokenRoute[] {
  return [
    {
      ...seen,
      path: "/agents/:address/mailbox",
      about: about.mailbox,
      forAgents: "address",
      async handle(c) {
        const { query, seal } = openPage(c);
        const wanted = read(schemas.mailbox, query, "the query");
        const { items, nextCursor } = await control.listing.mailbox(addressOf(c), wanted);
        return answer(seal({ items: items.map(viewEnvelope), nextCursor }));
      },
    },
    {
      ...seen,
      path: "/hosts",
      about: about.hosts,
      forAgents: "refused",
      async handle(c) {
        const { query, seal } = openPage(c);
        const { group, limit, cursor = "0" } = read(schemas.hosts, query, "the query");
        const { hosts } = await control.status();
        const found = hosts.filter((host) =>
          host.pid > Number(cursor) && (group === undefined || host.group === group)
        ).sort((a, b) => a.pid - b.pid);
        const items = found.slice(0, limit);
        const nextCursor = found.length > limit ? String(items.at(-1)!.pid) : null;
        return answer(seal({ items, nextCursor }));
      },
    },
    {
      ...seen,
      path: "/bundles",
      about: about.bundles,
      forAgents: "refused",
      async handle(c) {
        const { query, seal } = openPage(c);
        const wanted = read(schemas.bundles, query, "the query");
        return answer(seal(await control.listing.bundles(wanted)));
      },
    },
    {
      ...seen,
      path: "/bundles/:hash",
      about: about.bundle,
      forAgents: "refused",
      handle: async (c) => answer(await control.listing.bundle(c.req.param("hash") ?? "")),
    },
  ];
}

/** Timers, calls and asks: of all, of a subtree, and of one agent. */
function workRoutes({ control, clock }: RouteOptions): Route[] {
  const { listing } = control;
  const list = (
    path: string,
    about: TokenRoute["about"],
    page: (query: Record<string, string>, c: Context, caller: TokenCaller) => Promise<Page>,
  ): Route => ({
    ...{ ...seen, path, about },
    forAgents: path.includes(":address") ? "address" : "handled",
    async handle(c, caller) {
      const { query, seal } = openPage(c);
      return answer(seal(await page(query, c, caller)));
    },
  });
  const below = (caller: TokenCaller, under: string = rootAddress): Address =>
    subtreeOf(caller, under === rootAddress ? under : parseAddress(under));
  return [
    list("/timers", about.timers, (query, _c, caller) => {
      const { under, ...rest } = read(schemas.timers, query, "the query");
      return listing.timers({ ...rest, under: below(caller, under) });
    }),
    list("/calls", about.calls, (query, _c, caller) => {
      const { under, ...rest } = read(schemas.calls, query, "the query");
      return listing.calls({ ...rest, under: below(caller, under) });
    }),
    list("/asks", about.asks, (query, _c, caller) => {
      const { under, ...rest } = read(schemas.asks, query, "the query");
      return listing.asks({ ...askQuery(rest, clock), under: below(caller, under) });
    }),
    list("/agents/:address/timers", about.timersOfAgent, async (query, c) => {
      const { address: under } = await control.agent(addressOf(c));
      return listing.timers({ ...read(schemas.timersOfAgent, query, "the query"), under });
    }),
    list("/agents/:address/calls", about.callsOfAgent, async (query, c) => {
      const { address: under } = await control.agent(addressOf(c));
      return listing.calls({ ...read(schemas.callsOfAgent, query, "the query"), under });
    }),
    list("/agents/:address/asks", about.asksOfAgent, async (query, c) => {
      const { address: under } = await control.agent(addressOf(c));
      const rest = read(schemas.asksOfAgent, query, "the query");
      return listing.asks({ ...askQuery(rest, clock), under });
    }),
  ];
}

interface Page {
  items: unknown[];
  nextCursor: string | null;
}

function askQuery(
  { status, since, ...rest }: {
    status?: "open" | "settled" | undefined;
    since?: string | undefined;
    limit: number;
    cursor?: string | undefined;
  },
  clock: Clock,
) {
  return {
    ...rest,
    isOpen: status === undefined ? undefined : status === "open",
    sinceMs: since === undefined ? undefined : readSince(since, clock.wallMs()),
  };
}
