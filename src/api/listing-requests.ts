/** What requests for lists of open work, mailboxes, hosts and bundles may hold. */
import { z } from "zod";
import { readNumber } from "../storage/page-cursor.ts";
import { lanes } from "../actors/envelope.ts";
import { count, cursor, flag } from "./requests.ts";

const paging = { limit: count(100, 1_000), cursor };
const subtree = { under: z.string().optional(), ...paging };
const callStatus = z.enum(["requested", "running", "in_doubt"]).optional();
const askFilters = { status: z.enum(["open", "settled"]).optional(), since: z.string().optional() };

export const listingSchemas = {
  timers: z.strictObject(subtree),
  calls: z.strictObject({ ...subtree, status: callStatus }),
  asks: z.strictObject({ ...subtree, ...askFilters }),
  timersOfAgent: z.strictObject(paging),
  callsOfAgent: z.strictObject({ ...paging, status: callStatus }),
  asksOfAgent: z.strictObject({ ...paging, ...askFilters }),
  mailbox: z.strictObject({ ...paging, lane: z.enum(lanes).optional() }),
  hosts: z.strictObject({ ...paging, group: z.string().max(1_024).optional() }),
  bundles: z.strictObject({ ...paging, kind: z.string().max(256).optional() }),
  checkpoints: z.strictObject(paging),
  recall: z.strictObject({
    q: z.string().trim().min(1).max(1_000),
    limit: count(5, 100),
    cursor,
    includeDeleted: flag,
  }),
} as const;

/** Where a page of a list begins that has only so many items. @throws {DreamError} `bad_cursor` */
export function readOffset(cursor: string | undefined): number {
  return cursor === undefined ? 0 : readNumber(cursor);
}
