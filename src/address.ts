/**
 * Addresses: paths such as `/research/writer-1`. The parent path is the supervisor. Letters and
 * digits of any script are allowed; text is NFC, so that one name has one spelling.
 */
import { DreamError } from "./errors.ts";

export type Address = string;

const segment = /^[\p{L}\p{N}][\p{L}\p{M}\p{N}._-]*$/u;
const longestSegment = 128;
const longestAddress = 512;

/** The root supervisor's own address. */
export const rootAddress: Address = "/";

/** Whether `name` may stand between two slashes. */
export function isSegment(name: string): boolean {
  return name.length <= longestSegment && segment.test(name);
}

/**
 * Reads an address as people write it: `captain` means `/captain`, a final slash is dropped.
 *
 * @throws {DreamError} `invalid_address`, quoting at most 80 characters of what was seen
 */
export function parseAddress(text: unknown): Address {
  if (typeof text !== "string" || text.length === 0 || text.length > longestAddress) {
    throw invalid(text);
  }
  const path = text.normalize("NFC").replace(/\/$/, "");
  const address = path.startsWith("/") ? path : `/${path}`;
  if (!address.slice(1).split("/").every(isSegment)) throw invalid(text);
  return address;
}

function invalid(text: unknown): DreamError {
  const seen = typeof text === "string" ? JSON.stringify(text.slice(0, 80)) : typeof text;
  return new DreamError(
    "invalid_address",
    `Cannot read ${seen} as an address: wanted a path such as /workers/w-1, ` +
      `${longestAddress} characters at most, each name ${longestSegment} at most${lengthOf(text)}`,
  );
}

/** Which length is too much, if that is what is wrong. */
function lengthOf(text: unknown): string {
  if (typeof text !== "string") return "";
  if (text.length > longestAddress) return `; this one has ${text.length}`;
  const longest = Math.max(...text.split("/").map((name) => name.length));
  return longest > longestSegment ? `; one of these has ${longest}` : "";
}

/** The supervisor's address: `/a/b` → `/a`, `/a` → `/`. */
export function parentOf(address: Address): Address {
  const cut = address.lastIndexOf("/");
  return cut <= 0 ? rootAddress : address.slice(0, cut);
}

/** Whether `address` is `top` or below it; all is below `/`. */
export function isWithin(address: Address, top: Address): boolean {
  return top === rootAddress || address === top || address.startsWith(`${top}/`);
}

/** The last segment: the child's id below its supervisor. */
export function nameOf(address: Address): string {
  return address.slice(address.lastIndexOf("/") + 1);
}

/** The address of child `name` of `parent`. */
export function childOf(parent: Address, name: string): Address {
  return parent === rootAddress ? `/${name}` : `${parent}/${name}`;
}
