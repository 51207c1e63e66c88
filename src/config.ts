/**
 * Configuration: one schema, four sources. A flag wins over `DREAMOS_*` in the environment, that
 * over `HOME/config.json`, that over the default. Whatever is not known is refused, so that a
 * typing error never silently means "default".
 */
import { readFileSync } from "node:fs";
import { availableParallelism, totalmem } from "node:os";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { durationForm, parseDuration } from "./duration.ts";
import { DreamError } from "./errors.ts";
import { findHome, type Home } from "./home.ts";
import { defaultLimits, type Limits } from "./limits.ts";
import { type LogLevel, logLevels } from "./log.ts";
import { nearest } from "./nearest.ts";

export interface Config {
  home: Home;
  /** Loopback only for now. */
  host: string;
  /** 0 picks a free one. */
  port: number;
  /** Absolute path of the swarm file. */
  swarm: string;
  /** Absolute path of the folder that the ingestor watches. */
  inbox: string;
  /** Of everything that `dreamos logs --set-level` has set no other level for. */
  logLevel: LogLevel;
  /** Base of the OpenTelemetry collector that spans are sent to. */
  otlpEndpoint: string | null;
  /** `NAME=VALUE,…`, sent along, such as the collector's key: a secret. */
  otlpHeaders: string | null;
  /** Of requests that come without a trace, so many of a hundred begin one. */
  tracePercent: number;
  limits: Limits;
}

/** What the command line said, still as text; `limits` holds `--limit NAME=VALUE` pairs. */
export interface ConfigFlags {
  home?: string;
  host?: string;
  port?: string;
  swarm?: string;
  inbox?: string;
  logLevel?: string;
  limits?: Readonly<Record<string, string>>;
}

const loopback = ["127.0.0.1", "localhost", "::1"];
const port = wholeNumber("a whole number from 0 to 65535", 0, 65_535);
const path = z.string("wanted a path").min(1, "wanted a path");

/** Limits that may be 0: everything else has to be 1 or more. */
const mayBeZero = new Set<string>(["idleAfterMs", "minFreeBytes", "killGraceMs", "drainMs"]);

const limitNames = Object.keys(defaultLimits) as (keyof Limits)[];
const limits = z.strictObject(
  Object.fromEntries(limitNames.map((name) => [name, limitSchema(name).optional()])),
);

const settings = z.strictObject({
  host: z.enum(loopback, `only loopback is served for now: ${loopback.join(", ")}`).optional(),
  port: port.optional(),
  swarm: path.optional(),
  inbox: path.optional(),
  logLevel: z.enum(logLevels, `wanted ${logLevels.join(", ")}`).optional(),
  otlpEndpoint: z.url({ protocol: /^https?$/, error: "wanted an http or https URL" }).optional(),
  otlpHeaders: z.string().regex(/^[\w-]+=[^,]+(,[\w-]+=[^,]+)*$/, "wanted NAME=VALUE,NAME=VALUE")
    .optional(),
  tracePercent: wholeNumber("a whole number from 0 to 100", 0, 100).optional(),
  limits: limits.optional(),
});
type Settings = z.output<typeof settings>;
const settingNames = settings.omit({ limits: true }).keyof().options;

function wholeNumber(wanted: string, min: number, max: number) {
  const digits = z.string().regex(/^\d+$/).transform(Number);
  const number = z.union([z.number(), digits], `wanted ${wanted}`);
  return number.pipe(
    z.number().int(`wanted ${wanted}`).min(min, `wanted ${wanted}`)
      .max(max, `wanted ${wanted}`),
  );
}

function limitSchema(name: string) {
  const min = mayBeZero.has(name) ? 0 : 1;
  if (!name.endsWith("Ms")) {
    return wholeNumber(`a whole number from ${min}`, min, Number.MAX_SAFE_INTEGER);
  }
  const wanted = `${durationForm}, at least ${min} ms`;
  const text = z.string().transform((value) => parseDuration(value) ?? NaN);
  return z.union([z.number(), text], `wanted ${wanted}`)
    .pipe(z.number(`wanted ${wanted}`).int(`wanted ${wanted}`).min(min, `wanted ${wanted}`));
}

/** `turnDeadlineMs` → `DREAMOS_LIMITS_TURN_DEADLINE_MS`. */
function variableOf(limit: string): string {
  return variableOfSetting(`limits_${limit}`);
}

/** `logLevel` → `DREAMOS_LOG_LEVEL`. */
function variableOfSetting(name: string): string {
  return `DREAMOS_${name.replaceAll(/[A-Z]/g, (c) => `_${c}`).toUpperCase()}`;
}

export interface ConfigOptions {
  flags: ConfigFlags;
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  /** Text of a file, null when there is none; throws when it cannot be read. */
  readFile?: (path: string) => string | null;
  /** Of the machine; for tests. */
  memoryBytes?: number;
}

/** All keys of the file, those of limits as `limits.NAME`. */
export const configKeys: readonly string[] = [
  ...settingNames,
  ...limitNames.map((name) => `limits.${name}`),
];

/** What each source says, checked; the first that has a key wins: asked, variables, file. */
export function readSources(options: ConfigOptions): {
  home: Home;
  asked: Settings;
  variables: Settings;
  file: Settings;
} {
  const { flags, env, cwd } = options;
  const home = findHome({ flag: flags.home, env, cwd });
  const file = readSettingsFile(home.configFile, options.readFile ?? readIfThere);
  const variables = read(settingsOfEnv(env), "the environment", nameOfVariable);
  const { home: _home, ...rest } = flags;
  const asked = read(rest, "the command line", (key) => key.replace(/^limits\./, "--limit "));
  return { home, file, variables, asked };
}

/**
 * Reads the whole configuration.
 *
 * Paths of flags and variables are relative to `cwd`, those of the file to HOME. Durations are
 * milliseconds or text such as `10m`.
 *
 * @throws {DreamError} `bad_config`, naming the key, the value's wanted form and where it stood
 */
export function loadConfig(options: ConfigOptions): Config {
  const { cwd } = options;
  const { home, file, variables, asked } = readSources(options);
  const pick = (name: "swarm" | "inbox", fallback: string) => {
    const own = asked[name] ?? variables[name];
    if (own !== undefined) return resolve(cwd, own);
    return file[name] === undefined ? fallback : resolve(dirname(home.configFile), file[name]);
  };
  const set = <Name extends keyof Settings>(name: Name): Settings[Name] =>
    asked[name] ?? variables[name] ?? file[name];
  const otlpEndpoint = set("otlpEndpoint") ?? null;
  return {
    home,
    host: set("host") ?? "127.0.0.1",
    port: set("port") ?? 7420,
    swarm: pick("swarm", fileURLToPath(new URL("../agents/swarm.ts", import.meta.url))),
    inbox: pick("inbox", home.inboxFolder),
    logLevel: set("logLevel") ?? "info",
    otlpEndpoint,
    otlpHeaders: set("otlpHeaders") ?? null,
    // Who names a collector wants to see something there.
    tracePercent: set("tracePercent") ?? (otlpEndpoint === null ? 0 : 100),
    limits: joinLimits(
      {
        maxThreads: threadsFor(options.memoryBytes ?? totalmem()),
        turnsInHand: Math.max(defaultLimits.turnsInHand, 2 * availableParallelism()),
      },
      file.limits,
      variables.limits,
      asked.limits,
    ),
  };
}

/** What an agent in a thread takes beside its own data, and the part of the memory for all. */
const threadBytes = 12 * 1024 * 1024;
const threadsShare = 0.5;
const fewestThreads = 8;

/** As many threads as memory allows, up to the default (R7). */
function threadsFor(memoryBytes: number): number {
  const most = Math.floor(memoryBytes * threadsShare / threadBytes);
  return Math.min(defaultLimits.maxThreads, Math.max(fewestThreads, most));
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return null;
    throw error;
  }
}

function readSettingsFile(file: string, readFile: (path: string) => string | null): Settings {
  let text: string | null;
  try {
    text = readFile(file);
  } catch (error) {
    throw new DreamError("bad_config", `Cannot read ${file}: ${messageOf(error)}`);
  }
  if (text === null) return {};
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw new DreamError("bad_config", `Cannot read ${file}: not valid JSON: ${messageOf(error)}`);
  }
  return read(data, file, (key) => key);
}

/** Read by the commands that talk to a service, and by `findHome`. */
const clientVariables = new Set(["DREAMOS_HOME", "DREAMOS_URL", "DREAMOS_TOKEN", "DREAMOS_CA"]);

function settingsOfEnv(env: Readonly<Record<string, string | undefined>>): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  const foundLimits: Record<string, string> = {};
  const byVariable = new Map(limitNames.map((name) => [variableOf(name), name]));
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith("DREAMOS_") || clientVariables.has(name) || !value) continue;
    const limit = byVariable.get(name);
    const setting = settingNames.find((key) => variableOfSetting(key) === name);
    if (limit) foundLimits[limit] = value;
    else if (setting) found[setting] = value;
    else {
      const known = [
        ...settingNames.map(variableOfSetting),
        ...clientVariables,
        ...byVariable.keys(),
      ];
      throw unknownKey(name, "the environment", known);
    }
  }
  return Object.keys(foundLimits).length > 0 ? { ...found, limits: foundLimits } : found;
}

/** `limits.mailbox` → `DREAMOS_LIMITS_MAILBOX`. */
export function nameOfVariable(key: string): string {
  return key.startsWith("limits.")
    ? variableOf(key.slice("limits.".length))
    : variableOfSetting(key);
}

/** Checks one source; `nameKey` turns `limits.mailbox` into what a person wrote there. */
function read(data: unknown, source: string, nameKey: (key: string) => string): Settings {
  const result = settings.safeParse(data);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  if (issue.code === "unrecognized_keys") {
    const inLimits = issue.path[0] === "limits";
    const known: readonly string[] = inLimits ? limitNames : [...settingNames, "limits"];
    const prefix = inLimits ? "limits." : "";
    throw unknownKey(
      nameKey(prefix + issue.keys[0]!),
      source,
      known.map((key) => nameKey(prefix + key)),
    );
  }
  const key = issue.path.length > 0 ? nameKey(issue.path.join(".")) : "the whole";
  throw new DreamError("bad_config", `Cannot read ${source}: ${key}: ${issue.message}`, {
    details: { key, source },
  });
}

function unknownKey(key: string, source: string, known: readonly string[]): DreamError {
  const meant = nearest(key, known);
  return new DreamError(
    "bad_config",
    `Cannot read ${source}: unknown key ${key}${meant ? `; did you mean ${meant}?` : ""}`,
    { details: { key, source } },
  );
}

function joinLimits(...sources: (Partial<Record<string, number>> | undefined)[]): Limits {
  const joined: Limits = { ...defaultLimits };
  for (const source of sources) {
    for (const name of limitNames) joined[name] = source?.[name] ?? joined[name];
  }
  const inside = joined.payloadBytes + joined.stateBytes;
  if (joined.frameBytes >= inside && joined.bodyBytes >= joined.payloadBytes) return joined;
  throw new DreamError(
    "bad_config",
    "Cannot use these limits: frameBytes has to hold payloadBytes and stateBytes together " +
      `(${joined.frameBytes} of ${inside}), bodyBytes has to hold payloadBytes ` +
      `(${joined.bodyBytes} of ${joined.payloadBytes})`,
    { details: { key: "limits" } },
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
