/** Waits until nothing is on its way any more: mailboxes empty, every file accounted for. */
import type { Client } from "../../src/api/client.ts";
import { systemClock } from "../../src/clock.ts";
import { eventually } from "../support/eventually.ts";
import type { Service } from "../support/service.ts";
import type { FileBook } from "./files.ts";

interface IngestorStatus {
  waiting: number;
  waitingPages: number;
  reading: number;
  failed: number;
  problems: { path: string; code: string; message: string }[];
}

const lookEveryMs = 300;
/** So often in a row everything has to be the same. */
const sameTimes = 3;
/** Open work on which nothing has moved for so long is stuck. */
const stuckAfterMs = 90_000;

/**
 * @returns the file troubles that the ingestor tells of
 * @throws {Error} after `deadlineMs`, naming what is still missing
 */
export async function waitForQuiet(
  service: Service,
  book: FileBook,
  options: { deadlineMs: number; signal: AbortSignal },
): Promise<string[]> {
  let same = 0;
  let before = "";
  let missing = "it was not looked at";
  let movedAtMs = systemClock.monotonicMs();
  const look = async () => {
    const { open, seen } = await inspect(service.client, book);
    missing = open.join("; ") || "nothing, but it does not come to rest";
    same = open.length === 0 && seen === before ? same + 1 : 0;
    if (seen !== before) movedAtMs = systemClock.monotonicMs();
    before = seen;
    if (same >= sameTimes) return "quiet";
    return systemClock.monotonicMs() - movedAtMs > stuckAfterMs ? "stuck" : null;
  };
  try {
    const end = await eventually(look, { ...options, everyMs: lookEveryMs });
    if (end === "stuck") throw new Error(`nothing has moved for ${stuckAfterMs} ms`);
  } catch (error) {
    throw new Error(`It does not come to rest: ${missing} (${(error as Error).message})`);
  }
  const { problems } = await ingestor(service.client);
  return problems.map(({ path, code, message }) => `${code} ${path}: ${message}`);
}

/** What is still open, in words, and all numbers as one text. */
async function inspect(
  client: Client,
  book: FileBook,
): Promise<{ open: string[]; seen: string }> {
  const [status, files, full] = await Promise.all([
    client.status(),
    ingestor(client),
    fullMailboxes(client),
  ]);
  const { memory } = status;
  const living = memory.sources - memory.deletedSources;
  const contents = new Set(book.living.values()).size;
  const open: string[] = [];
  if (full.length > 0) open.push(`mailboxes: ${full.slice(0, 5).join(", ")}`);
  if (files.waiting + files.waitingPages > 0) open.push(`${files.waiting} files wait`);
  if (files.reading > 0) open.push(`${files.reading} files are being read`);
  if (living !== book.living.size) {
    open.push(`memory knows ${living} living files, the folder has ${book.living.size}`);
  }
  if (memory.documents < contents) {
    open.push(`memory holds ${memory.documents} documents, the folder ${contents} contents`);
  }
  return { open, seen: JSON.stringify([memory, files]) };
}

async function ingestor(client: Client): Promise<IngestorStatus> {
  const { reply } = await client.ask({ to: "/ingestor", type: "status" });
  return reply as unknown as IngestorStatus;
}

async function fullMailboxes(client: Client): Promise<string[]> {
  const found: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.agents(cursor ? { limit: 1_000, cursor } : { limit: 1_000 });
    for (const { address, mailboxDepth, status } of page.items) {
      const isOver = status === "completed" || status === "failed" || status === "stopped";
      // Its own question waits at the ingestor.
      const own = address === "/ingestor" ? 1 : 0;
      if (!isOver && mailboxDepth > own) found.push(`${address} ${mailboxDepth}`);
    }
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return found;
}
