/** `/logs`: the central log, page by page or as it comes, and how much is logged about whom. */
import * as systemAbout from "./abouts/system.ts";
import type { Clock } from "../clock.ts";
import type { Limits } from "../limits.ts";
import type { LogFilter } from "../log.ts";
import type { LogFollow, LogReader } from "../logs/book.ts";
import type { TokenCaller } from "../supervisor/control.ts";
import { answer, answerStream } from "./answer.ts";
import { readJsonBody } from "./body.ts";
import { readLevel, readLogsQuery, readStreamQuery } from "./log-requests.ts";
import { openPage } from "./paging.ts";
import type { Route } from "./route.ts";
import { subtreeOf } from "./scope.ts";
import { beatMs } from "./streams.ts";

/** Bytes that are made ready for a reader before it takes them. */
const mostReady = 64 * 1024;

export interface LogRouteOptions {
  clock: Clock;
  limits: Limits;
  logs: LogReader;
}

/** A log without lines, for an API that has none behind it. */
export const noLogs: LogReader = {
  newest: 0,
  page: () => Promise.resolve({ items: [], before: null }),
  follow: () => ({ next: () => Promise.resolve(null), close: () => {} }),
  levels: () => ({}),
  setLevel: () => {},
};

export function logRoutes({ logs, clock, limits }: LogRouteOptions): Route[] {
  return [
    {
      method: "GET",
      path: "/logs",
      about: systemAbout.logs,
      role: "viewer",
      forAgents: "handled",
      async handle(c, caller) {
        const { query, seal } = openPage(c);
        const { filter, ...range } = readLogsQuery(query, clock.wallMs());
        const { items, before } = await logs.page(within(filter, caller), range);
        return answer(seal({ items, nextCursor: before === null ? null : String(before) }));
      },
    },
    {
      method: "GET",
      path: "/logs/stream",
      about: systemAbout.logStream,
      role: "viewer",
      forAgents: "handled",
      handle(c, caller) {
        const now = { nowMs: clock.wallMs(), newest: logs.newest };
        const last = c.req.header("last-event-id");
        const { filter, ...range } = readStreamQuery(c.req.query(), last, now);
        return answerStream(streamOf(logs.follow(within(filter, caller), range)));
      },
    },
    {
      method: "GET",
      path: "/logs/levels",
      about: systemAbout.levels,
      role: "viewer",
      forAgents: "refused",
      handle: () => answer({ levels: logs.levels() }),
    },
    {
      method: "POST",
      path: "/logs/levels",
      about: systemAbout.setLevel,
      role: "operator",
      forAgents: "refused",
      async handle(c) {
        const { value } = await readJsonBody(c.req.raw, limits.bodyBytes, clock);
        const { address, level } = readLevel(value);
        logs.setLevel(address, level);
        return answer({ levels: logs.levels() });
      },
    },
  ];
}

/** All that the caller may see of what was asked for. */
function within(filter: LogFilter, caller: TokenCaller): LogFilter {
  return { ...filter, under: subtreeOf(caller, filter.under) };
}

/** Taken piece by piece, as fast as it is read: nothing piles up for a slow reader. */
function streamOf(lines: LogFollow): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>({
    // The answer begins now, not with the first line.
    start: (controller) => controller.enqueue(encoder.encode(":\n\n")),
    async pull(controller) {
      const entries = await lines.next(beatMs).catch((error) => {
        lines.close();
        throw error;
      });
      if (entries === null) {
        lines.close();
        return controller.close();
      }
      const text = entries.map((entry) =>
        `id: ${entry.seq}\nevent: line\ndata: ${JSON.stringify(entry)}\n\n`
      ).join("");
      controller.enqueue(encoder.encode(text || ":\n\n"));
    },
    cancel: () => lines.close(),
  }, new ByteLengthQueuingStrategy({ highWaterMark: mostReady }));
}
