/**
 * Changes of the inbox that wait for their turn, in order. Only the two ends are held here; what is
 * between them waits in pages, agents of their own, so that a hundred thousand files at once do not
 * make a state that cannot be stored. Pure functions on plain data.
 */
import { z } from "../../src/index.ts";

export const change = z.object({
  /** Absolute. */
  path: z.string(),
  /** SHA-256 of the content, hex; null when the file is gone. */
  hash: z.string().nullable(),
});
export type Change = z.infer<typeof change>;

export interface Backlog {
  front: Change[];
  /** Names of pages, oldest first: they come after the front and before the back. */
  pages: string[];
  /** The oldest page has been asked to come back. */
  isReturning: boolean;
  back: Change[];
}

/** Entries of a page; long paths make it shorter. */
const pageEntries = 500;
const pageLength = 100_000;

export const emptyBacklog: Backlog = { front: [], pages: [], isReturning: false, back: [] };

export function push(backlog: Backlog, entry: Change): Backlog {
  return backlog.pages.length === 0 && !isPage(backlog.front)
    ? { ...backlog, front: [...backlog.front, entry] }
    : { ...backlog, back: [...backlog.back, entry] };
}

function isPage(entries: readonly Change[]): boolean {
  return entries.length >= pageEntries ||
    entries.reduce((sum, { path }) => sum + path.length + 64, 0) >= pageLength;
}

/** The back is full: it is to become a page. */
export function needsPage(backlog: Backlog): boolean {
  return isPage(backlog.back);
}

export function paged(backlog: Backlog, name: string): Backlog {
  return { ...backlog, pages: [...backlog.pages, name], back: [] };
}

/** The front is used up: the oldest page is to come back. */
export function needsReturn(backlog: Backlog): boolean {
  return backlog.front.length === 0 && backlog.pages.length > 0 && !backlog.isReturning;
}

/** The oldest page is back, or lost (then without entries). */
export function returned(backlog: Backlog, entries: Change[]): Backlog {
  const pages = backlog.pages.slice(1);
  return { ...backlog, front: [...backlog.front, ...entries], pages, isReturning: false };
}

/** The next change; null when none waits here. Never two of one path at a time: order matters. */
export function next(backlog: Backlog, busy: readonly (Change | null)[]): Change | null {
  const entry = backlog.front[0] ?? (backlog.pages.length === 0 ? backlog.back[0] : undefined);
  if (!entry || busy.some((one) => one?.path === entry.path)) return null;
  return entry;
}

/** Takes what `next` gave. */
export function withoutNext(backlog: Backlog): Backlog {
  return backlog.front.length > 0
    ? { ...backlog, front: backlog.front.slice(1) }
    : { ...backlog, front: backlog.back.slice(1), back: [] };
}

/** Changes that wait here, and pages that wait elsewhere. */
export function waiting(backlog: Backlog): { waiting: number; waitingPages: number } {
  return {
    waiting: backlog.front.length + backlog.back.length,
    waitingPages: backlog.pages.length,
  };
}
