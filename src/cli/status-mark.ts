/** One mark and colour per status, the same in every command. */
import type { AgentView } from "../api/client.ts";
import type { Terminal, Tint } from "./terminal.ts";

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

/** `text` in the colour of the status. */
export function tintStatus(terminal: Terminal, status: Status, text: string): string {
  return terminal.tint(tintOf(status), text);
}
