/** Counts requests by route and code. Routes, never paths: what is asked for names agents. */
import type { Context, Next } from "hono";
import { routePath } from "hono/route";
import { Counter, Histogram, Registry } from "prom-client";
import type { Clock } from "../clock.ts";

export interface RequestMeter {
  /** Goes around every other handler. */
  measure(context: Context, next: Next): Promise<void>;
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
  return {
    async measure(context, next) {
      const begunMs = clock.monotonicMs();
      await next();
      const found = routePath(context, -1);
      const route = found.includes("*") ? "none" : found;
      const { method } = context.req;
      const known = ["GET", "POST", "DELETE"].includes(method) ? method : "other";
      requests.inc({ route, method: known, code: context.res.status });
      durations.observe({ route }, (clock.monotonicMs() - begunMs) / 1_000);
    },
    text: () => registry.metrics(),
  };
}
