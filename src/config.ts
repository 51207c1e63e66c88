/**
 * Configuration: one schema, four sources. A flag wins over `DREAMOS_*` in the environment, that
 * over `HOME/config.json`, that over the default. Whatever is not known is refused, so that a
 * typing error never silently means "default".
 */
import { readFileSync } from "node:fs";
import { totalmem } from "node:os";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { DreamError } from "./errors.ts";
import { findHome, type Home } from "./home.ts";
import { joinLimits, limitNames, limits, limitsOfMachine, wholeNumber } from "./limit-settings.ts";
import type { Limits } from "./limits.ts";
import { type LogLevel, logLevels } from "./log.ts";
import { checkListening, type Listening, listenSettings } from "./listening.ts";
import { nearest } from "./nearest.ts";

export interface Config extends Listening {
  home: Home;
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
  tlsCert?: string;
  tlsKey?: string;
  insecure?: boolean;
  allowHosts?: string[];
  port?: string;
  swarm?: string;
  inbox?: string;
  logLevel?: string;
  limits?: Readonly<Record<string, string>>;
}

/** Settings that are paths; in the file they are relative to HOME, so that it can be moved. */
export const pathSettings = ["swarm", "inbox", "tlsCert", "tlsKey"] as const;

const port = wholeNumber("a whole number from 0 to 65535", 0, 65_535);
const path = z.string("wanted a path").min(1, "wanted a path");

const settings = z.strictObject({
  ...listenSettings,
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

/** `turnDeadlineMs` → `DREAMOS_LIMITS_TURN_DEADLINE_MS`. */
function variableOf(limit: string): string {
  return variableOfSetting(`limits_${limit}`);
}

/** `tlsCert` → `--tls-cert`, `allowHosts` → `--allow-host`: it is repeated there. */
function nameOfFlag(key: string): string {
  if (key.startsWith("limits.")) return `--limit ${key.slice("limits.".length)}`;
  const [name] = key.split(".");
  return `--${name!.replace(/Hosts$/, "Host").replaceAll(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`;
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
  const asked = read(rest, "the command line", nameOfFlag);
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
  const pick = <T>(name: typeof pathSettings[number], fallback: T): string | T => {
    const own = asked[name] ?? variables[name];
    if (own !== undefined) return resolve(cwd, own);
    return file[name] === undefined ? fallback : resolve(dirname(home.configFile), file[name]);
  };
  const set = <Name extends keyof Settings>(name: Name): Settings[Name] =>
    asked[name] ?? variables[name] ?? file[name];
  const listening = {
    host: set("host") ?? "127.0.0.1",
    tlsCert: pick("tlsCert", null),
    tlsKey: pick("tlsKey", null),
    insecure: set("insecure") ?? false,
    allowHosts: set("allowHosts") ?? [],
  };
  checkListening(listening);
  const otlpEndpoint = set("otlpEndpoint") ?? null;
  return {
    home,
    ...listening,
    port: set("port") ?? 7420,
    swarm: pick("swarm", fileURLToPath(new URL("../agents/swarm.ts", import.meta.url))),
    inbox: pick("inbox", home.inboxFolder),
    logLevel: set("logLevel") ?? "info",
    otlpEndpoint,
    otlpHeaders: set("otlpHeaders") ?? null,
    // Who names a collector wants to see something there.
    tracePercent: set("tracePercent") ?? (otlpEndpoint === null ? 0 : 100),
    limits: joinLimits(
      limitsOfMachine(options.memoryBytes ?? totalmem()),
      file.limits,
      variables.limits,
      asked.limits,
    ),
  };
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

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
