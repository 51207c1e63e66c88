/** Tells XState's logics apart: by what made them, as they carry no name of their own. */
import {
  type AnyActorLogic,
  fromCallback,
  fromEventObservable,
  fromObservable,
  fromPromise,
} from "xstate";
import { workOf } from "./durable-mark.ts";
import { isMachine } from "./xstate-inner.ts";

/**
 * - `machine`, `pure` (fromTransition): stepped inside the turn
 * - `promise` … `eventObservable`: run in the thread; `work`: calls and asks
 * - `handMade`: has a `start` of its own, which no turn can replay
 */
export type LogicKind =
  | "machine"
  | "pure"
  | "promise"
  | "callback"
  | "observable"
  | "eventObservable"
  | "work"
  | "handMade";

const nothing = { subscribe: () => ({ unsubscribe() {} }) };

/** All logics of one maker share the text of their `transition`. */
const makers: ReadonlyMap<string, LogicKind> = new Map<string, LogicKind>([
  [String(fromPromise(() => Promise.resolve()).transition), "promise"],
  [String(fromCallback(() => {}).transition), "callback"],
  [String(fromObservable(() => nothing).transition), "observable"],
  [String(fromEventObservable(() => nothing).transition), "eventObservable"],
]);

const known = new WeakMap<object, LogicKind>();

export function kindOf(logic: AnyActorLogic): LogicKind {
  const before = known.get(logic);
  if (before) return before;
  const kind = find(logic);
  known.set(logic, kind);
  return kind;
}

function find(logic: AnyActorLogic): LogicKind {
  if (isMachine(logic)) return "machine";
  if (workOf(logic)) return "work";
  if (!logic.start) return "pure";
  return makers.get(String(logic.transition)) ?? "handMade";
}
