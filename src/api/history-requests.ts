/** What requests about histories may hold. */
import { z } from "zod";
import { count, cursor, flag } from "./requests.ts";

const paging = { limit: count(100, 1_000), cursor };
const messageQuery = z.strictObject({ ...paging, whole: flag });
const agentQuery = z.strictObject(paging);

/** For the document that tells programs of the API. */
export const historySchemas = { messageQuery, agentQuery } as const;
