/**
 * A supervision tree as words, for scripts: one line per place in the order of the tree, indented
 * by two spaces a level. The address, the status, then `name=value`; names are only ever added.
 */
import type { TreeNode } from "../api/client.ts";
import { printable } from "./text.ts";

/** Lines without colours, marks or anything that depends on the terminal. */
export function plainTree(root: TreeNode): string[] {
  const lines: string[] = [];
  const visit = (node: TreeNode, lead: string) => {
    lines.push(lead + [printable(node.address), node.status, ...factsOf(node)].join(" "));
    for (const child of node.children) visit(child, `${lead}  `);
  };
  visit(root, "");
  return lines;
}

function factsOf(node: TreeNode): string[] {
  const { type, kind, strategy, mailboxDepth, restarts, lastError, exits, children, hidden } = node;
  const facts = [`type=${type}`];
  if (kind !== null) facts.push(`kind=${printable(kind)}`);
  if (strategy !== null) facts.push(`strategy=${strategy}`);
  if (type === "supervisor" || type === "dynamic") {
    facts.push(`children=${children.length + hidden}`);
  }
  if (hidden > 0) facts.push(`hidden=${hidden}`);
  if (mailboxDepth > 0) facts.push(`mailbox=${mailboxDepth}`);
  if (restarts > 0) facts.push(`restarts=${restarts}`);
  for (const { reason, count } of exits) facts.push(`${reason}=${count}`);
  if (lastError !== null) facts.push(`error=${lastError.code}`);
  return facts;
}
