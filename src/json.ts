/** JSON as data: the only thing that crosses between processes, threads and the database. */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A JSON Schema document (draft 2020-12), as `z.toJSONSchema` makes it. */
export type JsonSchema = { [key: string]: Json };

/** Nesting beyond this is refused everywhere: deeper text overflows recursive readers. */
export const deepestJson = 64;

/**
 * Whether `text` nests objects and arrays more than `limit` deep. Looks at characters only, so it
 * may run before `JSON.parse` on hostile text.
 */
export function isDeeperThan(text: string, limit: number = deepestJson): boolean {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x22) {
      i = endOfString(text, i);
    } else if (c === 0x7b || c === 0x5b) {
      if (++depth > limit) return true;
    } else if (c === 0x7d || c === 0x5d) depth--;
  }
  return false;
}

/** How many keys `text` writes, valid JSON: outside of strings each has its colon. */
export function keysWritten(text: string): number {
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x22) i = endOfString(text, i);
    else if (c === 0x3a) count++;
  }
  return count;
}

/** How many keys `value` has, with all that is inside. */
export function keysOf(value: Json): number {
  if (typeof value !== "object" || value === null) return 0;
  if (Array.isArray(value)) return value.reduce((sum: number, one) => sum + keysOf(one), 0);
  let count = 0;
  for (const key of Object.keys(value)) count += 1 + keysOf(value[key]!);
  return count;
}

/** Index of the quote that closes the string opened at `open`; text length when none does. */
function endOfString(text: string, open: number): number {
  for (let i = open + 1; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x5c) i++;
    else if (c === 0x22) return i;
  }
  return text.length;
}
