/** Reads the log from its files, packed ones too, a piece at a time however much there is. */
import { createReadStream, openSync } from "node:fs";
import { createGunzip } from "node:zlib";
import { systemClock } from "../clock.ts";
import type { LogEntry, LogFilter } from "../log.ts";
import { allParts, type LogPart } from "./folder.ts";
import { lineFilter, seqOf } from "./line.ts";

/** Characters of a line that are looked at; ours are far shorter. */
const longestLine = 64 * 1024;
/** Bytes after which all else that waits comes first. */
const pauseAfter = 512 * 1024;
/** Characters that one page may look at: what is left is the next page's. */
const mostLooked = 64 * 1024 * 1024;

export interface LogPage {
  /** Newest first. */
  items: LogEntry[];
  /** The next page is of lines before this one; null at the oldest line. */
  before: number | null;
}

/** Opened at once: it keeps its lines, whatever becomes of its name. */
function openPart({ path, packed, lastSeq }: LogPart): { file: number; packed: boolean } {
  try {
    return { file: openSync(path, "r"), packed };
  } catch (error) {
    if (packed || lastSeq === Infinity || !isGone(error)) throw error;
    // Packed since the folder was read: then that is complete.
    return { file: openSync(`${path}.gz`, "r"), packed: true };
  }
}

function isGone(error: unknown): boolean {
  return (error as { code?: string }).code === "ENOENT";
}

/** Lines of a file, as many at a time as were read. */
async function* linesOf(part: LogPart): AsyncGenerator<string[]> {
  const { file, packed } = openPart(part);
  const source = createReadStream("", { fd: file, highWaterMark: 256 * 1024 });
  const bytes = packed ? source.pipe(createGunzip()) : source;
  // `pipe` passes on no errors, and ends nothing but what it writes to.
  if (packed) source.on("error", (error) => bytes.destroy(error));
  const decoder = new TextDecoder();
  let rest = "";
  let since = 0;
  try {
    for await (const piece of bytes) {
      since += (piece as Uint8Array).length;
      if (since > pauseAfter) {
        // Pieces of what is packed come without a pause: others have to get their turn.
        await new Promise<void>((resolve) => systemClock.after(0, resolve));
        since = 0;
      }
      const lines = (rest + decoder.decode(piece as Uint8Array, { stream: true })).split("\n");
      rest = lines.pop()!.slice(0, longestLine);
      yield lines;
    }
  } finally {
    source.destroy();
  }
}

/**
 * Lines after the line `after`, oldest first, some at a time (perhaps none). Goes on over files
 * that are renamed or packed meanwhile.
 *
 * @returns the last line that was looked at
 */
export async function* readForward(
  folder: string,
  after: number,
  filter: LogFilter,
): AsyncGenerator<LogEntry[], number> {
  const fits = lineFilter(filter);
  let seen = after;
  for (let misses = 0; misses < 3;) {
    const part = allParts(folder).find((one) =>
      one.lastSeq > seen && one.endMs >= (filter.sinceMs ?? 0)
    );
    if (!part) return seen;
    try {
      for await (const lines of linesOf(part)) {
        const found: LogEntry[] = [];
        for (const line of lines) {
          const seq = seqOf(line);
          if (seq === null || seq <= seen) continue;
          seen = seq;
          const entry = fits(line);
          if (entry) found.push(entry);
        }
        yield found;
      }
      misses = 0;
    } catch (error) {
      // Packed or forgotten since the folder was read: it is there under another name, or gone.
      if (isGone(error)) {
        misses++;
        continue;
      }
    }
    if (part.lastSeq === Infinity) {
      const isStill = allParts(folder).at(-1)?.firstSeq === part.firstSeq;
      if (isStill) return seen;
    } else seen = Math.max(seen, part.lastSeq);
  }
  return seen;
}

/**
 * The newest lines before the line `before`, or of all. The file that is written is opened in the
 * same step as it is found, so that no other can have taken its name.
 */
export async function readPage(
  folder: string,
  filter: LogFilter,
  { limit, before = Infinity }: { limit: number; before?: number },
): Promise<LogPage> {
  const fits = lineFilter(filter);
  const items: LogEntry[] = [];
  let looked = 0;
  for (const part of allParts(folder).reverse()) {
    if (part.firstSeq >= before) continue;
    if (part.endMs < (filter.sinceMs ?? 0)) break;
    if (looked > mostLooked) return { items, before: part.lastSeq + 1 };
    const newest: LogEntry[] = [];
    try {
      for await (const lines of linesOf(part)) {
        for (const line of lines) {
          looked += line.length;
          const entry = fits(line);
          if (entry === null || entry.seq >= before) continue;
          newest.push(entry);
          if (newest.length > limit - items.length) newest.shift();
        }
      }
    } catch {
      // Damaged, or forgotten by now: what could be read of it is shown.
    }
    items.push(...newest.reverse());
    if (items.length >= limit) return { items, before: items.at(-1)!.seq };
  }
  return { items, before: null };
}
