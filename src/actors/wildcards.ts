/**
 * `"*"` takes messages only (R4): an unforeseen error of a child must not vanish in a wildcard, and
 * results, timers and `system.*` go only to who names them. So its transitions get one more guard.
 */
import { and } from "xstate";
import { isReservedType } from "./reserved-type.ts";
import type { InnerMachine } from "./xstate-inner.ts";

interface Guarded {
  guard?: unknown;
}

const done = new WeakSet<InnerMachine>();

const messageOnly = ({ event }: { event: { type: string } }) => !isReservedType(event.type);

/** Guards the wildcards of `machine`, once. */
export function guardWildcards(machine: InnerMachine): void {
  if (done.has(machine)) return;
  done.add(machine);
  for (const node of machine.idMap.values()) {
    for (const transition of (node.transitions.get("*") ?? []) as Guarded[]) {
      transition.guard = transition.guard === undefined
        ? messageOnly
        : and([messageOnly as never, transition.guard as never]);
    }
  }
}
