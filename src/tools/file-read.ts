/** The tool `file.read`: the text of one regular file inside the granted folders. */
import { createHash } from "node:crypto";
import { DreamError } from "../errors.ts";
import type { Json } from "../json.ts";
import { isInside } from "./inside.ts";
import type { ToolGrant } from "./tool-protocol.ts";

/** Content that is read unless less is asked for: as JSON it stays below 1 MiB as a rule. */
const mostBytes = 768 * 1024;

/**
 * Reads a file as text: UTF-8, or UTF-16 with a byte order mark.
 *
 * @returns `text` without byte order mark, `hash` (SHA-256 of the bytes, hex), `sizeBytes`,
 * `mtimeMs`
 * @throws {DreamError} `bad_request`, `denied`, `file_not_found`, `file_unreadable`,
 * `file_too_large`, `file_not_text`
 */
export async function readFile(input: Json, grant: ToolGrant): Promise<Json> {
  const { path, limit } = readInput(input);
  const real = await realPath(path, grant);
  const info = await Deno.stat(real).catch((error) => {
    throw explain(error, path);
  });
  // Before opening: a FIFO or a device would block or never end.
  if (!info.isFile) throw new DreamError("file_unreadable", `Cannot read ${path}: it is no file`);
  if (info.size > limit) {
    throw new DreamError(
      "file_too_large",
      `Cannot read ${path}: it has ${info.size} bytes, at most ${limit} are read`,
      { details: { sizeBytes: info.size, limit } },
    );
  }
  const bytes = await Deno.readFile(real).catch((error) => {
    throw explain(error, path);
  });
  const hash = createHash("sha256").update(bytes).digest("hex");
  const mtimeMs = info.mtime?.getTime() ?? 0;
  return { text: decode(bytes, path), hash, sizeBytes: bytes.length, mtimeMs };
}

function readInput(input: Json): { path: string; limit: number } {
  const { path, maxBytes } = (input ?? {}) as { path?: unknown; maxBytes?: unknown };
  if (typeof path !== "string" || !path.startsWith("/") && !/^[A-Za-z]:[\\/]/.test(path)) {
    throw new DreamError("bad_request", "Cannot call file.read: path: wanted an absolute path");
  }
  const limit = maxBytes === undefined ? mostBytes : maxBytes;
  if (typeof limit !== "number" || !Number.isInteger(limit) || limit < 1) {
    throw new DreamError("bad_request", "Cannot call file.read: maxBytes: wanted a whole number");
  }
  return { path, limit: Math.min(limit, mostBytes) };
}

/** The file behind all links: that one has to lie in a granted folder. */
async function realPath(path: string, grant: ToolGrant): Promise<string> {
  if (!grant.read.some((folder) => isInside(path, folder))) throw denied(path);
  const real = await Deno.realPath(path).catch((error) => {
    throw explain(error, path);
  });
  for (const folder of grant.read) {
    const realFolder = await Deno.realPath(folder).catch(() => folder);
    if (isInside(real, realFolder)) return real;
  }
  throw denied(path);
}

function denied(path: string): DreamError {
  return new DreamError("denied", `Cannot read ${path}: it is outside the granted folders`);
}

function explain(error: unknown, path: string): DreamError {
  if (error instanceof Deno.errors.NotFound) {
    return new DreamError("file_not_found", `Cannot read ${path}: it is not there`);
  }
  if (error instanceof Deno.errors.NotCapable) return denied(path);
  const name = error instanceof Error ? error.name : "error";
  return new DreamError("file_unreadable", `Cannot read ${path}: ${name}`);
}

function decode(bytes: Uint8Array, path: string): string {
  const [first, second] = bytes;
  const encoding = first === 0xff && second === 0xfe
    ? "utf-16le"
    : first === 0xfe && second === 0xff
    ? "utf-16be"
    : "utf-8";
  const notText = new DreamError("file_not_text", `Cannot read ${path}: it is no text`);
  try {
    const text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
    if (text.includes("\0")) throw notText;
    return text;
  } catch {
    throw notText;
  }
}
