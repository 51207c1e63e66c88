/** What is told about one agent, page by page, as lines. */
import { formatDuration } from "../../duration.ts";
import type { Json } from "../../json.ts";
import { printable } from "../text.ts";
import { chartLines } from "./chart-lines.ts";
import { checkpointLines, letterLines, logLines, messageLines, restartLines } from "./lists.ts";
import { type Line, say } from "./line.ts";
import type { Look, PageName, State } from "./state.ts";

/** Titles of the tabs. */
export const titles: Record<PageName, string> = {
  machine: "machine",
  context: "context",
  messages: "messages",
  timers: "timers+calls",
  restarts: "restarts",
  checkpoints: "checkpoints",
  letters: "dead letters",
  log: "log",
};

const reading: Line[] = [say("reading…", "dim")];

/** All lines of the page; rows of lists are one line each, in the order of the list. */
export function pageLines(look: Look, state: State): Line[] {
  const { facts } = look;
  const { nowMs, hasSymbols } = state;
  switch (look.page) {
    case "machine":
      return machineLines(look, state);
    case "context":
      return contextLines(look);
    case "messages":
      return facts.messages ? messageLines(facts.messages, nowMs) : reading;
    case "timers":
      return timerLines(look, nowMs);
    case "restarts":
      return restartLines(facts, state.swarm.find(look.address), nowMs);
    case "checkpoints":
      return facts.checkpoints ? checkpointLines(facts.checkpoints, nowMs) : reading;
    case "letters":
      return facts.letters ? letterLines(facts.letters, nowMs) : reading;
    case "log":
      return facts.log ? logLines(facts.log, hasSymbols) : reading;
  }
}

function machineLines({ facts }: Look, { hasSymbols }: State): Line[] {
  const { detail, chart } = facts;
  if (!detail) return reading;
  const { state, kind, version, bundle, generation, turns, hostPid, thread } = detail;
  const value = state?.value ?? null;
  const place = hostPid === null ? "in no thread" : `host ${hostPid}, thread ${thread}`;
  const tags = state && state.tags.length > 0 ? `  tags ${printable(state.tags.join(", "))}` : "";
  return [
    say(
      `${printable(kind)} version ${version}, bundle ${bundle.slice(0, 12)}; ` +
        `generation ${generation}, ${turns} turns; ${place}`,
      "dim",
    ),
    {
      parts: [
        { text: "state  " },
        { text: value === null ? "none yet" : printable(JSON.stringify(value)), bold: true },
        { text: tags, tint: "cyan" },
      ],
    },
    say(""),
    ...(chart === null
      ? [say("Its machine is too large to be drawn", "dim")]
      : chartLines(chart, value, hasSymbols)),
  ];
}

function contextLines({ facts }: Look): Line[] {
  const { detail } = facts;
  if (!detail) return reading;
  const lines = [say("input", "dim"), ...jsonLines(detail.input), say("")];
  if (!detail.state) return [...lines, say("No state yet: it has made no turn", "dim")];
  const { context, output } = detail.state;
  lines.push(say("context", "dim"), ...jsonLines(context));
  if (output !== null) lines.push(say(""), say("output", "dim"), ...jsonLines(output));
  return [...lines, say(""), say("grants", "dim"), ...jsonLines(detail.grants)];
}

/** JSON on several lines, safe to show. */
export function jsonLines(value: Json): Line[] {
  return (JSON.stringify(value, null, 2) ?? "null").split("\n").slice(0, 5_000).map((text) => {
    const lead = /^ */.exec(text)![0];
    return say(lead + printable(text.trimStart()));
  });
}

function timerLines({ facts: { detail } }: Look, nowMs: number): Line[] {
  if (!detail) return reading;
  const { timers, calls } = detail;
  const lines: Line[] = [say(countOf(timers.length, "timer"), "dim")];
  for (const { id, dueAtMs, delayMs, cause } of timers) {
    const left = dueAtMs - nowMs;
    const when = left >= 0 ? `in ${formatDuration(left)}` : `due ${formatDuration(-left)} ago`;
    lines.push({
      parts: [
        { text: `  ${when.padEnd(10)}`, tint: "cyan" },
        { text: ` of ${formatDuration(delayMs)}  ${printable(id)}` },
        { text: cause === null ? "" : `  cause ${cause}`, tint: "dim" },
      ],
    });
  }
  lines.push(say(""), say(countOf(calls.length, "call"), "dim"));
  for (const { id, name, status, cause, requestedAtMs } of calls) {
    lines.push({
      parts: [
        { text: `  ${status.replace("_", " ").padEnd(10)}`, tint: statusTint[status] },
        { text: ` ${printable(name)}  ${formatDuration(Math.max(0, nowMs - requestedAtMs))} ago` },
        { text: `  ${printable(id)}${cause === null ? "" : `  cause ${cause}`}`, tint: "dim" },
      ],
    });
  }
  return lines;
}

const statusTint = { requested: "bold", running: "green", in_doubt: "red" } as const;

function countOf(count: number, what: string): string {
  return count === 1 ? `1 ${what}` : `${count} ${what}s`;
}
