/** Who may come in: only loopback names (DNS rebinding), only the token. */
import { createHash, timingSafeEqual } from "node:crypto";
import { DreamError } from "../errors.ts";

const loopbackName = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i;

/**
 * A page of a foreign site can point its own name at 127.0.0.1 and so reach this server from a
 * browser; the `Host` header still shows that name.
 *
 * @throws {DreamError} `forbidden_host`
 */
export function checkHost(request: Request): void {
  const host = request.headers.get("host") ?? new URL(request.url).host;
  if (loopbackName.test(host)) return;
  throw new DreamError(
    "forbidden_host",
    `Cannot answer as ${JSON.stringify(host.slice(0, 100))}: wanted localhost or 127.0.0.1`,
  );
}

/**
 * Makes the check of the bearer token. Both sides are hashed before they are compared, so that the
 * time taken tells neither length nor prefix.
 */
export function tokenCheck(token: string): (request: Request) => void {
  const wanted = digest(token);
  return (request) => {
    const header = request.headers.get("authorization");
    const given = /^Bearer +([^ ]+) *$/i.exec(header ?? "")?.[1];
    if (given !== undefined && timingSafeEqual(digest(given), wanted)) return;
    throw new DreamError(
      "unauthorized",
      header === null
        ? "Cannot answer without a token: the Authorization header is missing"
        : "Cannot answer: the bearer token is not the one of this service",
    );
  };
}

function digest(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}
