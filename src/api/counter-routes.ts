/** `GET /counters`: how agents stand, as server-sent events for screens. Lossy by design. */
import * as agentsAbout from "./abouts/agents.ts";
import type { Clock } from "../clock.ts";
import type { Address } from "../address.ts";
import type { Control } from "../supervisor/control.ts";
import type { CountersFrame } from "../supervisor/counter-views.ts";
import { readCountersQuery } from "./requests.ts";
import { answerStream } from "./answer.ts";
import type { Route } from "./route.ts";
import { subtreeOf } from "./scope.ts";

/** Bytes that a reader may be behind; what it misses then is part of the next frame. */
const mostBehind = 64 * 1024;

export interface CounterRouteOptions {
  control: Control;
  clock: Clock;
  /** A reader that takes nothing for so long is cut off. Default 30 s. */
  slowReaderMs?: number;
}

export function counterRoute(options: CounterRouteOptions): Route {
  return {
    method: "GET",
    path: "/counters",
    about: agentsAbout.counters,
    role: "viewer",
    forAgents: "handled",
    handle(c, caller) {
      const { under, everyMs } = readCountersQuery(c.req.query());
      const top = subtreeOf(caller, under);
      return answerStream(streamOf(options, top, everyMs));
    },
  };
}

/** Followers who are told the same share the bytes, too. */
const written = new WeakMap<CountersFrame, Uint8Array>();

function bytesOf(frame: CountersFrame): Uint8Array {
  let bytes = written.get(frame);
  if (!bytes) {
    bytes = new TextEncoder().encode(`event: counters\ndata: ${JSON.stringify(frame)}\n\n`);
    written.set(frame, bytes);
  }
  return bytes;
}

function streamOf(
  { control, clock, slowReaderMs = 30_000 }: CounterRouteOptions,
  under: Address,
  everyMs: number,
): ReadableStream<Uint8Array> {
  let unfollow = () => {};
  let stopWatch = () => {};
  return new ReadableStream<Uint8Array>({
    start(controller) {
      const cut = () => {
        const reason = `Nothing was read for ${slowReaderMs} ms`;
        const text = `event: cut\ndata: ${JSON.stringify({ reason })}\n\n`;
        controller.enqueue(new TextEncoder().encode(text));
        unfollow();
        controller.close();
      };
      const isReady = () => (controller.desiredSize ?? 0) > 0;
      unfollow = control.followCounters({
        under,
        everyMs,
        isReady,
        frame(frame) {
          controller.enqueue(bytesOf(frame));
          if (!isReady()) stopWatch = clock.after(slowReaderMs, cut);
        },
        end() {
          stopWatch();
          controller.close();
        },
      });
    },
    pull: () => stopWatch(),
    cancel() {
      stopWatch();
      unfollow();
    },
  }, new ByteLengthQueuingStrategy({ highWaterMark: mostBehind }));
}
