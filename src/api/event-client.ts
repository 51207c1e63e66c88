/** The client's side of `GET /events`: goes on by itself where it was cut off. */
import { DreamError } from "../errors.ts";
import { readEvents } from "../event-stream.ts";
import { queryOf } from "./call-client.ts";
import type { EventGap, EventView } from "./views.ts";

export interface EventsOptions {
  /** `10m`, ISO 8601 or epoch milliseconds; from now on without. */
  since?: string | number;
  /** The id of an event: those after it. */
  after?: number;
  /** An address: events of it and of all below it. */
  under?: string;
  /** Such as `agent.failed` or `agent.*`. */
  type?: string;
  /** False ends after what there is already; default true. */
  follow?: boolean;
  /** Called when what lies behind `after` is not kept any more, before the first event. */
  onGap?(gap: EventGap): void;
  signal?: AbortSignal;
}

/** Opens the stream at a path; throws the service's refusal. */
export type OpenStream = (path: string, signal?: AbortSignal) => Promise<ReadableStream>;

/** Resolves once the service has taken the request; a refusal is thrown here. */
export async function followEvents(
  open: OpenStream,
  { signal, onGap = () => {}, ...query }: EventsOptions,
): Promise<AsyncIterable<EventView>> {
  const openAfter = (after: number | undefined) => {
    const asked = after === undefined ? query : { ...query, since: undefined, after };
    return open(`/api/v1/events${queryOf(asked)}`, signal);
  };
  const isFromNow = query.after === undefined && query.since === undefined;
  const again = async (last: number | null) => {
    const body = await openAfter(last ?? query.after);
    if (last !== null || !isFromNow) return body;
    await body.cancel();
    throw new DreamError("internal", "Cut off before the first event");
  };
  return eventsOf(await openAfter(query.after), again, onGap);
}

async function* eventsOf(
  first: ReadableStream,
  again: (last: number | null) => Promise<ReadableStream>,
  onGap: (gap: EventGap) => void,
): AsyncGenerator<EventView> {
  let body: ReadableStream | null = first;
  let last: number | null = null;
  while (body !== null) {
    let wasCut = false;
    for await (const { event, data } of readEvents(body)) {
      if (event === "cut") wasCut = true;
      if (event === "gap") onGap(JSON.parse(data) as EventGap);
      if (event !== "event") continue;
      const view = JSON.parse(data) as EventView;
      last = view.id;
      yield view;
    }
    if (!wasCut) return;
    body = await again(last);
  }
}
