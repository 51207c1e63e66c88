/** Who may come in: only tokens, only as far as they reach. */
import type { Context } from "hono";
import { isWithin, parseAddress, rootAddress } from "../address.ts";
import { DreamError } from "../errors.ts";
import { isAtLeast } from "../roles.ts";
import type { TokenCaller } from "../supervisor/control.ts";
import type { TokenRoute } from "./route.ts";

/**
 * The bearer token of a request (RFC 6750 §2.1); from nowhere else, cookies and queries least.
 *
 * @throws {DreamError} `unauthorized`
 */
export function bearerOf(request: Request): string {
  const header = request.headers.get("authorization");
  const token = /^Bearer +([\x21-\x7e]{1,512}) *$/i.exec(header ?? "")?.[1];
  if (token !== undefined) return token;
  if (header === null) {
    throw new DreamError(
      "unauthorized",
      "Cannot answer without a token: the Authorization header is missing",
      { details: { reason: "missing" } },
    );
  }
  throw new DreamError(
    "unauthorized",
    "Cannot read the Authorization header: wanted Bearer and a token of visible ASCII, at most " +
      "512 characters",
    { details: { reason: "malformed" } },
  );
}

/**
 * Each key of the query once, and none where none is read: a slip must not mean everything.
 *
 * @throws {DreamError} `bad_request`
 */
export function checkQuery({ about }: TokenRoute, c: Context): void {
  checkEncoding(c.req.url);
  for (const [key, values] of Object.entries(c.req.queries())) {
    if (about.query && values.length === 1) continue;
    const name = key.slice(0, 40);
    const why = about.query ? `it stands ${values.length} times` : "nothing is read here";
    throw new DreamError("bad_request", `Cannot read the query: ${name}: ${why}`, {
      details: { field: name },
    });
  }
}

/** What is no UTF-8 would be read as something else. */
function checkEncoding(url: string): void {
  try {
    if (url.includes("%")) decodeURIComponent(url.split("?")[1] ?? "");
  } catch {
    throw new DreamError(
      "bad_request",
      "Cannot read the query: it is not percent-encoded UTF-8; a % itself is %25",
    );
  }
}

/**
 * Whether the caller may use the route at all, and as far as its path tells.
 *
 * @throws {DreamError} `forbidden`
 */
export function permit(route: TokenRoute, caller: TokenCaller, c: Context): void {
  if (caller.role !== "agent") {
    if (isAtLeast(caller.role, route.role)) return;
    throw forbidden(caller, `it wants the role ${route.role}`, { role: route.role });
  }
  if (route.forAgents === "refused") {
    throw forbidden(caller, `it wants the role ${route.role}`, { role: route.role });
  }
  if (route.forAgents !== "address") return;
  const given = c.req.param("address");
  keepWithin(caller, given === rootAddress ? given : parseAddress(given));
}

/**
 * Lets a token of an agent reach only what is in its subtree; before anything is looked up, so
 * that the answer does not tell what there is elsewhere.
 *
 * @throws {DreamError} `forbidden`
 */
export function keepWithin(caller: TokenCaller, address: string): void {
  const { scope } = caller;
  if (scope === null || isWithin(address, scope)) return;
  throw forbidden(caller, `${address} is not in its subtree ${scope}`, { address, scope });
}

/** The refusal of what the token is too narrow for. */
export function forbidden(
  { name, role }: TokenCaller,
  why: string,
  details: Record<string, string>,
): DreamError {
  return new DreamError("forbidden", `The token ${name} (${role}) may not do this: ${why}`, {
    details: { token: name, ...details },
  });
}
