/** What the ingestor hears and answers. */
import { z } from "../../src/index.ts";
import { change } from "./backlog.ts";

const path = z.string().min(1).max(4096);
const hash = z.string().regex(/^[0-9a-f]{64}$/);

export const accepts = {
  // From the adapter that watches the inbox.
  "file.found": z.object({
    path,
    hash,
    sizeBytes: z.number().optional(),
    mtimeMs: z.number().optional(),
  }),
  "file.removed": z.object({ path }),
  "file.skipped": z.object({ path, code: z.string(), message: z.string().optional() }),
  // From readers.
  "document.read": z.object({ path, hash, passages: z.number() }),
  "document.failed": z.object({ path, hash, code: z.string(), message: z.string() }),
  "document.superseded": z.object({ path, hash }),
  // From a page of the backlog.
  "page.returned": z.object({ entries: z.array(change) }),
  // From anyone.
  "status": z.object({}),
};

export const problem = z.object({ path: z.string(), code: z.string(), message: z.string() });
export type Problem = z.infer<typeof problem>;

const count = z.number();
const counts = z.object({
  found: count,
  known: count,
  reading: count,
  read: count,
  failed: count,
  superseded: count,
  skipped: count,
  removed: count,
});
export type Counts = z.infer<typeof counts>;

export const replies = {
  status: counts.extend({ waiting: count, waitingPages: count, problems: z.array(problem) }),
};
