/** The options of the adapter `file.watch`, as a swarm file gives them. */
import { isAbsolute } from "node:path";
import { DreamError } from "../errors.ts";
import type { Json } from "../json.ts";

export interface WatchOptions {
  /** Absolute. */
  folder: string;
  /** Lower case, without the dot. */
  extensions: ReadonlySet<string>;
  /** Larger files are not read. */
  mostBytes: number;
  /** How long a file has to stay as it is before it is told of. */
  settleMs: number;
}

const defaultExtensions = ["md", "markdown", "txt", "text", "html", "htm", "json", "csv"];
const defaultMostBytes = 768 * 1024;
const defaultSettleMs = 250;
const names = ["folder", "include", "maxBytes", "settleMs"];

/** @throws {DreamError} `bad_swarm` */
export function readWatchOptions(options: Json): WatchOptions {
  const given = (options ?? {}) as Record<string, unknown>;
  const unknown = Object.keys(given).find((name) => !names.includes(name));
  if (unknown !== undefined) throw wrong(unknown, `one of ${names.join(", ")}`);
  const { folder, include = defaultExtensions } = given;
  if (typeof folder !== "string" || !isAbsolute(folder)) throw wrong("folder", "an absolute path");
  if (!isTexts(include)) throw wrong("include", "a list of extensions");
  return {
    folder: folder.length > 1 ? folder.replace(/[\\/]+$/, "") : folder,
    extensions: new Set(include.map((name) => name.replace(/^\./, "").toLowerCase())),
    mostBytes: readNumber(given.maxBytes, defaultMostBytes, "maxBytes"),
    settleMs: readNumber(given.settleMs, defaultSettleMs, "settleMs"),
  };
}

function readNumber(value: unknown, fallback: number, name: string): number {
  if (value === undefined) return fallback;
  if (typeof value === "number" && value >= 0) return value;
  throw wrong(name, "a number from 0");
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.length > 0 &&
    value.every((item) => typeof item === "string");
}

function wrong(name: string, wanted: string): DreamError {
  return new DreamError("bad_swarm", `Cannot watch files: ${name}: wanted ${wanted}`);
}
