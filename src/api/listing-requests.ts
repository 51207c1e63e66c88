/** What requests for lists of open work, mailboxes, hosts and bundles may hold. */
import { z } from "zod";
import { lanes } from "../actors/envelope.ts";
import { count, cursor } from "./requests.ts";

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
} as const;
