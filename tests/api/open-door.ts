/** A real server on a free port in front of a `SmallControl`, for tests. */
import { createApp } from "../../src/api/app.ts";
import { serve, type Server } from "../../src/api/serve.ts";
import { type Clock, systemClock } from "../../src/clock.ts";
import { systemIds } from "../../src/ids.ts";
import { defaultLimits, type Limits } from "../../src/limits.ts";
import { DocumentCheck } from "../support/document-check.ts";
import { SmallControl } from "./small-control.ts";

export interface OpenDoor extends Server {
  control: SmallControl;
  token: string;
  /** Errors that were ours, by log id. */
  logged: { id: string; error: unknown }[];
  /** A request with the token; the answer is held to the document. `path` is below the root. */
  call(path: string, init?: RequestInit): Promise<Response>;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>;
}

export function openDoor(
  options: { limits?: Partial<Limits>; clock?: Clock; slowReaderMs?: number } = {},
): OpenDoor {
  const clock = options.clock ?? systemClock;
  const ids = systemIds(systemClock);
  const control = new SmallControl();
  const token = ids.secret();
  control.tokens.adopt(token);
  const logged: OpenDoor["logged"] = [];
  const app = createApp({
    control,
    clock,
    ids,
    limits: { ...defaultLimits, ...options.limits },
    ...(options.slowReaderMs === undefined ? {} : { slowReaderMs: options.slowReaderMs }),
    logError: (error, { id }) => logged.push({ id, error }),
  });
  const server = serve({
    fetch: (request) => app.fetch(request),
    host: "127.0.0.1",
    port: 0,
    drainMs: 500,
    clock: systemClock,
  });
  let checking: Promise<DocumentCheck> | null = null;
  const call: OpenDoor["call"] = async (path, init = {}) => {
    const headers = new Headers(init.headers);
    if (!headers.has("authorization")) headers.set("authorization", `Bearer ${token}`);
    const response = await fetch(`${server.url}${path}`, { ...init, headers });
    const check = await (checking ??= DocumentCheck.of(server.url));
    await check.check(init.method ?? "GET", `${server.url}${path}`, response);
    return response;
  };
  return {
    ...server,
    control,
    token,
    logged,
    call,
    post: (path, body, headers = {}) =>
      call(path, {
        method: "POST",
        headers,
        body: typeof body === "string" || body instanceof Uint8Array
          ? body as BodyInit
          : JSON.stringify(body),
      }),
  };
}
