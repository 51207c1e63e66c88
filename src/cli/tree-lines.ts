/** Draws a supervision tree as lines of text. */
import type { TreeNode } from "../api/client.ts";
import { markOf, tintOf } from "./status-mark.ts";
import type { Terminal } from "./terminal.ts";
import { cut, printable } from "./text.ts";
import type { Tint } from "./tints.ts";
import { widthOf } from "./width.ts";

/** A name keeps so much, however much is said of it. */
const leastText = 20;

/**
 * The tree from its root down, one line per node.
 *
 * @param most children shown below one node; the others are counted
 * @param indent columns that the caller takes at the left
 */
export function drawTree(
  root: TreeNode,
  terminal: Terminal,
  most = 1_000,
  indent = 0,
): string[] {
  const lines: string[] = [];
  const columns = (terminal.columns ?? Infinity) - indent;
  const visit = (node: TreeNode, lead: string, below: string) => {
    const room = columns - lead.length;
    lines.push(lead + describeNode(node, terminal, room));
    for (const line of exitLines(node)) {
      const text = terminal.tint("dim", cut(line, Math.max(1, room - 3)));
      lines.push(`${below}${node.children.length > 0 ? "│ " : "  "} ${text}`);
    }
    const shown = node.children.slice(0, most);
    const hidden = node.hidden + node.children.length - shown.length;
    shown.forEach((child, i) => {
      const isLast = i === shown.length - 1 && hidden === 0;
      visit(child, `${below}${isLast ? "└─ " : "├─ "}`, `${below}${isLast ? "   " : "│  "}`);
    });
    if (hidden > 0) lines.push(`${below}└─ ${terminal.tint("dim", `and ${hidden} more`)}`);
  };
  visit(root, "", "");
  return lines;
}

function describeNode(node: TreeNode, terminal: Terminal, room: number): string {
  const name = node.address === "/" ? "/" : node.address.slice(node.address.lastIndexOf("/") + 1);
  const facts: string[] = [];
  if (node.type === "dynamic") facts.push(`dynamic, ${countAgents(node)}`);
  if (node.type === "supervisor") facts.push(node.strategy ?? "supervisor");
  if (node.kind !== null && node.kind !== name) facts.push(node.kind);
  if (node.type === "adapter") facts.push("adapter");
  if (node.type === "agent" || node.status !== "running") facts.push(node.status);
  if (node.mailboxDepth > 0) facts.push(`${node.mailboxDepth} in mailbox`);
  if (node.restarts > 0) facts.push(`${node.restarts} restarts`);
  const { lastError } = node;
  const said = printable(facts.join(", "));
  // A long name leaves room for what is to be said of it.
  const nameRoom = Math.max(leastText, room - widthOf(said) - 4);
  const parts: [Tint, string][] = [
    [tintOf(node.status), markOf(node.status)],
    ["bold", ` ${cut(printable(name), nameRoom)}`],
    ["dim", `  ${said}`],
  ];
  if (lastError) {
    parts.push(["red", `  ${lastError.code}: ${printable(lastError.message).slice(0, 200)}`]);
  }
  return fitParts(parts, terminal, room);
}

/** Parts of one line, cut where the room ends. */
function fitParts(parts: [Tint, string][], terminal: Terminal, room: number): string {
  let left = Math.max(1, room);
  return parts.map(([tint, text]) => {
    const shown = left > 0 ? cut(text, left) : "";
    left -= widthOf(shown);
    return shown === "" ? "" : terminal.tint(tint, shown);
  }).join("");
}

/** One line for each reason for which the agent ended: how often, when last, and what it said. */
function exitLines(node: TreeNode): string[] {
  // What the status says already is not said again.
  const said = node.status === "completed" ? "normal" : node.status === "stopped" ? "shutdown" : "";
  return node.exits.filter(({ reason }) => reason !== said).map(
    ({ reason, count, lastAtMs, message }) => {
      const text = message === null ? "" : `: ${printable(message).slice(0, 160)}`;
      return `↺ ${reason} ${count}×, last ${new Date(lastAtMs).toISOString()}${text}`;
    },
  );
}

function countAgents(node: TreeNode): string {
  const count = node.children.length + node.hidden;
  return count === 1 ? "1 agent" : `${count} agents`;
}
