/** What a route is: where it answers, to whom, and how. Without a declared role there is none. */
import type { Context } from "hono";
import type { About } from "./about.ts";
import type { Role } from "../roles.ts";
import type { TokenCaller } from "../supervisor/control.ts";

/**
 * What a token of role `agent` gets, which sees and writes to one subtree only: `refused` nothing;
 * `address` the route when its `:address` lies in the subtree, checked before the handler runs;
 * `handled` that the handler itself keeps to `caller.scope`.
 */
export type ForAgents = "refused" | "address" | "handled";

interface Place {
  method: "GET" | "POST" | "DELETE";
  /** Below the base of the API, with `:name` for parameters. */
  path: string;
  about: About;
}

/** Wants no token. */
export interface OpenRoute extends Place {
  role: "anyone";
  handle(context: Context): Promise<Response> | Response;
}

/** Wants a token of this role or a higher one. */
export interface TokenRoute extends Place {
  role: Exclude<Role, "agent">;
  forAgents: ForAgents;
  handle(context: Context, caller: TokenCaller): Promise<Response> | Response;
}

export type Route = OpenRoute | TokenRoute;
