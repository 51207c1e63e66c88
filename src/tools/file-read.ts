/** The tool `file.read`: the text of one regular file inside the granted folders. */
import { createHash } from "node:crypto";
import { isAbsolute, resolve } from "node:path";
import { DreamError } from "../errors.ts";
import type { Json } from "../json.ts";
import { isInside } from "./inside.ts";
import { errorKindOf, type FileFacts, openFile, statFile } from "./open-file.ts";
import type { ToolGrant } from "./tool-protocol.ts";

/** Content that is read unless less is asked for: as JSON it stays below 1 MiB as a rule. */
const mostBytes = 768 * 1024;
/** Of the result as JSON: a call's result may have 1 MiB with what is put around it. */
const mostResultBytes = 1024 * 1024 - 1024;
const longestPath = 4_096;

/**
 * Reads a file as text: UTF-8, or UTF-16 with a byte order mark.
 *
 * @returns `text` without byte order mark, `hash` (SHA-256 of the bytes, hex), `sizeBytes`,
 * `mtimeMs`
 * @throws {DreamError} `bad_request`, `denied`, `file_not_found`, `file_unreadable`,
 * `file_too_large`, `file_not_text`
 */
export async function readFile(input: Json, grant: ToolGrant, signal?: AbortSignal): Promise<Json> {
  const { path, limit } = readInput(input);
  try {
    const real = await realPath(path, grant);
    // Before opening, as opening alone can do something to a device.
    checkFacts(await statFile(real), path, limit);
    const { bytes, facts } = await readAll(real, path, limit, signal);
    // A folder on the way may have been replaced by a link since the path was checked.
    const isMoved = await realPath(path, grant) !== real || (await statFile(real)).id !== facts.id;
    if (isMoved) throw unreadable(path, "it was replaced while it was read");
    const hash = createHash("sha256").update(bytes).digest("hex");
    const text = decode(bytes, path);
    const result = { text, hash, sizeBytes: bytes.length, mtimeMs: facts.mtimeMs };
    checkResult(result, path);
    return result;
  } catch (error) {
    throw error instanceof DreamError ? error : explain(error, path);
  }
}

function readInput(input: Json): { path: string; limit: number } {
  const { path, maxBytes } = (input ?? {}) as { path?: unknown; maxBytes?: unknown };
  if (
    typeof path !== "string" || path.length > longestPath || !isAbsolute(path) ||
    path.includes("\0")
  ) {
    throw bad(`path: wanted an absolute path of at most ${longestPath} characters`);
  }
  const limit = maxBytes === undefined ? mostBytes : maxBytes;
  if (typeof limit !== "number" || !Number.isInteger(limit) || limit < 1) {
    throw bad("maxBytes: wanted a whole number from 1");
  }
  return { path: resolve(path), limit: Math.min(limit, mostBytes) };
}

/** The file behind all links: that one has to lie in a granted folder. */
async function realPath(path: string, grant: ToolGrant): Promise<string> {
  const folders = await Promise.all(
    grant.read.map(async (named) => ({
      named,
      real: await Deno.realPath(named).catch(() => named),
    })),
  );
  // By name first: whether something is there outside the grant is not to be found out either.
  if (!folders.some(({ named, real }) => isInside(path, named) || isInside(path, real))) {
    throw denied(path);
  }
  const real = await Deno.realPath(path);
  if (!folders.some((folder) => isInside(real, folder.real))) throw denied(path);
  return real;
}

function checkFacts({ isFile, sizeBytes }: FileFacts, path: string, limit: number): void {
  if (!isFile) throw unreadable(path, "it is no regular file");
  if (sizeBytes > limit) throw tooLarge(path, "it has", sizeBytes, limit);
}

async function readAll(
  real: string,
  path: string,
  limit: number,
  signal?: AbortSignal,
): Promise<{ bytes: Uint8Array; facts: FileFacts }> {
  await using file = await openFile(real);
  const facts = await file.facts();
  checkFacts(facts, path, limit);
  const bytes = new Uint8Array(limit + 1);
  let size = 0;
  for await (const piece of file.pieces(limit + 1, signal)) {
    bytes.set(piece, size);
    size += piece.length;
  }
  if (size > limit) throw tooLarge(path, "it has at least", size, limit);
  return { bytes: bytes.subarray(0, size), facts };
}

function decode(bytes: Uint8Array, path: string): string {
  const [first, second] = bytes;
  const encoding = first === 0xff && second === 0xfe
    ? "utf-16le"
    : first === 0xfe && second === 0xff
    ? "utf-16be"
    : "utf-8";
  try {
    const text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
    if (!text.includes("\0")) return text;
  } catch {
    // Told below, as for zeros.
  }
  throw new DreamError("file_not_text", `Cannot read ${path}: it is no text in UTF-8 or UTF-16`);
}

/** Quotes, line ends and control characters grow in JSON. */
function checkResult(result: Json, path: string): void {
  const { length } = new TextEncoder().encode(JSON.stringify(result));
  if (length > mostResultBytes) throw tooLarge(path, "as JSON it has", length, mostResultBytes);
}

function tooLarge(path: string, has: string, sizeBytes: number, limit: number): DreamError {
  const message = `Cannot read ${path}: ${has} ${sizeBytes} bytes, at most ${limit} are read`;
  return new DreamError("file_too_large", message, { details: { sizeBytes, limit } });
}

function denied(path: string): DreamError {
  return new DreamError("denied", `Cannot read ${path}: it is outside the granted folders`);
}

function unreadable(path: string, why: string): DreamError {
  return new DreamError("file_unreadable", `Cannot read ${path}: ${why}`);
}

function bad(what: string): DreamError {
  return new DreamError("bad_request", `Cannot call file.read: ${what}`);
}

function explain(error: unknown, path: string): DreamError {
  switch (errorKindOf(error)) {
    case "missing":
      return new DreamError("file_not_found", `Cannot read ${path}: it is not there`);
    case "denied":
      return denied(path);
    case "forbidden":
      return unreadable(path, "its permissions forbid it");
    case "loop":
      return unreadable(path, "it is a link that leads back to itself");
    default:
      return unreadable(path, error instanceof Error ? error.name : "error");
  }
}
