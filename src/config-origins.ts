/** The configuration as people look at it and change it: key by key, with where each came from. */
import {
  configKeys,
  type ConfigOptions,
  loadConfig,
  nameOfVariable,
  pathSettings,
  readSources,
} from "./config.ts";
import { DreamError } from "./errors.ts";
import type { Json } from "./json.ts";
import { nearest } from "./nearest.ts";

export interface ConfigItem {
  key: string;
  value: Json;
  /** `default`, the file's path, or the name of the variable. */
  origin: string;
  /** It is another one than without any configuration. */
  isOwn: boolean;
}

const pathKeys = new Set<string>(pathSettings);

/** Shown as being there, no more. */
const secretKeys = new Set(["otlpHeaders"]);

/** @throws {DreamError} `bad_config` as `loadConfig` does */
export function configItems(options: ConfigOptions): ConfigItem[] {
  const config = loadConfig(options);
  const { variables, file, home } = readSources(options);
  return configKeys.map((key) => {
    const plain = valueAt(config, key) ?? null;
    const value = secretKeys.has(key) && plain !== null ? "(set)" : plain;
    if (valueAt(variables, key) !== undefined) {
      return { key, value, origin: nameOfVariable(key), isOwn: true };
    }
    const isOwn = valueAt(file, key) !== undefined;
    return { key, value, origin: isOwn ? home.configFile : "default", isOwn };
  });
}

/** A key as it is written, or without `limits.`. @throws {DreamError} `not_found` */
export function knownKey(key: string): string {
  const found = configKeys.find((one) => one === key || one === `limits.${key}`);
  if (found) return found;
  const short = configKeys.map((one) => one.replace(/^limits\./, ""));
  const meant = nearest(key, [...configKeys, ...short]);
  throw new DreamError(
    "not_found",
    `There is no key ${JSON.stringify(key.slice(0, 60))}${meant ? `; did you mean ${meant}?` : ""}`,
    { details: { hint: "See dreamos config" } },
  );
}

/**
 * The file's text with one key set. The whole is checked, as at a start, so that a bad value never
 * gets into the file.
 *
 * @param before text of the file, null when there is none
 * @param resolve makes a path absolute
 * @throws {DreamError} `bad_config`
 */
export function withKey(
  before: string | null,
  key: string,
  text: string,
  resolve: (path: string) => string,
): string {
  const settings = parseFile(before);
  const [name, limit] = key.split(".") as [string, string?];
  const value = pathKeys.has(key) ? resolve(text) : valueOf(text);
  settings[name] = limit === undefined ? value : { ...settings[name] as object, [limit]: value };
  const after = toText(settings);
  try {
    loadConfig({ flags: {}, env: {}, cwd: "/", readFile: () => after });
  } catch (error) {
    if (!(error instanceof DreamError)) throw error;
    const why = error.message.replace(/^Cannot read \S+: /, "");
    throw new DreamError("bad_config", `Cannot set ${key}: ${why}`, { details: { key } });
  }
  return after;
}

/**
 * The file's text without one key, which may be one that no start would take.
 *
 * @throws {DreamError} `not_found` when the key is neither known nor in the file
 */
export function withoutKey(before: string | null, key: string): string {
  const settings = parseFile(before);
  const isThere = valueAt(settings, key) !== undefined;
  const [name, limit] = (isThere ? key : knownKey(key)).split(".") as [string, string?];
  if (limit === undefined) delete settings[name];
  else {
    const { [limit]: _gone, ...rest } = settings[name] as Record<string, unknown>;
    if (Object.keys(rest).length > 0) settings[name] = rest;
    else delete settings[name];
  }
  return toText(settings);
}

function toText(settings: object): string {
  return `${JSON.stringify(settings, null, 2)}\n`;
}

function parseFile(text: string | null): Record<string, unknown> {
  if (text === null) return {};
  let data: unknown = null;
  try {
    data = JSON.parse(text);
  } catch {
    // Told below: nothing of the text may be shown.
  }
  if (typeof data === "object" && data !== null && !Array.isArray(data)) {
    return data as Record<string, unknown>;
  }
  throw new DreamError("bad_config", "Cannot change the configuration: the file is no JSON object");
}

/** Numbers and switches as such; durations stay as people write them. */
function valueOf(text: string): string | number | boolean {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  return text === "true" ? true : text === "false" ? false : text;
}

function valueAt(data: object, key: string): Json | undefined {
  let at: unknown = data;
  for (const name of key.split(".")) at = (at as Record<string, unknown> | undefined)?.[name];
  return at as Json | undefined;
}
