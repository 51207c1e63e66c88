/**
 * One line of the log for each request, at level `debug`: who asked for what, how it ended and how
 * long that took. The route, never the path or the query: what is asked for is the caller's affair.
 */
import type { Context, Next } from "hono";
import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import { rootAddress } from "../address.ts";
import { traceIdOf } from "../traces/traceparent.ts";
import { routeOf } from "./request-meter.ts";
import { traceOf } from "./request-trace.ts";

export interface AccessLog {
  /** Goes around every other handler. */
  write(context: Context, next: Next): Promise<void>;
  /** The token that a request came with is good. */
  calledBy(request: Request, token: string): void;
}

export function accessLog(clock: Clock, log: Log): AccessLog {
  const callers = new WeakMap<Request, string>();
  const isWanted = () => log.wants?.("debug", rootAddress) ?? false;
  return {
    calledBy: (request, token) => {
      if (isWanted()) callers.set(request, token);
    },
    async write(context, next) {
      if (!isWanted()) return await next();
      const begunMs = clock.monotonicMs();
      await next();
      const { raw } = context.req;
      const { trace } = traceOf(raw);
      log("debug", "request", {
        method: raw.method.slice(0, 20),
        route: routeOf(context),
        status: context.res.status,
        ms: Math.round((clock.monotonicMs() - begunMs) * 10) / 10,
        token: callers.get(raw),
        ...(trace === undefined ? {} : { traceId: traceIdOf(trace) }),
      });
    },
  };
}
