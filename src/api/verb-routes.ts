/** Routes of what people do to agents and to dead letters. */
import * as agentsAbout from "./abouts/agents.ts";
import * as messagesAbout from "./abouts/messages.ts";
import type { Context } from "hono";
import { parseAddress } from "../address.ts";
import { DreamError } from "../errors.ts";
import { readNumber } from "../storage/page-cursor.ts";
import { agentVerbs } from "../verbs.ts";
import { answer } from "./answer.ts";
import { readOptionalBody } from "./body.ts";
import { readIdempotency } from "./idempotency.ts";
import { listingSchemas } from "./listing-requests.ts";
import { openPage } from "./paging.ts";
import { read, readVerb } from "./requests.ts";
import type { Route } from "./route.ts";
import type { RouteOptions } from "./routes.ts";
import { ownLetter } from "./scope.ts";
import { viewDeadLetter } from "./views.ts";

/** One route for each verb, the checkpoints, and what is done to one dead letter. */
export function verbRoutes(options: RouteOptions): Route[] {
  const { control, clock, limits } = options;
  const verbs = agentVerbs.map((verb): Route => ({
    method: "POST",
    path: `/agents/:address/${verb}`,
    about: agentsAbout.verbs[verb],
    role: "operator",
    forAgents: "refused",
    async handle(c, caller) {
      const { bytes, value } = await readOptionalBody(c.req.raw, limits.bodyBytes, clock);
      const input = readVerb(verb, c.req.param("address") ?? "", value);
      const key = readIdempotency(c.req.raw, bytes);
      return answer(await control.carryOut(caller, input, key));
    },
  }));
  return [...verbs, {
    method: "GET",
    path: "/agents/:address/checkpoints",
    about: agentsAbout.checkpoints,
    role: "viewer",
    forAgents: "address",
    async handle(c) {
      const { query, seal } = openPage(c);
      const { limit, cursor } = read(listingSchemas.checkpoints, query, "the query");
      const before = cursor === undefined ? Infinity : readNumber(cursor);
      const all = await control.checkpoints(parseAddress(c.req.param("address")));
      const found = all.filter(({ id }) => id < before);
      const items = found.slice(0, limit);
      const nextCursor = found.length > limit ? String(items.at(-1)!.id) : null;
      return answer(seal({ items, nextCursor }));
    },
  }, ...letterRoutes(options)];
}

function letterRoutes({ control }: RouteOptions): Route[] {
  return [
    {
      method: "GET",
      path: "/deadletters/:id",
      about: messagesAbout.deadLetter,
      role: "viewer",
      forAgents: "handled",
      async handle(c, caller) {
        const letter = ownLetter(caller, await control.deadLetter(idOf(c)));
        return answer(viewDeadLetter(letter));
      },
    },
    {
      method: "POST",
      path: "/deadletters/:id/replay",
      about: messagesAbout.replay,
      role: "operator",
      forAgents: "refused",
      async handle(c, caller) {
        const key = readIdempotency(c.req.raw, new Uint8Array());
        return answer(await control.replay(caller, idOf(c), key), 202);
      },
    },
    {
      method: "DELETE",
      path: "/deadletters/:id",
      about: messagesAbout.dropLetter,
      role: "operator",
      forAgents: "refused",
      async handle(c, caller) {
        await control.dropLetter(caller, idOf(c));
        return new Response(null, { status: 204 });
      },
    },
  ];
}

/** The number of a dead letter. @throws {DreamError} `bad_request` */
function idOf(c: Context): number {
  const text = c.req.param("id") ?? "";
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new DreamError(
    "bad_request",
    `Cannot read ${JSON.stringify(text.slice(0, 40))} as the number of a dead letter`,
  );
}
