/** Cursors of lists, as they come back from outside: opaque there, read with care here. */
import { DreamError } from "../errors.ts";

/** @throws {DreamError} `bad_cursor` */
export function readNumber(cursor: string): number {
  if (/^\d{1,15}$/.test(cursor)) return Number(cursor);
  throw badCursor(cursor);
}

/**
 * `KEY.SEQ`: a place in one of the mailboxes of an address.
 *
 * @throws {DreamError} `bad_cursor`
 */
export function readPlace(cursor: string): { key: number; seq: number } {
  const match = /^(\d{1,15})\.(\d{1,15})$/.exec(cursor);
  if (match) return { key: Number(match[1]), seq: Number(match[2]) };
  throw badCursor(cursor);
}

/**
 * `SENT_AT_MS.ID`: an envelope among all.
 *
 * @throws {DreamError} `bad_cursor`
 */
export function readMoment(cursor: string): [number, string] {
  const match = /^(\d{1,15})\.([0-9a-f-]{36})$/.exec(cursor);
  if (match) return [Number(match[1]), match[2]!];
  throw badCursor(cursor);
}

/**
 * `@NAME`: a token among all.
 *
 * @throws {DreamError} `bad_cursor`
 */
export function readTokenName(cursor: string): string {
  const match = /^@([a-z0-9._-]{1,63})$/.exec(cursor);
  if (match) return match[1]!;
  throw badCursor(cursor);
}

function badCursor(cursor: string): DreamError {
  return new DreamError(
    "bad_cursor",
    `Cannot use the cursor ${JSON.stringify(cursor.slice(0, 80))}: wanted one of this list's pages`,
  );
}
