/**
 * What is wrong with an agent, in the words of docs/inspector.md, and which keys help. The first
 * thing that applies is told: a parked agent has crashed, too, but parked is what to act upon.
 */
import { formatDuration } from "../../duration.ts";
import { printable } from "../text.ts";
import type { Item } from "./swarm.ts";

export interface Trouble {
  word: string;
  /** What is known, in one line. */
  text: string;
  /** What to press. */
  keys: string;
  /** It does not go away by itself. */
  isUrgent: boolean;
}

/** Ends within this time are one loop. */
const loopMs = 60_000;
/** So many of them, at least: a message that crashes it in each attempt is no loop. */
const loopEnds = 5;
/** A mailbox as deep as this is a flood, however fast it is emptied. */
const floodDepth = 1_000;
/** An end is told for so long. */
const recentMs = 300_000;
/** Paused for longer, with nothing in the mailbox, is forgotten too. */
const forgottenMs = 600_000;

type Find = (item: Item, about: { nowMs: number; letters: number }) => Trouble | null;

const told = (...facts: (string | null)[]) => facts.filter((fact) => fact !== null).join(", ");

const timeSince = (ms: number, nowMs: number) => formatDuration(Math.max(0, nowMs - ms));

const since = ({ sinceMs }: Item, nowMs: number) =>
  sinceMs === null ? null : `for ${timeSince(sinceMs, nowMs)}`;

const errorOf = ({ lastError }: Item) =>
  lastError === null ? null : `${lastError.code}: ${printable(lastError.message)}`;

const finders: Find[] = [
  (item, { nowMs }) =>
    item.status === "parked"
      ? {
        word: "parked",
        text: told(since(item, nowMs), errorOf(item)),
        keys: "r f restart afresh, r c from a checkpoint, r r as it is",
        isUrgent: true,
      }
      : null,
  (item) =>
    item.status === "failed"
      ? {
        word: "failed",
        text: told(errorOf(item)),
        keys: "r r restart, r f afresh",
        isUrgent: true,
      }
      : null,
  (item, { nowMs }) => {
    if (item.status !== "blocked") return null;
    const on = item.blockedOn === null ? null : `${printable(item.blockedOn)} has a full mailbox`;
    return {
      word: "blocked",
      text: told(since(item, nowMs), on),
      keys: "b go to what blocks it, s stop it",
      isUrgent: true,
    };
  },
  (item, { nowMs }) => {
    if (item.status !== "paused") return null;
    if (item.depth === 0 && (item.sinceMs === null || nowMs - item.sinceMs < forgottenMs)) {
      return null;
    }
    const waiting = item.depth > 0 ? `${item.depth} in its mailbox` : null;
    const { oldestAtMs } = item;
    const oldest = oldestAtMs === null ? null : `the oldest for ${timeSince(oldestAtMs, nowMs)}`;
    return {
      word: "paused",
      text: told(since(item, nowMs), waiting, oldest),
      keys: "u resume",
      isUrgent: true,
    };
  },
  (item, { nowMs }) => {
    const recent = item.endsMs.filter((ms) => nowMs - ms < loopMs).length;
    if (recent < loopEnds || item.status === "completed" || item.status === "stopped") return null;
    return {
      word: "crash loop",
      text: `${recent} bad ends within a minute${lastEnd(item)}`,
      keys: "p pause, d its dead letters, r f restart afresh, s stop",
      isUrgent: true,
    };
  },
  (item) =>
    item.depth >= floodDepth
      ? {
        word: "flood",
        text: `${item.depth} in its mailbox`,
        keys: "b go to who sends most (p pauses it)",
        isUrgent: true,
      }
      : null,
  (item, { letters }) =>
    letters > 0
      ? {
        word: "dead letters",
        text: `${letters} dead ${letters === 1 ? "letter" : "letters"}${lastEnd(item)}`,
        keys: "d see them: R replays, X drops",
        isUrgent: true,
      }
      : null,
  (item, { nowMs }) => {
    const last = item.endsMs.at(-1);
    if (last === undefined || nowMs - last > recentMs || item.status === "stopped") return null;
    const { reason } = item.exits.findLast((exit) => exit.lastAtMs === last) ??
      { reason: "crashed" };
    return {
      word: reason.replaceAll("_", " "),
      text: `${timeSince(last, nowMs)} ago${lastMessage(item)}`,
      keys: "5 its restarts, 3 its messages, r r restart",
      isUrgent: false,
    };
  },
];

function lastEnd(item: Item): string {
  const exit = item.exits.at(-1);
  return exit === undefined ? "" : `; ${exit.reason} ${exit.count}×${lastMessage(item)}`;
}

function lastMessage(item: Item): string {
  const message = item.exits.at(-1)?.message;
  return message ? `: ${printable(message)}` : "";
}

/**
 * What a person should look at; null when all is well.
 *
 * @param letters dead letters to the agent
 */
export function troubleOf(item: Item, nowMs: number, letters: number): Trouble | null {
  for (const find of finders) {
    const found = find(item, { nowMs, letters });
    if (found) return found;
  }
  return null;
}
