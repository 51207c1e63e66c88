/** Invocations that would take one another's place. */
import { DreamError } from "../errors.ts";
import type { InnerMachine, InnerNode } from "./xstate-inner.ts";

/**
 * Children are filed under their id: where two invocations with one id can be active together,
 * XState leaks the first. Siblings of which one is active at a time may share an id.
 *
 * @throws {DreamError} `not_durable`
 */
export function checkInvokeIds(machine: InnerMachine, at: string): void {
  const byId = new Map<string, InnerNode[]>();
  for (const node of machine.idMap.values()) {
    for (const { id } of node.invoke) {
      const others = byId.get(id) ?? [];
      const other = others.find((one) => areTogether(one, node));
      if (other) throw twice(id, place(at, other), place(at, node));
      byId.set(id, [...others, node]);
    }
  }
}

function twice(id: string, first: string, second: string): DreamError {
  return new DreamError(
    "not_durable",
    `${second} invokes "${id}", as ${first} does, and both can be active together: the second ` +
      "would take the place of the first. Give each an id of its own",
    { details: { path: second } },
  );
}

/** Whether one is the other or above it, or they are in different regions of a parallel state. */
function areTogether(a: InnerNode, b: InnerNode): boolean {
  const above = lineOf(a);
  const common = lineOf(b).find((node) => above.includes(node));
  return common === a || common === b || common?.type === "parallel";
}

/** The node and all above it. */
function lineOf(node: InnerNode): InnerNode[] {
  const line: InnerNode[] = [];
  for (let at: InnerNode | undefined = node; at; at = at.parent) line.push(at);
  return line;
}

function place(at: string, node: InnerNode): string {
  return [at, ...node.path.map((key) => `states.${key}`)].join(".");
}
