/** The wall's outer side: bytes from a thread to frames, or `bad_frame` (R5). */
import type { Json } from "../json.ts";
import { deepestJson, isDeeperThan } from "../json.ts";
import type { Limits } from "../limits.ts";
import { logLevels } from "../log.ts";
import {
  badFrame,
  type Fields,
  fields,
  json,
  list,
  oneOf,
  parsed,
  quote,
  sized,
  text,
  textOrNull,
  whole,
  wholeOrNull,
} from "./hostile.ts";
import type {
  FailedFrame,
  FromThread,
  RanFrame,
  StateSummary,
  StoredState,
  TurnedFrame,
} from "./protocol.ts";
import { failureReasons, longestPrint } from "./protocol.ts";
import { checkOutcome, idOf, readEffect } from "./read-effects.ts";

export type FrameLimits = Pick<
  Limits,
  "frameBytes" | "payloadBytes" | "stateBytes" | "effectsPerTurn" | "turnEnvelopes"
>;

const decoder = new TextDecoder("utf-8", { fatal: true });
const hash = /^[0-9a-f]{64}$/;

/**
 * Reads one frame. All of it is made anew: nothing that is not in the protocol gets through.
 *
 * @throws {DreamError} `bad_frame`, saying what was wrong; no payloads in the message
 */
export function readFromThread(bytes: Uint8Array | string, limits: FrameLimits): FromThread {
  if (bytes.length > limits.frameBytes) {
    throw badFrame(`a frame of ${bytes.length} bytes; at most ${limits.frameBytes} may be`);
  }
  const frame = fields(parsed(toText(bytes), "the frame"), "the frame");
  switch (frame["t"]) {
    case "started":
      return { t: "started" };
    case "turned":
      return readTurned(frame, limits);
    case "failed":
      return readFailed(frame);
    case "ran":
      return readRan(frame, limits);
    case "pong":
      return { t: "pong" };
    case "printed":
      return {
        t: "printed",
        level: oneOf(frame["level"], "printed.level", logLevels),
        text: text(frame["text"], "printed.text", longestPrint),
        dropped: whole(frame["dropped"], "printed.dropped"),
      };
    default:
      throw badFrame(`there is no frame ${quote(frame["t"])}`);
  }
}

function toText(bytes: Uint8Array | string): string {
  if (typeof bytes === "string") return bytes;
  try {
    return decoder.decode(bytes);
  } catch {
    throw badFrame("the frame is no UTF-8");
  }
}

function readTurned(frame: Fields, limits: FrameLimits): TurnedFrame {
  const consumed = whole(frame["consumed"], "consumed");
  // A batch may be longer than a slice: it was made by the control process, not by the thread.
  const raw = list(frame["effects"], "effects", limits.effectsPerTurn);
  const effects = raw.map((effect) => readEffect(effect, consumed, limits.payloadBytes));
  return {
    t: "turned",
    turn: whole(frame["turn"], "turn"),
    consumed,
    stale: indexes(frame["stale"], "stale", consumed),
    unhandled: indexes(frame["unhandled"], "unhandled", consumed),
    state: readState(frame["state"], limits),
    effects,
    summary: readSummary(frame["summary"], limits),
  };
}

/** Rising indexes below `count`. */
function indexes(value: unknown, what: string, count: number): number[] {
  const read = list(value, what, count) as number[];
  let last = -1;
  for (const index of read) {
    if (!Number.isSafeInteger(index) || index <= last || index >= count) {
      throw badFrame(`${what} are no rising indexes below ${count}`);
    }
    last = index;
  }
  return read;
}

function readState(value: unknown, limits: FrameLimits): StoredState {
  const state = fields(value, "state");
  const bundle = text(state["bundle"], "state.bundle", 64);
  if (!hash.test(bundle)) throw badFrame("state.bundle is no SHA-256 in hex");
  return {
    bundle,
    version: whole(state["version"], "state.version", 1),
    // Opaque here: only threads read it. People are shown it after a check of their own.
    text: sized(state["text"], "state.text", limits.stateBytes),
  };
}

const mostTags = 1_000;

/** What a thread says of its state. @throws {DreamError} `bad_frame` */
export function readSummary(
  value: unknown,
  limits: Pick<FrameLimits, "payloadBytes">,
): StateSummary {
  const summary = fields(value, "summary");
  const output = summary["output"];
  return {
    status: oneOf(summary["status"], "summary.status", ["active", "done", "error", "stopped"]),
    value: stateValue(summary["value"]),
    tags: list(summary["tags"], "summary.tags", mostTags).map((tag) =>
      text(tag, "summary.tags", 256)
    ),
    runs: whole(summary["runs"], "summary.runs"),
    owes: whole(summary["owes"], "summary.owes"),
    output: output === null ? null : json(output, "summary.output", limits.payloadBytes),
    error: textOrNull(summary["error"], "summary.error", 10_000),
  };
}

/** A text, or an object of state values. */
function stateValue(value: unknown): Json {
  if (typeof value === "string") return value;
  for (const inner of Object.values(fields(value, "summary.value"))) stateValue(inner);
  return value as Json;
}

function readFailed(frame: Fields): FailedFrame {
  const error = fields(frame["error"], "error");
  return {
    t: "failed",
    turn: wholeOrNull(frame["turn"], "turn"),
    at: wholeOrNull(frame["at"], "at"),
    reason: oneOf(frame["reason"], "reason", failureReasons),
    error: {
      name: text(error["name"], "error.name", 1_000),
      message: text(error["message"], "error.message", 10_000),
      stack: textOrNull(error["stack"], "error.stack", 10_000),
    },
  };
}

function readRan(frame: Fields, limits: FrameLimits): RanFrame {
  const payload = sized(frame["payload"], "ran.payload", limits.payloadBytes);
  if (isDeeperThan(payload, deepestJson)) throw badFrame("ran.payload is nested too deep");
  checkOutcome(parsed(payload, "ran.payload"), "ran.payload", true);
  return { t: "ran", id: idOf(frame["id"], "r"), payload };
}
