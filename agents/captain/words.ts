/** What the captain says: its answers in words. Pure functions. */

export interface Trouble {
  from: string;
  problem: string;
  message: string;
  atMs: number;
}

/** What the ingestor answers, as far as it is told. */
export interface Ingest {
  read: number;
  known: number;
  failed: number;
  skipped: number;
  reading: number;
  waiting: number;
  waitingPages: number;
  problems: { path: string; code: string; message: string }[];
}

/** What the scribe answers, as far as it is told. */
export interface Memory {
  rememberedSources: number;
}

/** An answer, or why there is none. */
export type Heard<T> = { ok: true; value: T } | { ok: false; code: string; message: string };

/** Trouble older than this is past, for the first word of the status. */
const freshMs = 3_600_000;

export const help = [
  "I understand:",
  "  status    how the swarm is doing",
  "  problems  what went wrong lately, in files and in agents",
  "  help      this list",
].join("\n");

export function status(
  ingest: Heard<Ingest>,
  memory: Heard<Memory>,
  troubles: Trouble[],
  nowMs: number,
): string {
  const fresh = troubles.filter(({ atMs }) => nowMs - atMs < freshMs);
  const silent = [
    ...(ingest.ok ? [] : [`The ingestor does not answer (${ingest.code}).`]),
    ...(memory.ok ? [] : [`The scribe does not answer (${memory.code}).`]),
  ];
  const facts = [
    memory.ok ? `${files(memory.value.rememberedSources)} remembered` : null,
    ingest.ok && unread(ingest.value) > 0
      ? `${files(unread(ingest.value))} could not be read`
      : null,
    ingest.ok && ahead(ingest.value) > 0 ? underWay(ingest.value) : null,
  ].filter((fact) => fact !== null);
  const trouble = fresh.length === 0 ? [] : [
    `${plural(fresh.length, "report of trouble", "reports of trouble")} in the last hour, ` +
    `the latest from ${fresh.at(-1)!.from}: ${fresh.at(-1)!.problem}. Say "problems" for more.`,
  ];
  const isWell = silent.length === 0 && fresh.length === 0;
  const head = isWell ? "All is well" : "Not all is well";
  return [facts.length > 0 ? `${head}: ${facts.join(", ")}.` : `${head}.`, ...silent, ...trouble]
    .join(" ");
}

export function problems(ingest: Heard<Ingest>, troubles: Trouble[]): string {
  const lines = [
    ...troubles.map(({ atMs, from, problem, message }) =>
      `${new Date(atMs).toISOString()} ${from}: ${problem}${message ? `: ${message}` : ""}`
    ),
    ...(ingest.ok
      ? ingest.value.problems.map(({ path, code, message }) => `${path}: ${code}: ${message}`)
      : [`The ingestor does not answer (${ingest.code}).`]),
  ];
  return lines.length === 0 ? "There are no problems." : lines.join("\n");
}

export function unknown(text: string): string {
  return `I do not understand ${JSON.stringify(text.slice(0, 60))}.\n${help}`;
}

function unread({ failed, skipped }: Ingest): number {
  return failed + skipped;
}

function ahead({ reading, waiting, waitingPages }: Ingest): number {
  return reading + waiting + waitingPages;
}

function underWay({ reading, waiting, waitingPages }: Ingest): string {
  const more = waitingPages > 0 ? "more than " : "";
  return `${more}${(reading + waiting).toLocaleString("en")} still to be read`;
}

function files(count: number): string {
  return plural(count, "file", "files");
}

function plural(count: number, one: string, many: string): string {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}
