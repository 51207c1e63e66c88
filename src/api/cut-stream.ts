/** Streams go on for days; the token that opened one may end before. */
import { toErrorData } from "../errors.ts";

/**
 * The same answer, whose body ends as soon as `check` throws. It is asked before each piece goes
 * out, so nothing is said that the token could not be told by a new request; the beat of an idle
 * stream asks, too.
 */
export function cutStream(response: Response, check: () => void): Response {
  const isStream = response.headers.get("content-type")?.startsWith("text/event-stream");
  const reader = isStream ? response.body?.getReader() : undefined;
  if (!reader) return response;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await reader.read();
      if (done) return controller.close();
      try {
        check();
      } catch (error) {
        const reason = toErrorData(error).message;
        const text = `event: cut\ndata: ${JSON.stringify({ reason })}\n\n`;
        controller.enqueue(new TextEncoder().encode(text));
        controller.close();
        return await reader.cancel();
      }
      controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
    // Nothing is kept here: how far the reader is behind shows where the stream is made.
  }, { highWaterMark: 0 });
  return new Response(body, { status: response.status, headers: response.headers });
}
