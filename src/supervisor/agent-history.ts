/**
 * The history of one agent: messages to and from it, events and checkpoints, merged by time out of
 * lists that are read from where each of them ended on the page before.
 */
import { z } from "zod";
import type { Address } from "../address.ts";
import { DreamError } from "../errors.ts";
import type { Json } from "../json.ts";
import type { EventRow, MessageRow, Page, Store } from "../storage/store.ts";
import type { Core } from "./core.ts";
import type { AgentHistory, Happening, HistoryQuery } from "./history-views.ts";
import { viewTraced } from "./message-history.ts";
import { viewAgent } from "./views.ts";

/** Where each list goes on: null at its beginning, "" at its end. */
const places = z.strictObject({
  to: z.string().max(100).nullable(),
  from: z.string().max(100).nullable(),
  events: z.string().max(100).nullable(),
  checkpoints: z.string().max(100).nullable(),
});
type Places = z.output<typeof places>;
type Source = keyof Places;

/** One list, newest first. */
interface List {
  /** @param place not "" */
  read(place: string | null, limit: number): Promise<Page<Happening>>;
}

/** @throws {DreamError} `agent_not_found` when nothing is known of the address; `bad_request` */
export async function agentHistory(
  core: Core,
  address: Address,
  { limit, cursor }: HistoryQuery,
): Promise<AgentHistory> {
  const { registry, store, clock, limits } = core;
  const cell = registry.find(address);
  const key = cell?.key ?? null;
  const lists = listsOf(store, address, key);
  const { items, nextCursor } = await mergePage(lists, readPlaces(cursor), limit);
  if (!cell && cursor === undefined && items.length === 0) {
    throw new DreamError("agent_not_found", `Cannot find ${address}: there is no such agent`);
  }
  const open = key === null ? { calls: [], timers: [] } : {
    calls: await store.calls(key),
    timers: await store.timers(key),
  };
  return {
    address,
    agent: cell ? { ...pick(viewAgent(cell)), createdAtMs: cell.record.createdAtMs } : null,
    open,
    keptSinceMs: clock.wallMs() - limits.keepConsumedMs,
    items,
    nextCursor,
  };
}

function pick({ status, turns, generation, restarts, mailboxDepth }: ReturnType<typeof viewAgent>) {
  return { status, turns, generation, restarts, mailboxDepth };
}

function listsOf(store: Store, address: Address, key: number | null): Record<Source, List> {
  const messages = async (
    what: "received" | "sent",
    query: { to?: string; from?: string; limit: number },
    place: string | null,
  ): Promise<Page<Happening>> => {
    const page = await store.messages(place === null ? query : { ...query, cursor: place });
    return { ...page, items: page.items.map((row) => viewMessage(what, row)) };
  };
  return {
    to: { read: (place, limit) => messages("received", { to: address, limit }, place) },
    from: { read: (place, limit) => messages("sent", { from: address, limit }, place) },
    events: {
      async read(place, limit) {
        const query = { address, newest: true, limit: limit + 1 };
        const rows = await store.events(
          place === null ? query : { ...query, beforeId: Number(place) },
        );
        return paged(rows, limit, viewEvent);
      },
    },
    checkpoints: {
      async read(place, limit) {
        const all = key === null ? [] : await store.checkpoints(key);
        const rows = all.filter(({ id }) => place === null || id < Number(place));
        return paged(rows, limit, ({ id, atMs, reason, turns }) => (
          { what: "checkpoint", atMs, id, reason, turns }
        ));
      },
    },
  };
}

function paged<T extends { id: number }>(
  rows: T[],
  limit: number,
  view: (row: T) => Happening,
): Page<Happening> {
  const shown = rows.slice(0, limit);
  return {
    items: shown.map(view),
    nextCursor: rows.length > limit ? String(shown.at(-1)!.id) : null,
  };
}

function viewMessage(what: "received" | "sent", { envelope, status }: MessageRow): Happening {
  const message = viewTraced({ envelope, status, letter: null }, 0, null);
  return { what, atMs: envelope.sentAtMs, message };
}

function viewEvent({ id, atMs, type, data }: EventRow & { id: number }): Happening {
  return { what: "event", atMs, id, type, data: JSON.parse(data) as Json };
}

/** The newest `limit` of all lists, and where each list goes on. */
async function mergePage(
  lists: Record<Source, List>,
  from: Places,
  limit: number,
): Promise<Page<Happening>> {
  const sources = Object.keys(lists) as Source[];
  // In one order, whichever is read first: what is of the same time stands so on every page.
  const pages = new Map<Source, Page<Happening>>(
    await Promise.all(
      sources.filter((source) => from[source] !== "").map(async (source) =>
        [source, await lists[source].read(from[source], limit)] as const
      ),
    ),
  );
  const taken = new Map<Source, number>();
  const items: Happening[] = [];
  while (items.length < limit) {
    const source = newestOf(pages, taken);
    if (source === null) break;
    const at = taken.get(source) ?? 0;
    taken.set(source, at + 1);
    const item = pages.get(source)!.items[at]!;
    // What it sent to itself is among what it received.
    if (item.what !== "sent" || item.message.to !== item.message.from) items.push(item);
  }
  const next: Places = { ...from };
  for (const [source, page] of pages) {
    const count = taken.get(source) ?? 0;
    if (count === page.items.length) next[source] = page.nextCursor ?? "";
    // Only the list itself can say where it goes on in the middle of a page; "" when retention has
    // taken the rest meanwhile.
    else if (count > 0) {
      next[source] = (await lists[source].read(from[source], count)).nextCursor ?? "";
    }
  }
  const isOver = sources.every((source) => next[source] === "");
  return { items, nextCursor: isOver ? null : writePlaces(next) };
}

function newestOf(
  pages: Map<Source, Page<Happening>>,
  taken: Map<Source, number>,
): Source | null {
  let found: Source | null = null;
  let newestMs = Number.NEGATIVE_INFINITY;
  for (const [source, { items }] of pages) {
    const head = items[taken.get(source) ?? 0];
    if (!head || head.atMs <= newestMs) continue;
    found = source;
    newestMs = head.atMs;
  }
  return found;
}

function writePlaces(next: Places): string {
  return btoa(JSON.stringify(next)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function readPlaces(cursor: string | undefined): Places {
  if (cursor === undefined) return { to: null, from: null, events: null, checkpoints: null };
  try {
    const text = atob(cursor.replaceAll("-", "+").replaceAll("_", "/"));
    const found = places.parse(JSON.parse(text));
    for (const id of [found.events, found.checkpoints]) {
      if (id && !/^\d{1,15}$/.test(id)) throw new Error("no id");
    }
    return found;
  } catch {
    throw new DreamError(
      "bad_request",
      `Cannot use the cursor ${JSON.stringify(cursor.slice(0, 80))}: wanted one of this history's`,
    );
  }
}
