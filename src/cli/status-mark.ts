/** One mark and colour per status, the same in every command. */
import type { AgentView } from "../api/client.ts";
import type { Terminal } from "./terminal.ts";
import type { Tint } from "./tints.ts";

type Status = AgentView["status"];

const marks: Record<Status, [string, Tint]> = {
  pending: ["·", "dim"],
  running: ["●", "green"],
  passive: ["○", "green"],
  blocked: ["◐", "yellow"],
  paused: ["◌", "yellow"],
  restarting: ["↻", "yellow"],
  parked: ["■", "red"],
  completed: ["✓", "dim"],
  failed: ["✗", "red"],
  stopped: ["□", "dim"],
};

const unknown: [string, Tint] = ["?", "dim"];

/** Plain text for a status of a newer service too. */
export function markOf(status: Status): string {
  return (marks[status] ?? unknown)[0];
}

const asciiMarks: Record<Status, string> = {
  pending: ".",
  running: "*",
  passive: "o",
  blocked: "b",
  paused: "=",
  restarting: "~",
  parked: "#",
  completed: "v",
  failed: "x",
  stopped: "-",
};

/** The same where only ASCII can be shown. */
export function asciiMarkOf(status: Status): string {
  return asciiMarks[status] ?? "?";
}

/** The colour of a status. */
export function tintOf(status: Status): Tint {
  return (marks[status] ?? unknown)[1];
}

/** The same for words: yellow ones cannot be read on white. */
export function wordTintOf(status: Status): Tint {
  const tint = tintOf(status);
  return tint === "yellow" ? "bold" : tint;
}

/** A mark, and words after it, in the colours of the status. */
export function tintStatus(terminal: Terminal, status: Status, text: string): string {
  const mark = markOf(status);
  const rest = text.startsWith(mark) ? text.slice(mark.length) : null;
  if (rest === null) return terminal.tint(wordTintOf(status), text);
  const words = rest.trim() === "" ? rest : terminal.tint(wordTintOf(status), rest);
  return terminal.tint(tintOf(status), mark) + words;
}
