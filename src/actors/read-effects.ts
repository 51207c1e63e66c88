/** Effects of a turn as a thread claims them: each checked, and made anew field by field. */
import { isSegment } from "../address.ts";
import type { Effect } from "./effect.ts";
import {
  address,
  badFrame,
  type Fields,
  fields,
  json,
  jsonObject,
  lane,
  oneOf,
  parsed,
  quote,
  sized,
  text,
  whole,
  wholeOrNull,
} from "./hostile.ts";
import { isReservedType } from "./outbox.ts";

/** Longest delay and expiry, ms: a hundred years. Beyond it due times stop being whole numbers. */
const longestMs = 100 * 365 * 24 * 3600 * 1000;
const longestLog = 16_000;
const typeLength = 256;
const startId = /^[tcra][1-9]\d{0,15}(\.[0-9a-z]{1,12})?$/;

/** @param most bytes of one payload */
export function readEffect(value: unknown, consumed: number, most: number): Effect {
  const effect = fields(value, "effect");
  const at = whole(effect["at"], "effect.at", -1);
  if (at >= consumed && at !== -1) throw badFrame(`effect.at is ${at} of ${consumed}`);
  switch (effect["kind"]) {
    case "send":
      return readSend(effect, at, most);
    case "reply":
      return readReply(effect, at, most);
    case "publish": {
      const type = messageType(effect["type"], "publish.type");
      return { kind: "publish", at, type, payload: json(effect["payload"], "publish", most) };
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
      return { kind: "call", at, id, name, input: json(effect["input"], "call.input", most) };
    }
    case "run":
      return { kind: "run", at, id: idOf(effect["id"], "r") };
    case "spawn":
      return readSpawn(effect, at, most);
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

function readSend(effect: Fields, at: number, most: number): Effect {
  const expiresInMs = wholeOrNull(effect["expiresInMs"], "send.expiresInMs");
  if (expiresInMs !== null) duration(expiresInMs, "send.expiresInMs");
  return {
    kind: "send",
    at,
    to: address(effect["to"], "send.to"),
    type: messageType(effect["type"], "send.type"),
    payload: jsonObject(effect["payload"], "send.payload", most),
    lane: lane(effect["lane"]),
    expiresInMs,
    ask: effect["ask"] === null ? null : idOf(effect["ask"], "a"),
  };
}

function readReply(effect: Fields, at: number, most: number): Effect {
  const replyTo = fields(effect["replyTo"], "reply.replyTo");
  const payload = sized(effect["payload"], "reply.payload", most);
  checkOutcome(parsed(payload, "reply.payload"), "reply.payload", false);
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

function readSpawn(effect: Fields, at: number, most: number): Effect {
  const name = text(effect["name"], "spawn.name", 128);
  if (!isSegment(name)) throw badFrame(`spawn.name is ${quote(name)}, no part of an address`);
  const restart = effect["restart"];
  return {
    kind: "spawn",
    at,
    under: address(effect["under"], "spawn.under"),
    name,
    agent: text(effect["agent"], "spawn.agent", typeLength),
    input: json(effect["input"], "spawn.input", most),
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
