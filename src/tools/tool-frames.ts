/** What the tool host says, checked before it is believed: it works on files of strangers. */
import { DreamError, isErrorCode } from "../errors.ts";
import type { Json } from "../json.ts";
import type { FromToolHost } from "./tool-protocol.ts";

type Fields = Record<string, unknown>;

/** @throws {DreamError} `bad_frame` */
export function readFromToolHost(data: unknown): FromToolHost {
  const frame = (typeof data === "object" && data !== null ? data : {}) as Fields;
  switch (frame.t) {
    case "ready":
      return { t: "ready" };
    case "result":
      return frame.ok === true
        ? { t: "result", key: text(frame, "key"), ok: true, value: frame.value as Json }
        : { t: "result", key: text(frame, "key"), ok: false, error: readError(frame.error) };
    case "adapter.event":
      return {
        t: "adapter.event",
        address: text(frame, "address"),
        key: text(frame, "key"),
        type: text(frame, "type"),
        payload: frame.payload as Json,
      };
    case "adapter.state":
      return {
        t: "adapter.state",
        address: text(frame, "address"),
        state: frame.state === "up" ? "up" : "failed",
        message: frame.message === null ? null : text(frame, "message").slice(0, 500),
      };
  }
  throw bad(`"${String(frame.t).slice(0, 40)}"`);
}

function readError(value: unknown): Extract<FromToolHost, { ok: false }>["error"] {
  const error = (typeof value === "object" && value !== null ? value : {}) as Fields;
  const code = isErrorCode(error.code) ? error.code : "call_failed";
  return { code, message: text(error, "message").slice(0, 2_000) };
}

function text(frame: Fields, name: string): string {
  const value = frame[name];
  if (typeof value === "string" && value.length <= 10_000) return value;
  throw bad(`${name} is no text of at most 10,000 characters`);
}

function bad(what: string): DreamError {
  return new DreamError("bad_frame", `Cannot understand the tool host: ${what}`);
}
