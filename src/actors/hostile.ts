/** Small readers for data from a thread, where every byte may have been chosen by an enemy (R5). */
import { parseAddress } from "../address.ts";
import { DreamError } from "../errors.ts";
import { isDeeperThan } from "../json.ts";
import { type Lane, lanes } from "./envelope.ts";

const encoder = new TextEncoder();

export type Fields = Record<string, unknown>;

export function badFrame(why: string): DreamError {
  return new DreamError("bad_frame", `Cannot take what a thread sent: ${why}`, {
    details: { why },
  });
}

/** Quotes what was seen, at most 40 characters of it. */
export function quote(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

/** An object that is no list. */
export function fields(value: unknown, what: string): Fields {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
  throw badFrame(`${what} is no object`);
}

/** A list of at most `most` items. */
export function list(value: unknown, what: string, most: number): unknown[] {
  if (Array.isArray(value) && value.length <= most) return value;
  throw badFrame(`${what} is no list of at most ${most}`);
}

/** Text of at most `most` units of UTF-16. */
export function text(value: unknown, what: string, most: number): string {
  if (typeof value === "string" && value.length <= most) return value;
  throw badFrame(`${what} is no text of at most ${most} characters`);
}

/** The same, or null. */
export function textOrNull(value: unknown, what: string, most: number): string | null {
  return value === null ? null : text(value, what, most);
}

/** A whole number from `least`. */
export function whole(value: unknown, what: string, least = 0): number {
  if (Number.isSafeInteger(value) && (value as number) >= least) return value as number;
  throw badFrame(`${what} is ${quote(value)}, not a whole number from ${least}`);
}

/** The same, or null. */
export function wholeOrNull(value: unknown, what: string, least = 0): number | null {
  return value === null ? null : whole(value, what, least);
}

/** One of a few words. */
export function oneOf<T extends string>(value: unknown, what: string, of: readonly T[]): T {
  if (of.includes(value as T)) return value as T;
  throw badFrame(`${what} is ${quote(value)}, not one of ${of.join(", ")}`);
}

/** A lane's name. */
export function lane(value: unknown): Lane {
  return oneOf(value, "lane", lanes);
}

/** An address in its one spelling. */
export function address(value: unknown, what: string): string {
  let parsed: string;
  try {
    parsed = parseAddress(value);
  } catch {
    throw badFrame(`${what} is ${quote(value)}, no address`);
  }
  if (parsed === value) return parsed;
  throw badFrame(`${what} is ${quote(value)}, not spelt as an address is stored`);
}

/** Text of at most `most` bytes of UTF-8. */
export function sized(value: unknown, what: string, most: number): string {
  const checked = text(value, what, most);
  // No unit of UTF-16 has more than three bytes: most texts need no counting.
  if (checked.length * 3 <= most || encoder.encode(checked).length <= most) return checked;
  throw badFrame(`${what} is larger than ${most} bytes`);
}

/** Text of JSON that will be stored and sent on. */
export function json(value: unknown, what: string, most: number): string {
  const checked = sized(value, what, most);
  parsed(checked, what);
  return checked;
}

/** What JSON text says; text that would overflow a recursive reader is refused unread. */
export function parsed(text: string, what: string): unknown {
  if (isDeeperThan(text)) throw badFrame(`${what} is nested too deep`);
  try {
    return JSON.parse(text);
  } catch {
    throw badFrame(`${what} is no JSON`);
  }
}
