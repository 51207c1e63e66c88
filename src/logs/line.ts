/** How a line is written and read: JSON whose first three names stand in a fixed order. */
import { isWithin, rootAddress } from "../address.ts";
import type { LogEntry, LogFields, LogFilter, LogLevel } from "../log.ts";
import { logLevels } from "../log.ts";

const longestMessage = 4_096;
const longestField = 2_000;
const mostFields = 24;
/** Characters of a line; what would be longer keeps its message and the first facts. */
const longestLine = 16_384;

const hidden = "[secret]";
const bearer = /\b(bearer\s+)[\w~+/.=-]{8,}/gi;
const named =
  /\b((?:token|secret|password|passwd|api[_-]?key)\\?["']?\s*[=:]\s*\\?["']?)[^\s"',;\\]{12,}/gi;
/** A token of this service (supervisor/token-rules.ts). */
const own = /\bdreamos_[\w-]{43}(?![\w-])/g;
const mayBeNamed = /bearer|token|secret|passw|api[_-]?key|dreamos_/i;

/** Text without what looks like a credential, and without `secrets` word for word. */
function hideSecrets(text: string, secrets: readonly string[]): string {
  let safe = text;
  for (const secret of secrets) safe = safe.replaceAll(secret, hidden);
  if (!mayBeNamed.test(safe)) return safe;
  return safe.replaceAll(own, hidden).replaceAll(bearer, `$1${hidden}`)
    .replaceAll(named, `$1${hidden}`);
}

/** One line with its end. Never throws, whatever the fields are. */
export function writeLine(
  seq: number,
  atMs: number,
  level: LogLevel,
  message: string,
  { address, turn, traceId, code, ...rest }: LogFields,
  secrets: readonly string[],
): string {
  const time = new Date(atMs).toISOString();
  const known = { address, turn, traceId, code };
  const entry: Record<string, unknown> = {
    time,
    level,
    seq,
    message: cut(message, longestMessage),
  };
  for (
    const [name, value] of [...Object.entries(known), ...Object.entries(rest).slice(0, mostFields)]
  ) {
    if (value === undefined || value === null || Object.hasOwn(entry, name)) continue;
    entry[cut(name, 64)] = small(value);
  }
  let text = JSON.stringify(entry);
  if (text.length > longestLine) {
    text = JSON.stringify({
      ...{ time, level, seq },
      message: entry.message,
      address,
      isCut: true,
    });
  }
  return `${hideSecrets(text, secrets)}\n`;
}

function small(value: unknown): unknown {
  if (typeof value === "number" || typeof value === "boolean") return value;
  if (typeof value === "string") return cut(value, longestField);
  try {
    return cut(JSON.stringify(value) ?? String(value), longestField);
  } catch {
    return `(${typeof value})`;
  }
}

function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most)}…`;
}

/** What the fixed beginning of a line says, without reading it all; null for what is no line. */
function headOf(line: string): { time: string; level: LogLevel; seq: number } | null {
  const head = /^\{"time":"([^"]{24})","level":"(debug|info|warn|error)","seq":(\d{1,15}),/.exec(
    line,
  );
  return head && { time: head[1]!, level: head[2] as LogLevel, seq: Number(head[3]) };
}

/** Its place in the log; null for what is no line of ours. */
export function seqOf(line: string): number | null {
  return headOf(line)?.seq ?? null;
}

/** Epoch ms at which it was written; null for what is no line of ours. */
export function timeOf(line: string): number | null {
  const head = headOf(line);
  return head && Date.parse(head.time);
}

/** Makes the test of a filter. Lines are read as JSON only when their beginning fits. */
export function lineFilter(filter: LogFilter): (line: string) => LogEntry | null {
  const { sinceMs, untilMs, under = rootAddress, traceId } = filter;
  const since = sinceMs === undefined ? "" : isoOf(sinceMs);
  const until = untilMs === undefined ? null : isoOf(untilMs);
  const least = logLevels.indexOf(filter.level ?? "debug");
  return (line) => {
    const head = headOf(line);
    if (head === null || head.time < since || (until !== null && head.time > until)) return null;
    if (logLevels.indexOf(head.level) < least) return null;
    if (traceId !== undefined && !line.includes(traceId)) return null;
    const entry = parse(line);
    if (entry === null || (traceId !== undefined && entry.traceId !== traceId)) return null;
    if (under === rootAddress) return entry;
    const { address } = entry;
    return typeof address === "string" && isWithin(address, under) ? entry : null;
  };
}

/** Moments outside of what four digits of a year can say are the first or the last there is. */
function isoOf(ms: number): string {
  return new Date(Math.min(Math.max(ms, 0), 253_402_300_799_999)).toISOString();
}

function parse(line: string): LogEntry | null {
  try {
    return JSON.parse(line) as LogEntry;
  } catch {
    return null;
  }
}
