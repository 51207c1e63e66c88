/** Lists about one agent, one line a row. */
import type {
  CheckpointView,
  DeadLetterView,
  EventView,
  LogEntry,
  MessageView,
} from "../../api/client.ts";
import { formatDuration } from "../../duration.ts";
import type { Json } from "../../json.ts";
import type { Tint } from "../tints.ts";
import { cutStart, printable } from "../text.ts";
import { fill, type Line, type Part, say } from "./line.ts";
import type { Facts } from "./state.ts";
import type { Item } from "./swarm.ts";

const none: Line[] = [say("none", "dim")];

/** More of a payload than a line shows need not be made printable. */
const mostText = 400;
const mostAddress = 32;

function short(value: Json): string {
  return printable((JSON.stringify(value) ?? "null").slice(0, mostText));
}

/** An address can be 512 characters long; what is said beside it has to be seen. */
function whom(address: string): string {
  return cutStart(printable(address), mostAddress);
}

function agoText(ms: number, nowMs: number): string {
  return fill(formatDuration(Math.max(0, nowMs - ms)), 5, true);
}

const messageTints: Record<MessageView["status"], Tint> = {
  pending: "bold",
  consumed: "dim",
  dead: "red",
};

/** Newest first; the cause is the envelope whose turn sent it. */
export function messageLines(messages: readonly MessageView[], nowMs: number): Line[] {
  if (messages.length === 0) return none;
  return messages.map((message) => {
    const { from, type, kind, payload, cause, status, id, attempt } = message;
    const parts: Part[] = [
      { text: `${agoText(message.sentAtMs, nowMs)} ` },
      { text: fill(status, 9), tint: messageTints[status] },
      { text: `${printable(type || kind)} `, bold: true },
      { text: `from ${whom(from)} `, tint: "cyan" },
    ];
    if (attempt > 0) parts.push({ text: `${attempt} crashes `, tint: "red" });
    parts.push({ text: short(payload) });
    parts.push({ text: `  id …${id.slice(-6)}`, tint: "dim" });
    if (cause !== null) parts.push({ text: ` cause …${cause.slice(-6)}`, tint: "dim" });
    return { parts };
  });
}

/** Newest first. */
export function letterLines(letters: readonly DeadLetterView[], nowMs: number): Line[] {
  if (letters.length === 0) return none;
  return letters.map(({ id, deadAtMs, reason, message, envelope }) => ({
    parts: [
      { text: `${agoText(deadAtMs, nowMs)} ` },
      { text: `#${id} `, tint: "dim" },
      { text: `${printable(reason)} `, tint: "red" },
      { text: `${printable(envelope.type || envelope.kind)} `, bold: true },
      { text: `${whom(envelope.from)} → ${whom(envelope.to)} `, tint: "cyan" },
      { text: printable(message) },
    ],
  }));
}

/** Newest first. */
export function checkpointLines(checkpoints: readonly CheckpointView[], nowMs: number): Line[] {
  if (checkpoints.length === 0) {
    return [say("none: the first comes before a restart, or after a minute of work", "dim")];
  }
  return checkpoints.map(({ id, atMs, reason, turns, state, tags }) => ({
    parts: [
      { text: `${agoText(atMs, nowMs)} ago ` },
      { text: `#${id} `, tint: "dim" },
      { text: reason === "restart" ? "before a restart  " : "while it worked   " },
      { text: short(state), bold: true },
      { text: tags.length > 0 ? `  ${printable(tags.join(", "))}` : "", tint: "cyan" },
      { text: `  after ${turns} turns`, tint: "dim" },
    ],
  }));
}

/** How often it ended for which reason, and what happened to it, newest first. */
export function restartLines(facts: Facts, item: Item | null, nowMs: number): Line[] {
  const lines: Line[] = [];
  const error = item?.lastError ?? null;
  lines.push(say(`${item?.restarts ?? 0} restarts`, "dim"));
  if (error) lines.push(say(`last error ${error.code}: ${printable(error.message)}`, "red"));
  for (const { reason, count, lastAtMs, message } of [...item?.exits ?? []].reverse()) {
    const text = message === null ? "" : `: ${printable(message)}`;
    lines.push({
      parts: [
        { text: `  ${reason.replaceAll("_", " ")} ${count}×`, tint: "bold" },
        { text: `, last ${formatDuration(Math.max(0, nowMs - lastAtMs))} ago${text}` },
      ],
    });
  }
  lines.push(say(""), say("what happened, newest first", "dim"));
  if (!facts.events) return [...lines, say("reading…", "dim")];
  return [...lines, ...[...facts.events].reverse().map((event) => eventLine(event, nowMs))];
}

/** A durable event. */
function eventLine({ atMs, type, address, data }: EventView, nowMs: number): Line {
  const isBad = /\.(failed|dead|parked|restarting|host_lost|buried)$/.test(type);
  return {
    parts: [
      { text: `${agoText(atMs, nowMs)} ` },
      { text: `${printable(type)} `, tint: isBad ? "red" : "green" },
      { text: `${whom(address ?? "")} `, tint: "cyan" },
      { text: short(data), tint: "dim" },
    ],
  };
}

const levelTints: Record<LogEntry["level"], Tint> = {
  debug: "dim",
  info: "green",
  warn: "bold",
  error: "red",
};

/** Oldest first, as it is followed. */
export function logLines(entries: readonly LogEntry[], hasSymbols: boolean): Line[] {
  if (entries.length === 0) return none;
  return entries.map(({ time, level, seq: _seq, message, address, ...facts }) => {
    const beside = Object.entries(facts).map(([name, value]) =>
      `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`
    );
    return {
      parts: [
        { text: `${printable(time.slice(11, 23))} `, tint: "dim" },
        { text: `${fill(hasSymbols ? level : level.toUpperCase(), 5)} `, tint: levelTints[level] },
        { text: typeof address === "string" ? `${whom(address)} ` : "", tint: "cyan" },
        { text: `${printable(message)}  ` },
        { text: printable(beside.join(" ")), tint: "dim" },
      ],
    };
  });
}
