/** The client's side of `/logs`. */
import { readEvents } from "../event-stream.ts";
import type { LogEntry, LogLevel } from "../log.ts";
import type { Page } from "../storage/store.ts";
import type { TraceView } from "../traces/traces.ts";
import { queryOf } from "./call-client.ts";
import type { OpenStream } from "./event-client.ts";

/** Which lines; moments are `10m`, ISO 8601 or epoch milliseconds. */
export interface LogQuery {
  since?: string | number;
  until?: string | number;
  /** This level and those above. */
  level?: LogLevel;
  /** An address: lines about it and all below it. */
  under?: string;
  traceId?: string;
}

export interface LogStreamQuery extends LogQuery {
  /** The number of a line: those after it. */
  after?: number;
  /** False ends after what there is already; default true. */
  follow?: boolean;
  signal?: AbortSignal;
}

/** What a client can do about the log and traces. */
export interface LogClient {
  /** Lines of the log, newest first, packed files included. */
  logs(query?: LogQuery & { limit?: number; cursor?: string }): Promise<Page<LogEntry>>;
  /** Lines of the log, oldest first: those to come, or from `since` on. Misses none. */
  followLogs(query?: LogStreamQuery): Promise<AsyncIterable<LogEntry>>;
  /** The spans of a sampled trace, by its 32 hex digits. @throws {DreamError} `not_found` */
  trace(id: string): Promise<TraceView>;
  /** How much is logged, by address; `/` for all that has no other level. */
  logLevels(): Promise<{ levels: Record<string, LogLevel> }>;
  /** From now on and after restarts; null takes back what was set. */
  setLogLevel(
    address: string,
    level: LogLevel | null,
  ): Promise<{ levels: Record<string, LogLevel> }>;
}

type Call = <T>(method: string, path: string, options?: { body?: unknown }) => Promise<T>;

export function logClient(call: Call, open: OpenStream): LogClient {
  return {
    logs: (query = {}) => call("GET", `/api/v1/logs${queryOf({ ...query })}`),
    followLogs: async ({ signal, ...query } = {}) =>
      entriesOf(await open(`/api/v1/logs/stream${queryOf({ ...query })}`, signal)),
    trace: (id) => call("GET", `/api/v1/traces/${encodeURIComponent(id)}`),
    logLevels: () => call("GET", "/api/v1/logs/levels"),
    setLogLevel: (address, level) =>
      call("POST", "/api/v1/logs/levels", { body: { address, level } }),
  };
}

async function* entriesOf(body: ReadableStream): AsyncGenerator<LogEntry> {
  for await (const { event, data } of readEvents(body)) {
    if (event === "line") yield JSON.parse(data) as LogEntry;
  }
}
