/** What requests about tokens may hold. */
import { z } from "zod";
import { parseAddress } from "../address.ts";
import type { Json } from "../json.ts";
import { roles } from "../roles.ts";
import {
  type NewToken,
  type Rotation,
  type TokenQuery,
  tokenStatuses,
} from "../supervisor/token-views.ts";
import { count, cursor, read } from "./requests.ts";

/** A hundred years: further off, times are no dates any more. */
const longestMs = 100 * 366 * 24 * 3_600_000;
const milliseconds = z.int().min(1).max(longestMs);
const expiry = {
  expiresInMs: milliseconds.optional(),
  expiresAtMs: z.int().min(0).optional(),
};

export const tokenSchemas = {
  newToken: z.strictObject({
    name: z.string(),
    role: z.enum(roles),
    scope: z.string().optional(),
    ...expiry,
  }),
  rotation: z.strictObject({ graceMs: z.int().min(0).max(longestMs).optional(), ...expiry }),
  tokensQuery: z.strictObject({
    status: z.enum(tokenStatuses).optional(),
    limit: count(100, 1_000),
    cursor,
  }),
} as const;

/** The body of `POST /tokens`. */
export function readNewToken(value: Json): NewToken {
  const { scope, ...rest } = read<NewToken>(tokenSchemas.newToken, value, "the token");
  return scope === undefined ? rest : { ...rest, scope: parseAddress(scope) };
}

/** The body of `POST /tokens/{name}/rotate`, which may be empty. */
export function readRotation(value: Json): Rotation {
  return read<Rotation>(tokenSchemas.rotation, value, "the rotation");
}

/** The query of `GET /tokens`. */
export function readTokensQuery(query: Record<string, string>): TokenQuery {
  return read<TokenQuery>(tokenSchemas.tokensQuery, query, "the query");
}
