/** Payloads, replies and inputs: what leaves the agent is plain JSON that a schema can describe. */
import { DreamError } from "../errors.ts";
import { deepestJson } from "../json.ts";

/** Nesting of one payload; frames and rows put a few levels around it. */
const deepest = deepestJson - 8;

/**
 * Writes `value` as JSON text. Keys that are `undefined` are left out, as JSON does; all else that
 * JSON would change in silence (Date, Map, NaN, class instances) is refused.
 *
 * @param what where it stands, for the message: `payload of tell "file.read"`
 * @throws {DreamError} `not_durable` with the path, `payload_too_large`
 */
export function plainJson(value: unknown, what: string, maxBytes: number): string {
  check(value, what, 0);
  const text = JSON.stringify(value) ?? "null";
  // UTF-8 has at most three bytes for each unit of UTF-16: most texts need no counting.
  if (text.length * 3 > maxBytes) {
    const bytes = new TextEncoder().encode(text).length;
    if (bytes > maxBytes) {
      throw new DreamError(
        "payload_too_large",
        `The ${what} has ${bytes} bytes; at most ${maxBytes} can be sent. ` +
          "Send it in parts, or the path of a file",
        { details: { bytes, max: maxBytes } },
      );
    }
  }
  return text;
}

function check(value: unknown, at: string, depth: number): void {
  switch (typeof value) {
    case "string":
    case "boolean":
    case "undefined":
      return;
    case "number":
      if (!Number.isFinite(value)) throw refuse(at, String(value));
      return;
    case "object":
      if (value !== null) checkObject(value, at, depth + 1);
      return;
    default:
      throw refuse(at, `a ${typeof value}`);
  }
}

function checkObject(value: object, at: string, depth: number): void {
  if (depth > deepest) throw refuse(at, `nested more than ${deepest} deep, or a cycle`);
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      if (value[i] === undefined) throw refuse(`${at}[${i}]`, "undefined");
      checkPart(value[i], at, i, depth);
    }
    return;
  }
  const proto = Object.getPrototypeOf(value);
  if (proto !== Object.prototype && proto !== null) {
    throw refuse(at, `an instance of ${value.constructor?.name || "a class"}`);
  }
  for (const key of Object.keys(value)) {
    checkPart((value as Record<string, unknown>)[key], at, key, depth);
  }
}

/** The path is only put together where it is needed. */
function checkPart(value: unknown, at: string, key: string | number, depth: number): void {
  if (typeof value === "string" || typeof value === "boolean") return;
  if (typeof value === "number" && Number.isFinite(value)) return;
  check(value, typeof key === "number" ? `${at}[${key}]` : `${at}.${key}`, depth);
}

function refuse(at: string, what: string): DreamError {
  return new DreamError(
    "not_durable",
    `${at} is ${what}; only plain JSON can be sent: ` +
      "write a Date or a BigInt as text, NaN as null, an actor as an address",
    { details: { path: at } },
  );
}
