/**
 * Routes of tokens. They take no Idempotency-Key: what answers a repeated request is stored, and a
 * token never is. Who missed an answer rotates the token.
 */
import * as tokensAbout from "./abouts/tokens.ts";
import type { Context } from "hono";
import { answer } from "./answer.ts";
import { readJsonBody, readOptionalBody } from "./body.ts";
import { openPage } from "./paging.ts";
import type { Route } from "./route.ts";
import type { RouteOptions } from "./routes.ts";
import { readNewToken, readRotation, readTokensQuery } from "./token-requests.ts";

/** All but `self` are for admins: with a list of tokens one knows whom to ask for theirs. */
export function tokenRoutes({ control: { tokens }, clock, limits }: RouteOptions): Route[] {
  const nameOf = (c: Context) => c.req.param("name") ?? "";
  return [
    {
      method: "GET",
      path: "/tokens/self",
      about: tokensAbout.self,
      role: "viewer",
      forAgents: "handled",
      handle: (_c, { name }) => answer(tokens.find(name)),
    },
    {
      method: "GET",
      path: "/tokens",
      about: tokensAbout.list,
      role: "admin",
      forAgents: "refused",
      handle(c) {
        const { query, seal } = openPage(c);
        return answer(seal(tokens.list(readTokensQuery(query))));
      },
    },
    {
      method: "GET",
      path: "/tokens/:name",
      about: tokensAbout.show,
      role: "admin",
      forAgents: "refused",
      handle: (c) => answer(tokens.find(nameOf(c))),
    },
    {
      method: "POST",
      path: "/tokens",
      about: tokensAbout.create,
      role: "admin",
      forAgents: "refused",
      async handle(c, caller) {
        const { value } = await readJsonBody(c.req.raw, limits.bodyBytes, clock);
        const issued = await tokens.create(caller, readNewToken(value));
        return answer(issued, 201, { location: `/api/v1/tokens/${issued.name}` });
      },
    },
    {
      method: "POST",
      path: "/tokens/:name/rotate",
      about: tokensAbout.rotate,
      role: "admin",
      forAgents: "refused",
      async handle(c, caller) {
        const { value } = await readOptionalBody(c.req.raw, limits.bodyBytes, clock);
        return answer(await tokens.rotate(caller, nameOf(c), readRotation(value)));
      },
    },
    {
      method: "POST",
      path: "/tokens/:name/revoke",
      about: tokensAbout.revoke,
      role: "admin",
      forAgents: "refused",
      handle: async (c, caller) => answer(await tokens.revoke(caller, nameOf(c))),
    },
  ];
}
