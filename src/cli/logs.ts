import { parseAddress } from "../address.ts";
import type { Client, LogEntry, LogLevel, LogQuery } from "../api/client.ts";
import { DreamError } from "../errors.ts";
import { type LogFilter, logLevels } from "../log.ts";
import { countOption, momentOption, usage } from "./arguments.ts";
import { type Command, type Run, textOption } from "./command.ts";
import { lineOfEntry } from "./log-text.ts";
import { findService } from "./service.ts";

const defaultLines = 50;
/** Before what comes, so that one sees where one is. */
const linesBefore = 10;

export const logsCommand: Command = {
  usage: "[ADDRESS]",
  summary: "show the log: what the service says, and what agents log and print",
  about: [
    "Shows lines about the agent at ADDRESS and below, or all, oldest first; packed files are read",
    "too. Where no service runs, the files of HOME are read. With --json each line is JSON.",
    "Levels are for an address with all below it and are kept over restarts.",
  ],
  options: {
    follow: { type: "boolean", help: "go on with what comes, until Ctrl-C" },
    since: { type: "string", value: "10m", help: "10m ago, or an ISO 8601 time" },
    until: { type: "string", value: "5m", help: "5m ago, or an ISO 8601 time" },
    level: { type: "string", value: "LEVEL", choices: logLevels, help: "this level and above" },
    trace: { type: "string", value: "ID", help: "lines of one trace, by its 32 hex digits" },
    limit: {
      type: "string",
      value: "N",
      help: `at most the newest N (default ${defaultLines}; all with --since)`,
    },
    levels: { type: "boolean", help: "show how much is logged about whom" },
    "set-level": {
      type: "string",
      multiple: true,
      value: "ADDRESS=LEVEL",
      help: "log more or less about a subtree; LEVEL default takes it back; may be repeated",
    },
  },
  examples: [
    "dreamos logs --follow",
    "dreamos logs /workers --since 1h --level warn",
    "dreamos logs --set-level /workers=debug",
  ],
  takes: [0, 1],
  async run(run) {
    const wanted = levelsOf(run);
    if (wanted.length > 0 || run.options.levels === true) return await runLevels(run, wanted);
    const filter = filterOf(run);
    let last = 0;
    const print = (entry: LogEntry) => {
      // A service that ends in the middle has said the first lines already.
      if (entry.seq <= last) return;
      last = entry.seq;
      run.terminal.print(run.json ? JSON.stringify(entry) : lineOfEntry(entry, run.terminal));
    };
    try {
      await fromService(run, filter, print);
    } catch (error) {
      const isThere = isFolder(run.home.logFolder) && run.options.follow !== true;
      if (!(error instanceof DreamError && error.code === "not_running" && isThere)) throw error;
      if (!run.json) run.terminal.note("No service runs here: read from its files");
      await fromFiles(run, filter, print);
    }
    return 0;
  },
};

/** Prints it, unless it was printed before. */
type Print = (entry: LogEntry) => void;

async function fromService(run: Run, filter: LogFilter, print: Print): Promise<void> {
  const { client } = findService(run);
  const { sinceMs, untilMs, ...rest } = filter;
  const query: LogQuery = { ...rest };
  if (sinceMs !== undefined) query.since = sinceMs;
  if (untilMs !== undefined) query.until = untilMs;
  const follow = run.options.follow === true;
  if (hasNoBound(run)) {
    for await (const entry of await client.followLogs({ ...query, follow })) {
      print(entry);
      if (run.terminal.isClosed) break;
    }
    return;
  }
  // Opened before the page is read, so that nothing is missing between.
  const coming = follow ? await client.followLogs(query) : null;
  (await newest(client, query, limitOf(run))).forEach(print);
  for await (const entry of coming ?? []) {
    print(entry);
    if (run.terminal.isClosed) break;
  }
}

/** Oldest first; pages may come short. */
async function newest(client: Client, query: LogQuery, limit: number): Promise<LogEntry[]> {
  const found: LogEntry[] = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<Client["logs"]>> = await client.logs({
      ...query,
      limit: Math.min(1_000, limit - found.length),
      ...(cursor === null ? {} : { cursor }),
    });
    found.push(...page.items);
    cursor = page.nextCursor;
  } while (found.length < limit && cursor !== null);
  return found.reverse();
}

async function fromFiles(run: Run, filter: LogFilter, print: Print): Promise<void> {
  // What it loads of Node's takes longer than all the rest of a command.
  const { readForward, readPage } = await import("../logs/read.ts");
  const folder = run.home.logFolder;
  if (hasNoBound(run)) {
    for await (const entries of readForward(folder, 0, filter)) entries.forEach(print);
    return;
  }
  const found: LogEntry[] = [];
  const limit = limitOf(run);
  for (let before: number | null = Infinity; before !== null && found.length < limit;) {
    const page = await readPage(folder, filter, { limit: limit - found.length, before });
    found.push(...page.items);
    before = page.before;
  }
  found.reverse().forEach(print);
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}

/** With a moment to begin at, everything from there on is wanted. */
function hasNoBound(run: Run): boolean {
  return textOption(run, "since") !== undefined && textOption(run, "limit") === undefined;
}

function limitOf(run: Run): number {
  return countOption(run, "limit", run.options.follow === true ? linesBefore : defaultLines);
}

function filterOf(run: Run): LogFilter {
  const filter: LogFilter = {};
  const [under] = run.args;
  if (under !== undefined) filter.under = under === "/" ? under : parseAddress(under);
  const level = textOption(run, "level");
  if (level !== undefined) filter.level = level as LogLevel;
  const since = momentOption(run, "since");
  if (since !== undefined) filter.sinceMs = since;
  const until = momentOption(run, "until");
  if (until !== undefined) filter.untilMs = until;
  const trace = textOption(run, "trace");
  if (trace !== undefined && !/^[0-9a-f]{32}$/.test(trace)) {
    throw usage("--trace wants the 32 hex digits of a trace");
  }
  if (trace !== undefined) filter.traceId = trace;
  return filter;
}

function levelsOf(run: Run): { address: string; level: LogLevel | null }[] {
  const given = run.options["set-level"];
  return (Array.isArray(given) ? given : []).map((pair) => {
    const at = pair.lastIndexOf("=");
    const level = pair.slice(at + 1);
    const isLevel = level === "default" || (logLevels as readonly string[]).includes(level);
    if (at < 1 || !isLevel) {
      const seen = JSON.stringify(pair.slice(0, 80));
      const levels = [...logLevels, "default"].join(", ");
      throw usage(`--set-level wants ADDRESS=LEVEL with one of ${levels}, not ${seen}`);
    }
    const address = pair.slice(0, at);
    return {
      address: address === "/" ? address : parseAddress(address),
      level: level === "default" ? null : level as LogLevel,
    };
  });
}

async function runLevels(run: Run, wanted: ReturnType<typeof levelsOf>): Promise<number> {
  const { client } = findService(run);
  for (const { address, level } of wanted) await client.setLogLevel(address, level);
  const { levels } = await client.logLevels();
  if (run.json) run.terminal.print(JSON.stringify({ levels }));
  else for (const [at, level] of Object.entries(levels)) run.terminal.print(`${at}  ${level}`);
  return 0;
}
