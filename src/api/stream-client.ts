/** The client's side of what goes on until somebody leaves: turns, counters, events. */
import { readEvents } from "../event-stream.ts";
import type { CountersFrame } from "../supervisor/counter-views.ts";
import type { TurnView } from "../supervisor/turn-views.ts";
import { queryOf } from "./call-client.ts";
import { type EventsOptions, followEvents, type OpenStream } from "./event-client.ts";
import type { EventView } from "./views.ts";

export interface CountersOptions {
  /** An address: it and all below it. Default all. */
  under?: string;
  /** Least time between two frames, 100 to 60,000; default 100. */
  everyMs?: number;
  signal?: AbortSignal;
}

/** What a client can follow; each ends with `signal`, or with the service. */
export interface StreamClient {
  /**
   * Turns of the agent at `address` and below, `/` for all: from the moment this resolves on.
   * Lossy: a follower that is slow misses turns.
   */
  turns(address: string, options?: { signal?: AbortSignal }): Promise<AsyncIterable<TurnView>>;
  /**
   * How agents stand, for screens: at first all that do something, then what has changed. A frame
   * comes at least once a second. Whoever is slow gets fewer frames that tell the same.
   */
  counters(options?: CountersOptions): Promise<AsyncIterable<CountersFrame>>;
  /** Durable events, oldest first. Misses none. */
  events(options?: EventsOptions): Promise<AsyncIterable<EventView>>;
}

export function streamClient(open: OpenStream): StreamClient {
  return {
    turns: async (address, { signal } = {}) =>
      viewsOf("turn", await open(`/api/v1/agents/${encodeURIComponent(address)}/turns`, signal)),
    counters: async ({ signal, ...query } = {}) =>
      viewsOf("counters", await open(`/api/v1/counters${queryOf(query)}`, signal)),
    events: (options = {}) => followEvents(open, options),
  };
}

async function* viewsOf<T>(wanted: string, body: ReadableStream): AsyncGenerator<T> {
  for await (const { event, data } of readEvents(body)) {
    if (event === wanted) yield JSON.parse(data) as T;
  }
}
