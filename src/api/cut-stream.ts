/** Streams go on for days; the token that opened one may end before. */
import type { Clock } from "../clock.ts";
import { toErrorData } from "../errors.ts";

export interface StreamBounds {
  /** Throws when the stream must not go on. */
  check(): unknown;
  /** Called once when it has ended, whoever ended it. */
  over(): void;
  clock: Clock;
}

/** How soon a stream on which nothing happens ends with its token. */
const lookEveryMs = 1_000;

/**
 * The same answer, whose body ends as soon as `check` throws, with the reason. It is asked before
 * each piece goes out, so nothing is said that the token could not be told by a new request, and
 * every second beside that: a token that has ended holds no line open.
 */
export function cutStream(response: Response, { check, over, clock }: StreamBounds): Response {
  const reader = response.body?.getReader();
  if (!reader) {
    over();
    return response;
  }
  let hasEnded = false;
  let stopLooking = () => {};
  const end = () => {
    if (!hasEnded) over();
    hasEnded = true;
    stopLooking();
  };
  /** @returns whether it may go on */
  const look = (controller: ReadableStreamDefaultController<Uint8Array>): boolean => {
    try {
      check();
      return true;
    } catch (error) {
      end();
      const reason = toErrorData(error).message;
      const text = `event: cut\ndata: ${JSON.stringify({ reason })}\n\n`;
      controller.enqueue(new TextEncoder().encode(text));
      controller.close();
      reader.cancel().catch(() => {});
      return false;
    }
  };
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      const again = () => {
        if (look(controller)) stopLooking = clock.after(lookEveryMs, again);
      };
      stopLooking = clock.after(lookEveryMs, again);
    },
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (hasEnded) return;
        if (!done) return void (look(controller) && controller.enqueue(value));
        end();
        controller.close();
      } catch (error) {
        if (hasEnded) return;
        end();
        controller.error(error);
      }
    },
    cancel(reason) {
      end();
      return reader.cancel(reason);
    },
    // Nothing is kept here: how far the reader is behind shows where the stream is made.
  }, { highWaterMark: 0 });
  return new Response(body, { status: response.status, headers: response.headers });
}
