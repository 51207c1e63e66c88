/**
 * Cursors as clients get them: sealed with the list and the filters that they are of, so that one
 * of another list is refused instead of showing something else. They are no secrets.
 */
import { createHash } from "node:crypto";
import type { Context } from "hono";
import { DreamError } from "../errors.ts";

type Query = Record<string, string>;

export interface OpenPage {
  /** Of the request, with the list's own cursor. */
  query: Query;
  seal<T extends { nextCursor: string | null }>(page: T): T;
}

/** Reads the cursor of a request for a page. @throws {DreamError} `bad_cursor` */
export function openPage(c: Context): OpenPage {
  const { cursor, ...rest } = c.req.query();
  const markOf = markerOf(c.req.path, rest);
  const sealCursor = (next: string | null) => {
    if (next === null) return null;
    const place = Buffer.from(next).toString("base64url");
    return `${markOf(place)}.${place}`;
  };
  return {
    query: cursor === undefined ? rest : { ...rest, cursor: placeOf(cursor, markOf) },
    seal: (page) => ({ ...page, nextCursor: sealCursor(page.nextCursor) }),
  };
}

function placeOf(cursor: string, markOf: (place: string) => string): string {
  const [, mark, place] = /^(\w+)\.([\w-]{1,4096})$/.exec(cursor) ?? [];
  if (place !== undefined && mark === markOf(place)) {
    return Buffer.from(place, "base64url").toString();
  }
  const seen = JSON.stringify(cursor.slice(0, 40));
  throw new DreamError(
    "bad_cursor",
    `Cannot use the cursor ${seen}: wanted nextCursor of a page of this list with these filters`,
    { details: { field: "cursor" } },
  );
}

/** How long a page is does not matter: pages may differ. */
function markerOf(path: string, { limit: _, ...filters }: Query) {
  const named = Object.entries(filters).sort(([a], [b]) => a < b ? -1 : 1);
  const list = createHash("sha256").update(JSON.stringify([path, named]));
  return (place: string) => list.copy().update(place).digest("hex").slice(0, 12);
}
