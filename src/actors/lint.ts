/**
 * What is wrong with a machine and can be seen without running it. XState lets most of it pass in
 * silence: an unknown action does nothing, an unknown delay is no delay at all.
 */
import type { AnyActorLogic } from "xstate";
import { DreamError } from "../errors.ts";
import { resolverOf } from "./durable-mark.ts";
import { kindOf } from "./logic-kind.ts";
import { refusedAction } from "./logic.ts";
import {
  type InnerMachine,
  type InnerNode,
  isMachine,
  logicOf,
  looksLikeMachine,
} from "./xstate-inner.ts";

/** A built-in action or guard of XState, as far as the lint looks into it. */
interface BuiltIn {
  type?: string;
  resolve?: unknown;
  src?: unknown;
  id?: unknown;
  delay?: unknown;
  guards?: unknown[];
}

interface Transition {
  target?: InnerNode[] | undefined;
  actions: readonly unknown[];
  guard?: unknown;
  reenter: boolean;
}

const linted = new WeakSet<InnerMachine>();

/**
 * @throws {DreamError} `not_durable` or `bad_bundle` at the first fault, with the path of the state
 */
export function lintMachine(machine: InnerMachine, at = "machine"): void {
  if (linted.has(machine)) return;
  linted.add(machine);
  const { actions, guards, actors } = machine.implementations;
  for (const [name, action] of Object.entries(actions)) {
    lintAction(machine, action, `${at}.actions.${name}`, name);
  }
  for (const [name, guard] of Object.entries(guards)) {
    lintGuard(machine, guard, `${at}.guards.${name}`);
  }
  for (const [name, logic] of Object.entries(actors)) {
    lintLogic(logic, `${at}.actors.${name}`);
  }
  for (const node of machine.idMap.values()) lintNode(machine, node, at);
}

function lintNode(machine: InnerMachine, node: InnerNode, at: string): void {
  const path = [at, ...node.path.map((key) => `states.${key}`)].join(".");
  // Each delay is an entry action as well, with a path that tells nobody anything.
  for (const key of Object.keys(node.config.after ?? {})) lintDelay(machine, key, `${path}.after`);
  const lists: [string, readonly unknown[]][] = [["entry", node.entry], ["exit", node.exit]];
  if (node.type === "compound") lists.push(["initial", node.initial.actions]);
  for (const [what, list] of lists) {
    list.forEach((action, i) => lintAction(machine, action, `${path}.${what}[${i}]`));
  }
  for (const [event, transitions] of node.transitions) {
    for (const transition of transitions as unknown as Transition[]) {
      lintTransition(machine, transition, `${path}.on.${event}`);
    }
  }
  for (const transition of (node.always ?? []) as unknown as Transition[]) {
    lintTransition(machine, transition, `${path}.always`);
  }
  node.invoke.forEach((invoke, i) => {
    const where = `${path}.invoke[${i}]`;
    const src = invoke.src as string;
    const logic = logicOf(machine, src);
    if (!logic) throw bad(where, `names the actor "${src}", which setup does not register`);
    lintLogic(logic, where);
  });
}

function lintTransition(machine: InnerMachine, transition: Transition, path: string): void {
  transition.actions.forEach((action, i) => lintAction(machine, action, `${path}.actions[${i}]`));
  if (transition.guard !== undefined) lintGuard(machine, transition.guard, `${path}.guard`);
  if (transition.target?.includes(machine.root) && !transition.reenter) {
    throw bad(
      path,
      "targets the root without reenter: true: XState would start its invocations a second time",
    );
  }
}

/** @param name of a registered action: then `action` is what it stands for */
function lintAction(machine: InnerMachine, action: unknown, path: string, name?: string): void {
  if (typeof action === "string" || (typeof action === "object" && action !== null)) {
    const type = typeof action === "string" ? action : (action as { type: string }).type;
    if (!Object.hasOwn(machine.implementations.actions, type)) {
      throw bad(path, `names the action "${type}", which setup does not register`);
    }
    return;
  }
  if (typeof action !== "function" || resolverOf(action)) return;
  const builtIn = action as BuiltIn;
  if (builtIn.resolve === undefined) throw refusedAction(name ?? (action.name || "inline"), path);
  if (typeof builtIn.delay === "string") lintDelay(machine, builtIn.delay, path);
  if (builtIn.type === "xstate.spawnChild") lintSpawn(machine, builtIn, path);
}

function lintSpawn(machine: InnerMachine, spawn: BuiltIn, path: string): void {
  if (typeof spawn.src !== "string") {
    throw new DreamError(
      "not_durable",
      `${path} spawns logic without a name; register it in setupAgent({ actors })`,
      { details: { path } },
    );
  }
  if (!logicOf(machine, spawn.src)) {
    throw bad(path, `names the actor "${spawn.src}", which setup does not register`);
  }
  if (spawn.id === undefined) {
    throw bad(path, `spawns "${spawn.src}" without an id; give it one: spawnChild(src, { id })`);
  }
}

function lintDelay(machine: InnerMachine, delay: string, path: string): void {
  if (!Number.isNaN(Number(delay)) || Object.hasOwn(machine.implementations.delays, delay)) return;
  throw bad(path, `names the delay "${delay}", which setup does not register`);
}

function lintGuard(machine: InnerMachine, guard: unknown, path: string): void {
  if (typeof guard === "function") {
    const parts = (guard as BuiltIn).guards;
    if (Array.isArray(parts)) parts.forEach((part) => lintGuard(machine, part, path));
    return;
  }
  const type = typeof guard === "string" ? guard : (guard as { type?: unknown } | null)?.type;
  if (typeof type === "string" && Object.hasOwn(machine.implementations.guards, type)) return;
  throw bad(path, `names the guard "${String(type)}", which setup does not register`);
}

function lintLogic(logic: AnyActorLogic, path: string): void {
  if (isMachine(logic)) return lintMachine(logic, path);
  if (looksLikeMachine(logic)) {
    throw bad(path, "was made by another copy of xstate; leave xstate out of the bundle");
  }
  if (kindOf(logic) !== "handMade") return;
  throw new DreamError(
    "not_durable",
    `${path} is logic with a start of its own; make it with fromPromise, fromCallback, ` +
      "fromObservable or fromTransition, or use call() or ask()",
    { details: { path } },
  );
}

/** `system.*` types that the machine names. @throws {DreamError} `bad_bundle` for `system.*` */
export function systemTypes(machine: InnerMachine): string[] {
  const types = new Set<string>();
  for (const node of machine.idMap.values()) {
    for (const type of node.transitions.keys()) {
      if (!type.startsWith("system.")) continue;
      if (type.endsWith("*")) throw bad(`on.${type}`, "must name each system event by itself");
      types.add(type);
    }
  }
  return [...types].sort();
}

function bad(path: string, why: string): DreamError {
  return new DreamError("bad_bundle", `${path} ${why}`, { details: { path } });
}
