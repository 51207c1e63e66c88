/**
 * Reads request bodies that may be anything: too large, endless, slow, not UTF-8, not JSON, deep.
 * Everything is refused as early as it can be seen, and never more than the limit is kept.
 */
import type { Clock } from "../clock.ts";
import { DreamError } from "../errors.ts";
import { deepestJson, isDeeperThan, type Json, keysOf, keysWritten } from "../json.ts";

export interface Body {
  bytes: Uint8Array;
  value: Json;
}

/** A body that has not arrived whole after this long holds a connection for nothing. */
const bodyDeadlineMs = 30_000;

const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * Reads the whole body as JSON.
 *
 * @param limit bytes; `Content-Length` is believed when it is above, the bytes are counted anyway
 * @throws {DreamError} `unsupported_media_type`, `payload_too_large`, `request_timeout`,
 * `invalid_json`, or `invalid_payload` when a key is `__proto__`
 */
export async function readJsonBody(request: Request, limit: number, clock: Clock): Promise<Body> {
  checkMedia(request.headers);
  const bytes = await readBytes(request, limit, clock);
  return { bytes, value: parseJson(bytes) };
}

/** Reads a body that may be left out: nothing at all is `{}`. */
export async function readOptionalBody(
  request: Request,
  limit: number,
  clock: Clock,
): Promise<Body> {
  const bytes = await readBytes(request, limit, clock);
  // Many clients name a type with each POST, also where nothing follows.
  if (bytes.length === 0) return { bytes, value: {} };
  checkMedia(request.headers);
  return { bytes, value: parseJson(bytes) };
}

/** `application/json`, or what says by `+json` that it is JSON, too (RFC 6839 §3.1). */
const jsonMedia = /^application\/(?:[\w!#$&^.-]+\+)?json$/;
/** Bytes of these are UTF-8. */
const charsets = ["utf-8", "utf8", "us-ascii"];

/**
 * What a body is said to be must be what it is read as. A form or plain text is all that a foreign
 * page can send without asking first; such a body never becomes a message, whatever it holds.
 * Nothing said is taken as JSON, as there is nothing else here.
 *
 * @throws {DreamError} `unsupported_media_type`
 */
function checkMedia(headers: Headers): void {
  const coding = headers.get("content-encoding") ?? "identity";
  if (coding.toLowerCase() !== "identity") {
    throw wrongMedia("Content-Encoding", coding, "a body without one");
  }
  const given = headers.get("content-type");
  if (given === null) return;
  const [media = "", ...parameters] = given.split(";").map((part) => part.trim().toLowerCase());
  const isReadable = parameters.every((parameter) => {
    const charset = /^charset\s*=\s*"?([^"]*)"?$/.exec(parameter)?.[1];
    return charset === undefined || charsets.includes(charset);
  });
  if (jsonMedia.test(media) && isReadable) return;
  throw wrongMedia("Content-Type", given, "application/json, in UTF-8");
}

function wrongMedia(header: string, seen: string, wanted: string): DreamError {
  return new DreamError(
    "unsupported_media_type",
    `Cannot read the body: the ${header} is ${JSON.stringify(seen.slice(0, 80))}, wanted ${wanted}`,
    { details: { field: header } },
  );
}

async function readBytes(request: Request, limit: number, clock: Clock): Promise<Uint8Array> {
  const declared = request.headers.get("content-length");
  if (declared !== null && Number(declared) > limit) throw tooLarge(declared, limit);
  const reader = request.body?.getReader();
  if (!reader) return new Uint8Array();
  let late = false;
  const stopWaiting = clock.after(bodyDeadlineMs, () => {
    late = true;
    reader.cancel().catch(() => {});
  });
  try {
    const bytes = await collect(reader, limit);
    if (late) throw new DreamError("request_timeout", lateMessage);
    return bytes;
  } catch (error) {
    // Not awaited: the other side may never end, and the answer must not wait for it.
    reader.cancel().catch(() => {});
    if (error instanceof DreamError) throw error;
    throw new DreamError("bad_request", "Cannot read the body: the connection broke", {
      cause: error,
    });
  } finally {
    stopWaiting();
  }
}

const lateMessage = `Cannot read the body: it did not arrive whole within ${bodyDeadlineMs} ms`;

async function collect(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  limit: number,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    size += part.value.length;
    if (size > limit) throw tooLarge(`more than ${limit}`, limit);
    chunks.push(part.value);
  }
  if (chunks.length === 1) return chunks[0]!;
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

function tooLarge(seen: string, limit: number): DreamError {
  return new DreamError(
    "payload_too_large",
    `Cannot read the body: ${seen} bytes, wanted at most ${limit}`,
    { details: { limitBytes: limit } },
  );
}

function parseJson(bytes: Uint8Array): Json {
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    throw new DreamError("invalid_json", "Cannot read the body: it is not valid UTF-8");
  }
  if (isDeeperThan(text)) {
    throw new DreamError(
      "invalid_json",
      `Cannot read the body: it nests deeper than ${deepestJson} levels`,
    );
  }
  let value: Json;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own message quotes the text, which may be a secret.
    throw new DreamError("invalid_json", "Cannot read the body: it is not valid JSON");
  }
  // `JSON.parse` keeps the last of two: what was meant is not known, and others read the first.
  if (keysWritten(text) !== keysOf(value)) {
    throw new DreamError("invalid_json", "Cannot read the body: a key stands twice in one object");
  }
  // The key can be spelt with escapes; only a text that could hold it is looked at twice.
  if (text.includes("__proto__") || text.includes("\\u00")) refuseProto(value, "body");
  return value;
}

/**
 * `JSON.parse` makes an own, harmless key `__proto__`, but code further on that copies by
 * assignment would set a prototype from it. No honest sender needs it, so it stops at the door;
 * `constructor` and `prototype` are words like any other and stay data.
 */
function refuseProto(value: Json, path: string): void {
  if (typeof value !== "object" || value === null) return;
  if (Object.hasOwn(value, "__proto__")) {
    throw new DreamError("invalid_payload", `Cannot take ${path}: the key __proto__ is refused`);
  }
  for (const [key, inner] of Object.entries(value)) {
    refuseProto(inner, Array.isArray(value) ? `${path}[${key}]` : `${path}.${key.slice(0, 40)}`);
  }
}
