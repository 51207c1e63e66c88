/** `GET /events`: durable events as server-sent events, from any moment on, without a gap. */
import * as messagesAbout from "./abouts/messages.ts";
import type { Context } from "hono";
import type { Clock } from "../clock.ts";
import { DreamError } from "../errors.ts";
import type { Control } from "../supervisor/control.ts";
import type { EventFilter, EventFollow, StoredEvent } from "../supervisor/event-log.ts";
import { type EventsQuery, readEventsQuery } from "./requests.ts";
import { answerStream } from "./answer.ts";
import type { Route } from "./route.ts";
import { subtreeOf } from "./scope.ts";
import { beatMs } from "./streams.ts";
import { type EventGap, viewEvent } from "./views.ts";

/** Bytes that are made ready for a reader before it takes them. */
const mostReady = 64 * 1024;
const encoder = new TextEncoder();

export interface EventRouteOptions {
  control: Control;
  clock: Clock;
  /** A reader that takes nothing for so long, with more waiting, is cut off. Default 30 s. */
  slowReaderMs?: number;
}

export function eventRoute({ control, clock, slowReaderMs = 30_000 }: EventRouteOptions): Route {
  return {
    method: "GET",
    path: "/events",
    about: messagesAbout.events,
    role: "viewer",
    forAgents: "handled",
    async handle(c, caller) {
      const query = readEventsQuery(c.req.query(), clock.wallMs());
      const log = await control.followEvents();
      try {
        const after = await placeOf(c, query, log);
        const under = subtreeOf(caller, query.under);
        const filter = { under, type: query.type };
        const source = {
          log,
          after,
          filter,
          follow: query.follow,
          gap: await gapAfter(after, log),
        };
        return answerStream(streamOf(source, clock, slowReaderMs));
      } catch (error) {
        log.close();
        throw error;
      }
    },
  };
}

/** Where the reader goes on: what it saw last, else a moment, else now. */
async function placeOf(c: Context, { after, sinceMs }: EventsQuery, log: EventFollow) {
  const last = c.req.header("last-event-id") ?? after;
  if (last === undefined) return sinceMs === null ? log.newest : await log.startOf(sinceMs);
  const id = /^\d{1,15}$/.test(last) ? Number(last) : null;
  if (id !== null && id <= log.newest) return id;
  throw new DreamError(
    "bad_request",
    `Cannot go on after the event ${JSON.stringify(last.slice(0, 40))}: wanted the id of an ` +
      `event, at most ${log.newest}`,
    { details: { field: "Last-Event-ID", newest: log.newest } },
  );
}

/** Events after this one that are kept no more: whoever was away for so long has to know. */
async function gapAfter(after: number, log: EventFollow): Promise<EventGap | null> {
  const oldest = await log.oldest();
  return after > 0 && oldest > after + 1 ? { after, oldest } : null;
}

interface Source {
  log: EventFollow;
  after: number;
  filter: EventFilter;
  /** Goes on with what comes later. */
  follow: boolean;
  /** To be told first. */
  gap: EventGap | null;
}

function streamOf(source: Source, clock: Clock, slowMs: number): ReadableStream<Uint8Array> {
  const { log } = source;
  let stopWatch = () => {};
  let isCut = false;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      stopWatch();
      const bytes = await nextBytes(source, clock).catch((error) => {
        log.close();
        throw error;
      });
      if (isCut) return;
      if (bytes === null) {
        log.close();
        return controller.close();
      }
      controller.enqueue(bytes);
      if ((controller.desiredSize ?? 0) > 0) return;
      stopWatch = clock.after(slowMs, () => {
        isCut = true;
        const reason = `Nothing was read for ${slowMs} ms: go on with Last-Event-ID`;
        controller.enqueue(encoder.encode(`event: cut\ndata: ${JSON.stringify({ reason })}\n\n`));
        controller.close();
        log.close();
      });
    },
    cancel() {
      stopWatch();
      log.close();
    },
  }, new ByteLengthQueuingStrategy({ highWaterMark: mostReady }));
}

/** What comes next, or a comment when nothing did for a while; null at the end. */
async function nextBytes(source: Source, clock: Clock): Promise<Uint8Array | null> {
  const { log, filter, gap } = source;
  const beatAtMs = clock.monotonicMs() + beatMs;
  if (gap) {
    source.gap = null;
    return encoder.encode(`event: gap\ndata: ${JSON.stringify(gap)}\n\n`);
  }
  while (true) {
    const { items, upTo } = await log.read(source.after, filter);
    const wasAtEnd = upTo === source.after;
    source.after = upTo;
    if (items.length > 0) return bytesOfAll(items);
    if (!wasAtEnd) continue;
    if (!source.follow) return null;
    // However much comes that this reader does not want.
    const leftMs = beatAtMs - clock.monotonicMs();
    if (leftMs <= 0) return encoder.encode(":\n\n");
    if (!await log.wait(source.after, leftMs)) return null;
  }
}

/** Written out once for all readers, as long as the log keeps the event in memory. */
const written = new WeakMap<StoredEvent, Uint8Array>();

function bytesOf(row: StoredEvent): Uint8Array {
  let bytes = written.get(row);
  if (!bytes) {
    const data = JSON.stringify(viewEvent(row));
    bytes = encoder.encode(`id: ${row.id}\nevent: event\ndata: ${data}\n\n`);
    written.set(row, bytes);
  }
  return bytes;
}

/** Put together once for all who are given the same portion. */
const together = new WeakMap<readonly StoredEvent[], Uint8Array>();

function bytesOfAll(rows: readonly StoredEvent[]): Uint8Array {
  if (rows.length === 1) return bytesOf(rows[0]!);
  const known = together.get(rows);
  if (known) return known;
  const parts = rows.map(bytesOf);
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  together.set(rows, all);
  return all;
}
