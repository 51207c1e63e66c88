/** Draws a supervision tree as lines of text. */
import type { TreeNode } from "../api/client.ts";
import { markOf, tintStatus } from "./status-mark.ts";
import type { Terminal } from "./terminal.ts";
import { cut, printable } from "./text.ts";
import { widthOf } from "./width.ts";

/** Of a reason so much is told on the narrowest terminal. */
const leastText = 20;

/**
 * The tree from its root down, one line per node.
 *
 * @param most children shown below one node; the others are counted
 */
export function drawTree(root: TreeNode, terminal: Terminal, most = 1_000): string[] {
  const lines: string[] = [];
  const visit = (node: TreeNode, lead: string, below: string) => {
    const room = (terminal.columns ?? Infinity) - lead.length;
    lines.push(lead + describeNode(node, terminal, room));
    for (const line of exitLines(node)) {
      const text = terminal.tint("dim", cut(line, Math.max(leastText, room - 3)));
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
  const text = `${terminal.tint("bold", printable(name))}  ${terminal.tint("dim", said)}`;
  const left = Math.max(leastText, room - widthOf(name) - widthOf(said) - 6);
  const why = lastError && `${lastError.code}: ${printable(lastError.message).slice(0, 200)}`;
  const error = why === null ? "" : terminal.tint("red", `  ${cut(why, left)}`);
  return `${tintStatus(terminal, node.status, markOf(node.status))} ${text}${error}`;
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
