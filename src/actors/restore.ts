/** Stored actors to living ones: machines with their children, in the order XState had them. */
import { type AnyActorLogic, createActor } from "xstate";
import { DreamError } from "../errors.ts";
import { decode } from "./codec.ts";
import { systemOf } from "./scope.ts";
import type { StoredActor, StoredChild } from "./stored.ts";
import {
  type InnerActor,
  type InnerMachine,
  type InnerNode,
  type InnerScope,
  type InnerSnapshot,
  logicOf,
  nodeById,
} from "./xstate-inner.ts";

export type { StoredActor } from "./stored.ts";

/**
 * Makes a machine's snapshot. Contexts are read last of all, when every actor that they may refer
 * to exists (`system.afterRestore`).
 *
 * @throws {DreamError} `definition_changed` when the machine lacks what the state names
 */
export function restoreMachine(
  machine: InnerMachine,
  stored: StoredActor,
  scope: InnerScope,
): InnerSnapshot {
  const system = systemOf(scope);
  const restore = machine.restoreSnapshot as unknown as (
    persisted: unknown,
    scope: InnerScope,
  ) => InnerSnapshot;
  const snapshot = restore({
    status: stored.status,
    value: stored.value,
    context: {},
    children: {},
    historyValue: {},
  }, scope);
  if (stored.nodes) {
    snapshot._nodes = stored.nodes.map((id) => nodeOrThrow(machine, id));
    snapshot.value = stored.value;
    snapshot.tags = new Set(snapshot._nodes.flatMap((node) => node.tags));
  }
  snapshot.historyValue = {};
  for (const [id, ids] of Object.entries(stored.history ?? {})) {
    snapshot.historyValue[id] = ids.map((each) => nodeOrThrow(machine, each));
  }
  for (const [key, child] of Object.entries(stored.children ?? {})) {
    snapshot.children![key] = restoreChild(machine, key, child, scope);
  }
  system.afterRestore.push(() => {
    snapshot.context = decode(stored.context, system.refs);
    snapshot.output = decode(stored.output, system.refs);
    snapshot.error = decode(stored.error, system.refs);
  });
  return snapshot;
}

function nodeOrThrow(machine: InnerMachine, id: string): InnerNode {
  const node = nodeById(machine, id);
  if (node) return node;
  throw new DreamError("definition_changed", `Machine "${machine.id}" has no state "${id}"`);
}

function restoreChild(
  machine: InnerMachine,
  key: string,
  child: StoredChild,
  scope: InnerScope,
): InnerActor {
  const system = systemOf(scope);
  const logic = logicOf(machine, child.src);
  if (!logic) {
    throw new DreamError(
      "definition_changed",
      `Machine "${machine.id}" has no actor logic "${child.src}" (child "${key}")`,
    );
  }
  system.restoredSid = child.actor.sid;
  const actor = createActor(logic, {
    id: child.id ?? key,
    parent: scope.self as never,
    syncSnapshot: child.sync ?? false,
    snapshot: child.actor as never,
    src: child.src,
    systemId: child.systemId,
  } as never) as unknown as InnerActor;
  // XState keeps what goes wrong here as the child's error, which would then be committed.
  if (actor._snapshot.status === "error" && child.actor.status !== "error") {
    throw actor._snapshot.error;
  }
  if (child.actor.work !== undefined) {
    const kind = workKinds[child.actor.work[0] ?? ""];
    if (kind) system.work.add({ id: child.actor.work, kind, actor, logic });
  }
  return actor;
}

const workKinds: Record<string, "call" | "ask" | "run"> = { c: "call", a: "ask", r: "run" };

/** For logic whose snapshot is plain data as a whole. */
export function restorePlain(logic: AnyActorLogic) {
  return (stored: StoredActor, scope: InnerScope): InnerSnapshot => {
    const system = systemOf(scope);
    const snapshot: InnerSnapshot = { status: stored.status };
    system.afterRestore.push(() => {
      const whole = decode(stored.snapshot, system.refs) as never;
      Object.assign(snapshot, logic.restoreSnapshot?.(whole, scope as never) ?? whole);
    });
    return snapshot;
  };
}
