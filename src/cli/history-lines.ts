/** Histories as lines: an indented tree of causes and effects, a timeline of an agent. */
import type {
  AgentHistory,
  AnswerView,
  Happening,
  MessageHistory,
  TracedView,
} from "../api/client.ts";
import { formatDuration } from "../duration.ts";
import type { Terminal } from "./terminal.ts";
import { cut, padTo, printable } from "./text.ts";
import { widthOf } from "./width.ts";

const durationWidth = 7;
const timeWidth = 24;
/** Of what an event tells so much is shown on the narrowest terminal. */
const leastData = 20;
/** Deeper ones are drawn at this depth, with their number: a line must stay a line. */
const mostIndent = 24;

/** Results and timers have no type of their own. */
const kindNames: Record<TracedView["kind"], string> = {
  message: "message",
  reply: "reply",
  result: "result of a call",
  ran: "end of a run",
  timer: "delay over",
  system: "system",
};

function timeOf(atMs: number): string {
  return new Date(atMs).toISOString();
}

/** `poison, dead letter 7`, or nothing for what went as it should. */
function fateOf({ status, letter, attempt }: TracedView): string {
  const tries = attempt > 0 ? ` after ${attempt} ${attempt === 1 ? "crash" : "crashes"}` : "";
  if (letter) return `dead: ${letter.reason}${tries}, letter ${letter.id}`;
  return `${status}${tries}`;
}

function nameOf(message: TracedView): string {
  const { kind, type } = message;
  if (type === "") return kindNames[kind] ?? kind;
  return kind === "message" || kind === "system" ? type : `${kindNames[kind] ?? kind} ${type}`;
}

function tintFate(terminal: Terminal, message: TracedView): string {
  const text = printable(fateOf(message));
  if (message.status === "dead") return terminal.tint("red", text);
  return terminal.tint(message.status === "pending" ? "bold" : "dim", text);
}

function messageLine(
  message: TracedView,
  depth: number,
  isAsked: boolean,
  terminal: Terminal,
): string {
  const { afterCauseMs } = message;
  const after = afterCauseMs === null ? "" : `+${formatDuration(afterCauseMs)}`;
  const indent = depth > mostIndent ? `${"  ".repeat(mostIndent)}(${depth}) ` : "  ".repeat(depth);
  const mark = isAsked ? "▶ " : depth > 0 ? "└ " : "";
  const what = printable(`${message.from} → ${message.to}  ${nameOf(message)}`);
  const deeper = message.isDeeper ? "  … deeper: dreamos history of it" : "";
  return [
    terminal.tint("dim", timeOf(message.sentAtMs)),
    padTo(after, durationWidth, true),
    `${indent}${mark}${isAsked ? terminal.tint("bold", what) : what}`,
    tintFate(terminal, message),
    terminal.tint("dim", message.id) + deeper,
  ].join("  ");
}

/** Of the ask that all began with: one step further in than that. */
function answerLine({ from, to, atMs, afterMs, error }: AnswerView, terminal: Terminal): string {
  return [
    terminal.tint("dim", timeOf(atMs)),
    padTo(`+${formatDuration(afterMs)}`, durationWidth, true),
    `  └ ${printable(`${from} → ${to}  answer`)}`,
    error === null ? terminal.tint("dim", "ok") : terminal.tint("red", printable(error)),
  ].join("  ");
}

/** The causes, the message, its effects: each one step further in than what it came of. */
export function messageLines(history: MessageHistory, terminal: Terminal): string[] {
  const { ancestors, answer = null, effects, id, message, origin } = history;
  const lines: string[] = [];
  if (origin === "not_kept") {
    lines.push(terminal.tint("bold", "Earlier causes are older than retention: not kept"));
  } else if (origin === "too_far") {
    lines.push(`Earlier causes: dreamos history ${ancestors[0]?.id}`);
  }
  const isOfAsked = effects.of === id;
  const above = isOfAsked ? ancestors : ancestors.slice(0, 1);
  above.forEach((one, depth) => lines.push(messageLine(one, depth, false, terminal)));
  if (isOfAsked) lines.push(messageLine(message, above.length, true, terminal));
  const base = isOfAsked ? above.length : 0;
  for (const one of effects.items) {
    lines.push(messageLine(one, base + one.depth, one.id === id, terminal));
  }
  const isEnd = effects.nextCursor === null;
  if (answer && isEnd) lines.push(answerLine(answer, terminal));
  if (effects.items.length === 0 && isOfAsked && !answer) {
    const why = message.status === "pending" ? "It was not handled yet" : "Nothing came of it";
    lines.push(terminal.tint("dim", `${why}, or nothing that is kept`));
  }
  return lines;
}

function happeningLine(one: Happening, terminal: Terminal): string {
  const time = terminal.tint("dim", timeOf(one.atMs));
  switch (one.what) {
    case "received": {
      const { message } = one;
      const what = `← ${message.from}  ${nameOf(message)}`;
      const id = terminal.tint("dim", message.id);
      return `${time}  ${printable(what)}  ${tintFate(terminal, message)}  ${id}`;
    }
    case "sent": {
      const { message } = one;
      const what = `→ ${message.to}  ${nameOf(message)}`;
      const id = terminal.tint("dim", message.id);
      return `${time}  ${printable(what)}  ${tintFate(terminal, message)}  ${id}`;
    }
    case "event": {
      const tint = /failed|dead|parked|lost|doubt/.test(one.type) ? "red" : "cyan";
      const what = `• ${printable(one.type)}`;
      const room = (terminal.columns ?? Infinity) - timeWidth - widthOf(what) - 4;
      const data = cut(
        printable(JSON.stringify(one.data)),
        Math.max(leastData, Math.min(300, room)),
      );
      return `${time}  ${terminal.tint(tint, what)}  ${data}`;
    }
    case "checkpoint": {
      const why = one.reason === "restart" ? "before a restart" : "a minute had passed";
      return `${time}  ◆ checkpoint ${one.id} after ${one.turns} turns (${why})`;
    }
    default:
      // A newer service may tell more.
      return `${time}  ${printable(JSON.stringify(one))}`;
  }
}

/** Oldest first, as one reads a story; what it waits for comes last. */
export function agentLines(history: AgentHistory, terminal: Terminal): string[] {
  const { address, agent, open, items } = history;
  const lines = [
    agent
      ? `${printable(address)}: ${agent.status}, ${agent.turns} turns, ${agent.restarts} ` +
        `restarts, generation ${agent.generation}, ${agent.mailboxDepth} waiting; since ` +
        timeOf(agent.createdAtMs)
      : `${printable(address)} is no more`,
  ];
  lines.push(...items.toReversed().map((one) => happeningLine(one, terminal)));
  for (const { name, status, requestedAtMs } of open.calls) {
    lines.push(`waits for the call ${printable(name)} (${status}) since ${timeOf(requestedAtMs)}`);
  }
  for (const { dueAtMs, delayMs } of open.timers) {
    lines.push(`waits for a delay of ${formatDuration(delayMs)}, due ${timeOf(dueAtMs)}`);
  }
  const kept = `Messages and events before ${timeOf(history.keptSinceMs)} are not kept`;
  if (history.nextCursor === null) lines.push(terminal.tint("dim", kept));
  return lines;
}
