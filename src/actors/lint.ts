/**
 * What is wrong with a machine and can be seen without running it. XState lets most of it pass in
 * silence: an unknown action does nothing, an unknown delay is no delay at all. docs/refusals.md
 * shows each fault and what to write instead.
 */
import type { AnyActorLogic } from "xstate";
import { DreamError } from "../errors.ts";
import { nearest } from "../nearest.ts";
import { encode, markRefs } from "./codec.ts";
import { resolverOf } from "./durable-mark.ts";
import { checkInvokeIds } from "./lint-invokes.ts";
import { kindOf } from "./logic-kind.ts";
import { refusedAction } from "./logic.ts";
import { longestMs } from "./read-effects.ts";
import { isReservedType } from "./reserved-type.ts";
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
  event?: unknown;
  input?: unknown;
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
  const { actions, guards, actors, delays } = machine.implementations;
  for (const [name, action] of Object.entries(actions)) {
    lintAction(machine, action, `${at}.actions.${name}`);
  }
  for (const [name, guard] of Object.entries(guards)) {
    lintGuard(machine, guard, `${at}.guards.${name}`);
  }
  for (const [name, delay] of Object.entries(delays)) {
    lintDelay(machine, delay, `${at}.delays.${name}`);
  }
  for (const [name, logic] of Object.entries(actors)) {
    lintLogic(logic, `${at}.actors.${name}`);
  }
  lintData(machine.config.context, `${at}.context`);
  lintData(machine.root.config.output, `${at}.output`);
  for (const node of machine.idMap.values()) lintNode(machine, node, at);
  checkInvokeIds(machine, at);
}

/** What is given as it is, and not made by a function when it is wanted. */
function lintData(value: unknown, path: string): void {
  if (typeof value !== "function") encode(value, path, markRefs);
}

/** Where a state stands in what its author wrote. */
function pathOf(at: string, node: InnerNode): string {
  return [at, ...node.path.map((key) => `states.${key}`)].join(".");
}

function lintNode(machine: InnerMachine, node: InnerNode, at: string): void {
  const path = pathOf(at, node);
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
  if (node.type === "final") lintData(node.output, `${path}.output`);
  node.invoke.forEach((invoke, i) => {
    const where = `${path}.invoke[${i}]`;
    const src = invoke.src as string;
    const logic = logicOf(machine, src);
    if (!logic) throw unknown(where, "actor", src, machine.implementations.actors);
    lintLogic(logic, where);
    lintData(invoke.input, `${where}.input`);
  });
}

function lintTransition(machine: InnerMachine, transition: Transition, path: string): void {
  transition.actions.forEach((action, i) => lintAction(machine, action, `${path}.actions[${i}]`));
  if (transition.guard !== undefined) lintGuard(machine, transition.guard, `${path}.guard`);
  if (transition.target?.includes(machine.root) && !transition.reenter) {
    throw undurable(
      path,
      "targets the root without reenter: true: XState would start its invocations a second time. " +
        `Write { target: "#${machine.id}", reenter: true }, or target a state below the root`,
    );
  }
}

function lintAction(machine: InnerMachine, action: unknown, path: string): void {
  if (typeof action === "string" || (typeof action === "object" && action !== null)) {
    const type = typeof action === "string" ? action : (action as { type: string }).type;
    const { actions } = machine.implementations;
    if (!Object.hasOwn(actions, type)) throw unknown(path, "action", type, actions);
    return;
  }
  if (typeof action !== "function" || resolverOf(action)) return;
  const builtIn = action as BuiltIn;
  if (builtIn.resolve === undefined) throw refusedAction(path);
  if (builtIn.delay !== undefined) lintDelay(machine, builtIn.delay, path);
  if (builtIn.event !== undefined) lintEvent(builtIn, path);
  if (builtIn.type === "xstate.spawnChild") lintSpawn(machine, builtIn, path);
}

/** Of `raise`, `sendTo` and `emit`: where it is not made by a function. */
function lintEvent({ event, id }: BuiltIn, path: string): void {
  if (typeof event === "function") return lintAsync(event, path, "event");
  lintData(event, `${path}.event`);
  const type = (event as { type?: unknown } | null)?.type;
  // XState's own delays of `after` carry their type as id.
  if (typeof type !== "string" || !isReservedType(type) || id === type) return;
  throw new DreamError(
    "reserved_type",
    `${path} sends "${type}", which only the runtime may: a forged result would be taken for a ` +
      "real one. Give the event a type of your own",
    { details: { path } },
  );
}

function lintSpawn(machine: InnerMachine, spawn: BuiltIn, path: string): void {
  if (typeof spawn.src !== "string") {
    throw undurable(
      path,
      "spawns logic without a name; " +
        "register it in setupAgent({ actors }) and spawn it by that name",
    );
  }
  const { actors } = machine.implementations;
  if (!logicOf(machine, spawn.src)) throw unknown(path, "actor", spawn.src, actors);
  if (spawn.id === undefined) {
    const wanted = `spawnChild("${spawn.src}", { id })`;
    throw undurable(path, `spawns "${spawn.src}" without an id; give it one: ${wanted}`);
  }
  lintData(spawn.input, `${path}.input`);
}

/** A number, a name, or the function behind a name. */
function lintDelay(machine: InnerMachine, delay: unknown, path: string): void {
  if (typeof delay === "function") return lintAsync(delay, path, "delay");
  const { delays } = machine.implementations;
  if (typeof delay === "string" && Object.hasOwn(delays, delay)) return;
  const ms = Number(delay);
  if (ms >= 0 && ms <= longestMs) return;
  if (typeof delay === "string" && Number.isNaN(ms)) throw unknown(path, "delay", delay, delays);
  throw undurable(
    path,
    `has a delay of ${delay} ms; wanted a number from 0, at most a hundred years. ` +
      "Use always for what comes at once, and leave out what never comes",
  );
}

function lintGuard(machine: InnerMachine, guard: unknown, path: string): void {
  if (typeof guard === "function") {
    lintAsync(guard, path, "guard");
    const parts = (guard as BuiltIn).guards;
    if (Array.isArray(parts)) parts.forEach((part) => lintGuard(machine, part, path));
    return;
  }
  const type = typeof guard === "string" ? guard : (guard as { type?: unknown } | null)?.type;
  const { guards } = machine.implementations;
  if (typeof type === "string" && Object.hasOwn(guards, type)) return;
  throw unknown(path, "guard", String(type), guards);
}

/** XState takes the promise for the value: a guard would always hold. */
function lintAsync(made: object, path: string, what: string): void {
  if (Object.prototype.toString.call(made) !== "[object AsyncFunction]") return;
  throw undurable(
    path,
    `is an async ${what}: XState would take its promise for the value. ` +
      "Invoke fromPromise logic and decide in onDone",
  );
}

function lintLogic(logic: AnyActorLogic, path: string): void {
  if (isMachine(logic)) return lintMachine(logic, path);
  if (looksLikeMachine(logic)) {
    throw bad(path, "was made by another copy of xstate; leave xstate out of the bundle");
  }
  if (kindOf(logic) !== "handMade") return;
  throw undurable(
    path,
    "is logic with a start of its own; make it with fromPromise, fromCallback, fromObservable " +
      "or fromTransition, or use call() or ask()",
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

function unknown(path: string, what: string, name: string, among: object): DreamError {
  const near = nearest(name, Object.keys(among));
  const hint = near === null
    ? `add it to setupAgent({ ${what}s: { ${name}: … } })`
    : `did you mean "${near}"?`;
  return bad(path, `names the ${what} "${name}", which setup does not register; ${hint}`);
}

function undurable(path: string, why: string): DreamError {
  return new DreamError("not_durable", `${path} ${why}`, { details: { path } });
}

function bad(path: string, why: string): DreamError {
  return new DreamError("bad_bundle", `${path} ${why}`, { details: { path } });
}
