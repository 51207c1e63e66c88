/**
 * A state made by another bundle (R13): does the machine of now still have all that it names, or
 * can the author's `migrate` make it fit?
 */
import { DreamError } from "../errors.ts";
import { kindOf } from "./logic-kind.ts";
import { type Migrate, runMigrate } from "./run-migrate.ts";
import { parseStored, type Stored, type StoredActor } from "./stored.ts";
import { type InnerMachine, type InnerNode, isMachine, logicOf, nodeById } from "./xstate-inner.ts";

/** The definition's part in it. */
export interface Target {
  machine: InnerMachine;
  version: number;
  migrate: Migrate | null;
}

/**
 * Reads a state of another bundle for this definition.
 *
 * @throws {DreamError} `definition_changed` with the missing names in `details.missing`
 */
export function fitStored(text: string, fromVersion: number, target: Target): Stored {
  let stored = parseStored(text);
  if (fromVersion > target.version) {
    throw changed(`is of version ${fromVersion}, the definition of version ${target.version}`, []);
  }
  if (fromVersion < target.version) {
    if (!target.migrate) {
      throw changed(
        `is of version ${fromVersion}, the definition of version ${target.version} has no migrate`,
        [],
      );
    }
    stored = migrated(stored, fromVersion, target.migrate, target.machine);
  }
  const missing = missingNames(stored, target.machine);
  if (missing.length > 0) throw changed(`names what is gone: ${missing.join(", ")}`, missing);
  return stored;
}

function changed(why: string, missing: string[]): DreamError {
  return new DreamError("definition_changed", `The stored state ${why}`, {
    details: { missing },
  });
}

function migrated(
  stored: Stored,
  fromVersion: number,
  migrate: Migrate,
  machine: InnerMachine,
): Stored {
  const { root } = stored;
  const actor: StoredActor = { ...root, ...runMigrate(root, fromVersion, migrate) };
  // The order of states belongs to the old value.
  delete actor.nodes;
  const sids = new Set<string>();
  collectSids(actor, sids);
  const active = new Set<InnerNode>([machine.root]);
  checkValue(actor.value, machine.root, "", [], active);
  const timers = stored.timers.filter((row) => {
    if (!sids.has(row.from) || !sids.has(row.to)) return false;
    const type = (row.event as { type: string }).type;
    if (row.to !== root.sid || !type.startsWith(afterPrefix)) return true;
    return [...active].some((node) => node.transitions.has(type));
  });
  return { ...stored, timers, root: actor };
}

const afterPrefix = "xstate.after.";

function collectSids(actor: StoredActor, sids: Set<string>): void {
  sids.add(actor.sid);
  for (const child of Object.values(actor.children ?? {})) collectSids(child.actor, sids);
}

/** Every state, history, child, live invocation and timer that `machine` does not have. */
function missingNames(stored: Stored, machine: InnerMachine): string[] {
  const missing: string[] = [];
  const machines = new Map<string, InnerMachine>();
  checkActor(stored.root, machine, "", missing, machines);
  for (const row of stored.timers) {
    const type = (row.event as { type?: unknown } | null)?.type;
    const target = machines.get(row.to);
    if (typeof type !== "string" || !type.startsWith(afterPrefix) || !target) continue;
    if (![...target.idMap.values()].some((node) => node.transitions.has(type))) {
      missing.push(`delay "${type.slice(afterPrefix.length)}"`);
    }
  }
  return missing;
}

function checkActor(
  actor: StoredActor,
  machine: InnerMachine,
  at: string,
  missing: string[],
  machines: Map<string, InnerMachine>,
): void {
  machines.set(actor.sid, machine);
  const nodes = new Set<InnerNode>([machine.root]);
  checkValue(actor.value, machine.root, at, missing, nodes);
  const ids = [...actor.nodes ?? [], ...Object.entries(actor.history ?? {}).flat(2)];
  for (const id of ids) {
    if (!nodeById(machine, id)) missing.push(`state "${at}${id}"`);
  }
  for (const [key, child] of Object.entries(actor.children ?? {})) {
    const logic = logicOf(machine, child.src);
    if (!logic) {
      missing.push(`actor "${at}${child.src}"`);
      continue;
    }
    if (child.invoked && ![...nodes].some((node) => node.invoke.some((def) => def.id === key))) {
      missing.push(`invoke "${at}${key}"`);
    }
    // Logic that was outside and is a machine now, or the other way round, cannot go on.
    if (isMachine(logic) !== ("context" in child.actor) && child.actor.status === "active") {
      missing.push(`actor "${at}${child.src}" (now ${kindOf(logic)})`);
    } else if (isMachine(logic) && child.actor.status === "active") {
      checkActor(child.actor, logic, `${at}${key}/`, missing, machines);
    }
  }
}

/** Adds the states of `value` to `nodes`, and to `missing` what is not there or not said. */
function checkValue(
  value: unknown,
  node: InnerNode,
  at: string,
  missing: string[],
  nodes: Set<InnerNode>,
): void {
  const states = node.states as unknown as Record<string, InnerNode>;
  const entries: [string, unknown][] = typeof value === "string"
    ? [[value, undefined]]
    : Object.entries((value ?? {}) as Record<string, unknown>);
  const nameOf = (key: string) => `state "${at}${[...node.path, key].join(".")}"`;
  for (const [key, inner] of entries) {
    const next = Object.hasOwn(states, key) ? states[key]! : null;
    if (!next) {
      missing.push(nameOf(key));
      continue;
    }
    nodes.add(next);
    checkValue(inner, next, at, missing, nodes);
  }
  // XState would fill these in with initial states, without entering them.
  if (node.type === "parallel") {
    for (const [key, { type }] of Object.entries(states)) {
      if (type === "history") continue;
      if (!entries.some(([has]) => has === key)) missing.push(`${nameOf(key)} of the stored value`);
    }
  } else if (node.type === "compound" && entries.length !== 1) {
    const path = [...node.path].join(".");
    missing.push(`the one state inside ${path === "" ? "the machine" : `"${at}${path}"`}`);
  }
}
