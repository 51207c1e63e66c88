/** How answers and refusals look on the wire. */
import { type ErrorData, errorKinds } from "../errors.ts";

const jsonHeaders = {
  "content-type": "application/json; charset=utf-8",
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
};

export function answer(value: unknown, status = 200, headers: Record<string, string> = {}) {
  return new Response(`${JSON.stringify(value)}\n`, {
    status,
    headers: { ...jsonHeaders, ...headers },
  });
}

/** Server-sent events, as they come. */
export function answerStream(body: ReadableStream<Uint8Array>): Response {
  return new Response(body, {
    headers: {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
    },
  });
}

/** `{"error":{"code","message","details"}}` with the status of the code; a wait is told in s. */
export function refuse(error: ErrorData, headers: Record<string, string> = {}): Response {
  const { status } = errorKinds[error.code];
  const more = { ...headers };
  if (status === 429 || status === 503) {
    const waitMs = error.details?.retryAfterMs;
    const wait = typeof waitMs === "number" ? waitMs : status === 503 ? 5_000 : 1_000;
    more["retry-after"] = String(Math.max(1, Math.ceil(wait / 1_000)));
  }
  if (status === 401) more["www-authenticate"] = 'Bearer realm="dreamos"';
  const { code, message, details = {} } = error;
  return answer({ error: { code, message, details } }, status, more);
}
