/** Counts requests by route and code. Routes, never paths: what is asked for names agents. */
import type { Context, Next } from "hono";
import { routePath } from "hono/route";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Clock } from "../clock.ts";

export interface RequestMeter {
  /** Goes around every other handler. */
  measure(context: Context, next: Next): Promise<void>;
  /** There is such a stream: none is open, which is a number, too. */
  streamsOf(route: string): void;
  streamOpened(route: string): void;
  streamEnded(route: string): void;
  /** In Prometheus' text format. */
  text(): Promise<string>;
}

/** @returns a meter with numbers of its own, at zero */
export function requestMeter(clock: Clock): RequestMeter {
  const registry = new Registry();
  const requests = new Counter({
    name: "dreamos_api_requests_total",
    help: "Requests by route and status code",
    labelNames: ["route", "method", "code"] as const,
    registers: [registry],
  });
  const durations = new Histogram({
    name: "dreamos_api_request_duration_seconds",
    help: "From a request to the first byte of its answer",
    labelNames: ["route"] as const,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30],
    registers: [registry],
  });
  const streams = new Gauge({
    name: "dreamos_api_streams",
    help: "Streams of server-sent events that are open",
    labelNames: ["route"] as const,
    registers: [registry],
  });
  return {
    streamsOf: (route) => streams.set({ route }, 0),
    streamOpened: (route) => streams.inc({ route }),
    streamEnded: (route) => streams.dec({ route }),
    async measure(context, next) {
      const begunMs = clock.monotonicMs();
      await next();
      const route = routeOf(context);
      const { method } = context.req;
      const known = ["GET", "POST", "DELETE"].includes(method) ? method : "other";
      requests.inc({ route, method: known, code: context.res.status });
      durations.observe({ route }, (clock.monotonicMs() - begunMs) / 1_000);
    },
    text: () => registry.metrics(),
  };
}

/** The path of the route that a request was for, with `:name` for parameters, or `none`. */
export function routeOf(context: Context): string {
  const found = routePath(context, -1);
  return found.includes("*") ? "none" : found;
}
