/** What requests about the log may hold. */
import { z } from "zod";
import { parseAddress, rootAddress } from "../address.ts";
import { DreamError } from "../errors.ts";
import type { Json } from "../json.ts";
import { type LogFilter, type LogLevel, logLevels } from "../log.ts";
import { readNumber } from "../storage/page-cursor.ts";
import { count, cursor, flag, read, readSince } from "./requests.ts";

const filter = {
  under: z.string().optional(),
  level: z.enum(logLevels).optional(),
  since: z.string().optional(),
  until: z.string().optional(),
  traceId: z.string().regex(/^[0-9a-f]{32}$/, "wanted 32 hex digits").optional(),
};
const logsQuery = z.strictObject({ ...filter, limit: count(100, 1_000), cursor });
const streamQuery = z.strictObject({ ...filter, after: z.string().optional(), follow: flag });
const level = z.strictObject({ address: z.string(), level: z.enum(logLevels).nullable() });

/** For the document that tells programs of the API. */
export const logSchemas = { logsQuery, streamQuery, level } as const;

type Query = Record<string, string>;

function filterOf(
  { under, level, since, until, traceId }: z.output<z.ZodObject<typeof filter>>,
  nowMs: number,
): LogFilter {
  const found: LogFilter = {};
  if (under !== undefined) found.under = under === rootAddress ? under : parseAddress(under);
  if (level !== undefined) found.level = level;
  if (since !== undefined) found.sinceMs = readSince(since, nowMs);
  if (until !== undefined) found.untilMs = readSince(until, nowMs, "until");
  if (traceId !== undefined) found.traceId = traceId;
  return found;
}

/** The query of `GET /logs`; `before` is where its cursor stands. */
export function readLogsQuery(
  query: Query,
  nowMs: number,
): { filter: LogFilter; limit: number; before?: number } {
  const { limit, cursor, ...rest } = read(logsQuery, query, "the query");
  const wanted = { filter: filterOf(rest, nowMs), limit };
  if (cursor === undefined) return wanted;
  return { ...wanted, before: readNumber(cursor) };
}

/** The query of `GET /logs/stream`; `after` is undefined for all since, or for what comes. */
export function readStreamQuery(
  query: Query,
  lastEventId: string | undefined,
  { nowMs, newest }: { nowMs: number; newest: number },
): { filter: LogFilter; after?: number; follow: boolean } {
  const { follow = true, after, ...rest } = read(streamQuery, query, "the query");
  const wanted = { filter: filterOf(rest, nowMs), follow };
  const last = lastEventId ?? after;
  if (last === undefined) {
    return rest.since === undefined && follow ? wanted : { ...wanted, after: 0 };
  }
  if (/^\d{1,15}$/.test(last) && Number(last) <= newest) return { ...wanted, after: Number(last) };
  throw new DreamError(
    "bad_request",
    `Cannot go on after the line ${JSON.stringify(last.slice(0, 40))}: wanted the id of a line, ` +
      `at most ${newest}`,
    { details: { field: "Last-Event-ID", newest } },
  );
}

/** The body of `POST /logs/levels`. */
export function readLevel(value: Json): { address: string; level: LogLevel | null } {
  const { address, level: wanted } = read(level, value, "the level");
  const at = address === rootAddress ? address : parseAddress(address);
  return { address: at, level: wanted };
}
