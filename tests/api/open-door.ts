/** A real server on a free port in front of a `SmallControl`, for tests. */
import { createApp } from "../../src/api/app.ts";
import { serve, type Server } from "../../src/api/serve.ts";
import { type Clock, systemClock } from "../../src/clock.ts";
import { systemIds } from "../../src/ids.ts";
import { defaultLimits, type Limits } from "../../src/limits.ts";
import { DocumentCheck } from "../support/document-check.ts";
import type { Log } from "../../src/log.ts";
import type { LogReader } from "../../src/logs/book.ts";
import type { Control } from "../../src/supervisor/control.ts";
import { SmallControl } from "./small-control.ts";

export interface OpenDoor<C extends Control = SmallControl> extends Server {
  control: C;
  token: string;
  /** Errors that were ours, by log id. */
  logged: { id: string; error: unknown }[];
  /** A request with the token; the answer is held to the document. `path` is below the root. */
  call(path: string, init?: RequestInit): Promise<Response>;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>;
}

interface DoorOptions {
  limits?: Partial<Limits>;
  clock?: Clock;
  slowReaderMs?: number;
  logs?: LogReader;
  log?: Log;
  names?: ReadonlySet<string>;
}

export function openDoor(options: DoorOptions = {}): OpenDoor {
  const control = new SmallControl();
  return openDoorTo(control, control.tokens, options);
}

/** In front of any other system; its book of tokens takes one more. */
export function openDoorTo<C extends Control>(
  control: C,
  book: { adopt(token: string): void },
  options: DoorOptions = {},
): OpenDoor<C> {
  const clock = options.clock ?? systemClock;
  const ids = systemIds(systemClock);
  const token = ids.secret();
  book.adopt(token);
  const logged: OpenDoor["logged"] = [];
  const app = createApp({
    control,
    clock,
    ids,
    limits: { ...defaultLimits, ...options.limits },
    ...(options.names && { names: options.names }),
    ...(options.log && { log: options.log }),
    ...(options.logs === undefined ? {} : { logs: options.logs }),
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
        headers: { "content-type": "application/json", ...headers },
        body: typeof body === "string" || body instanceof Uint8Array
          ? body as BodyInit
          : JSON.stringify(body),
      }),
  };
}
