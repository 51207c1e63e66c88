/** Effects of a turn as a thread claims them: each checked, and made anew field by field. */
import { isSegment } from "../address.ts";
import type { Effect } from "./effect.ts";
import {
  address,
  badFrame,
  type Fields,
  fields,
  json,
  lane,
  oneOf,
  quote,
  text,
  whole,
  wholeOrNull,
} from "./hostile.ts";
import { isReservedType } from "./reserved-type.ts";

/** Longest delay and expiry, ms: a hundred years. Beyond it due times stop being whole numbers. */
export const longestMs = 100 * 365 * 24 * 3600 * 1000;
const longestLog = 16_000;
const typeLength = 256;
const startId = /^[tcra][1-9]\d{0,15}(\.[0-9a-z]{1,12})?$/;

/** Reads the text of a payload: hostile text is parsed, one's own is known to be JSON. */
export type PayloadReader = (value: unknown, what: string, most: number) => string;

/**
 * Threads check their own effects with it too, so that what an honest agent gets wrong is its own
 * failure, never a `bad_frame` that takes its host along.
 *
 * @param consumed envelopes of the turn: `at` is below it
 * @param most bytes of one payload
 * @throws {DreamError} `bad_frame`
 */
export function readEffect(
  value: unknown,
  consumed: number,
  most: number,
  payload: PayloadReader = json,
): Effect {
  const effect = fields(value, "effect");
  const at = whole(effect["at"], "effect.at", -1);
  if (at >= consumed && at !== -1) throw badFrame(`effect.at is ${at} of ${consumed}`);
  switch (effect["kind"]) {
    case "send":
      return readSend(effect, at, most, payload);
    case "reply":
      return readReply(effect, at, most, payload);
    case "publish": {
      const type = messageType(effect["type"], "publish.type");
      return { kind: "publish", at, type, payload: payload(effect["payload"], "publish", most) };
    }
    case "schedule": {
      const id = idOf(effect["id"], "t");
      const delayMs = duration(effect["delayMs"], "schedule.delayMs");
      return { kind: "schedule", at, id, delayMs };
    }
    case "cancel": {
      const what = oneOf(effect["what"], "cancel.what", ["timer", "call", "ask"]);
      return { kind: "cancel", at, what, id: idOf(effect["id"], what[0]!) };
    }
    case "call": {
      const id = idOf(effect["id"], "c");
      const name = text(effect["name"], "call.name", typeLength);
      return { kind: "call", at, id, name, input: payload(effect["input"], "call.input", most) };
    }
    case "run":
      return { kind: "run", at, id: idOf(effect["id"], "r") };
    case "spawn":
      return readSpawn(effect, at, most, payload);
    case "stop":
      return { kind: "stop", at, address: address(effect["address"], "stop.address") };
    case "log": {
      const level = oneOf(effect["level"], "log.level", ["debug", "info", "warn", "error"]);
      return { kind: "log", at, level, text: text(effect["text"], "log.text", longestLog) };
    }
    default:
      throw badFrame(`there is no effect ${quote(effect["kind"])}`);
  }
}

function readSend(effect: Fields, at: number, most: number, payload: PayloadReader): Effect {
  const expiresInMs = wholeOrNull(effect["expiresInMs"], "send.expiresInMs");
  if (expiresInMs !== null) duration(expiresInMs, "send.expiresInMs");
  return {
    kind: "send",
    at,
    to: address(effect["to"], "send.to"),
    type: messageType(effect["type"], "send.type"),
    payload: object(payload(effect["payload"], "send.payload", most)),
    lane: lane(effect["lane"]),
    expiresInMs,
    ask: effect["ask"] === null ? null : idOf(effect["ask"], "a"),
  };
}

/** JSON that begins like an object is one. */
function object(text: string): string {
  if (text.trimStart().startsWith("{")) return text;
  throw badFrame("send.payload is no object");
}

function readReply(effect: Fields, at: number, most: number, read: PayloadReader): Effect {
  const replyTo = fields(effect["replyTo"], "reply.replyTo");
  const payload = read(effect["payload"], "reply.payload", most);
  if (read === json) checkOutcome(JSON.parse(payload), "reply.payload", false);
  return {
    kind: "reply",
    at,
    replyTo: {
      to: text(replyTo["to"], "replyTo.to", 600),
      ask: text(replyTo["ask"], "replyTo.ask", 64),
      expiresAtMs: whole(replyTo["expiresAtMs"], "replyTo.expiresAtMs"),
    },
    payload,
  };
}

function readSpawn(effect: Fields, at: number, most: number, payload: PayloadReader): Effect {
  const name = text(effect["name"], "spawn.name", 128);
  if (!isSegment(name)) throw badFrame(`spawn.name is ${quote(name)}, no part of an address`);
  const restart = effect["restart"];
  return {
    kind: "spawn",
    at,
    under: address(effect["under"], "spawn.under"),
    name,
    agent: text(effect["agent"], "spawn.agent", typeLength),
    input: payload(effect["input"], "spawn.input", most),
    restart: restart === null
      ? null
      : oneOf(restart, "spawn.restart", ["permanent", "transient", "temporary"] as const),
  };
}

/** Checks that `value` is an `Outcome`. @param open whether it may be one event of many */
export function checkOutcome(value: unknown, what: string, open: boolean): void {
  const outcome = fields(value, what);
  if (outcome["ok"] === true) return;
  if (open && Object.hasOwn(outcome, "event")) return;
  if (outcome["ok"] !== false) throw badFrame(`${what} is no outcome`);
  const error = fields(outcome["error"], `${what}.error`);
  text(error["code"], `${what}.error.code`, 200);
  text(error["message"], `${what}.error.message`, 100_000);
}

/** An id per start of the kind that `letter` stands for. */
export function idOf(value: unknown, letter: string): string {
  if (typeof value === "string" && value[0] === letter && startId.test(value)) return value;
  throw badFrame(`${quote(value)} is no id of a start "${letter}"`);
}

function duration(value: unknown, what: string): number {
  const ms = whole(value, what);
  if (ms <= longestMs) return ms;
  throw badFrame(`${what} is ${ms}, longer than a hundred years`);
}

function messageType(value: unknown, what: string): string {
  const type = text(value, what, typeLength);
  if (type !== "" && !isReservedType(type)) return type;
  throw badFrame(`${what} is ${quote(type)}, which is not for agents`);
}
