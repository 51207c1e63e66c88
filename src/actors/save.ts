/** Living actors to the stored state, at the end of each turn. */
import { DreamError } from "../errors.ts";
import { encode } from "./codec.ts";
import type { StoredActor, StoredChild, StoredTimer } from "./stored.ts";
import type { TurnSystem } from "./system.ts";
import type { InnerActor, InnerNode, InnerSnapshot } from "./xstate-inner.ts";

/** Writes a tree of actors and counts those that run: what runs beside it has been lost. */
export class Saver {
  running = 0;
  readonly reached = new Set<string>();
  readonly #system: TurnSystem;

  constructor(system: TurnSystem) {
    this.#system = system;
  }

  /** @throws {DreamError} `not_durable` with the path of what cannot be stored */
  actor(actor: InnerActor, at: string): StoredActor {
    const snapshot = actor._snapshot;
    if (this.#system.running.get(actor.sessionId) === actor) {
      this.running += 1;
      this.reached.add(actor.sessionId);
    }
    return snapshot.machine ? this.#machine(actor, snapshot, at) : this.#plain(actor, snapshot, at);
  }

  #machine(actor: InnerActor, snapshot: InnerSnapshot, at: string): StoredActor {
    const refs = this.#system.refs;
    const stored: StoredActor = {
      sid: actor.sessionId,
      status: snapshot.status,
      value: snapshot.value,
      context: encode(snapshot.context, `${at}.context`, refs),
    };
    const nodes = snapshot._nodes!;
    if (needsOrder(nodes, snapshot.value)) stored.nodes = nodes.map((node) => node.id);
    const history = savedHistory(snapshot);
    if (history) stored.history = history;
    if (snapshot.output !== undefined) {
      stored.output = encode(snapshot.output, `${at}.output`, refs);
    }
    if (snapshot.error !== undefined) stored.error = encode(snapshot.error, `${at}.error`, refs);
    if (snapshot.status === "active") {
      const children = this.#children(snapshot, at);
      if (children) stored.children = children;
    }
    return stored;
  }

  #children(
    snapshot: InnerSnapshot,
    at: string,
  ): Record<string, StoredChild> | null {
    let children: Record<string, StoredChild> | null = null;
    for (const [key, actor] of Object.entries(snapshot.children!)) {
      if (!actor) continue;
      if (typeof actor.src !== "string") {
        throw new DreamError(
          "not_durable",
          `${at}.children.${key} was spawned of logic without a name; ` +
            "register it in setupAgent({ actors }) and spawn it by that name",
          { details: { path: `${at}.children.${key}` } },
        );
      }
      const child: StoredChild = {
        src: actor.src,
        actor: this.actor(actor, `${at}.children.${key}`),
      };
      if (actor.id !== key) child.id = actor.id;
      if (actor.systemId !== undefined) child.systemId = actor.systemId;
      if (actor._syncSnapshot) child.sync = true;
      if (isInvoked(snapshot._nodes!, key)) child.invoked = true;
      children ??= {};
      children[key] = child;
    }
    return children;
  }

  #plain(actor: InnerActor, snapshot: InnerSnapshot, at: string): StoredActor {
    const whole: Record<string, unknown> = {};
    const work = this.#system.work.of(actor);
    for (const [key, value] of Object.entries(snapshot)) {
      // The row of a call and the envelope of an ask hold their input: the state need not.
      if (key === "input" && work && work.kind !== "run") continue;
      if (key !== "_subscription" && (value !== undefined || key === "context")) whole[key] = value;
    }
    const stored: StoredActor = {
      sid: actor.sessionId,
      status: snapshot.status,
      snapshot: encode(whole, at, this.#system.refs),
    };
    if (work) stored.work = work.id;
    return stored;
  }

  timers(): StoredTimer[] {
    const stored: StoredTimer[] = [];
    for (const row of this.#system.timers.rows.values()) {
      row.saved ??= encode(row.event, `delayed event "${row.event.type}"`, this.#system.refs);
      const { id, name, from, to, saved: event } = row;
      stored.push({ id, name, from, to, event, ...(row.orphan ? { orphan: true as const } : {}) });
    }
    return stored;
  }
}

/** XState's own restoring puts states in document order; without regions that is the same. */
function needsOrder(nodes: readonly InnerNode[], value: unknown): boolean {
  if (typeof value === "string") return nodes.length !== 2;
  let depth = 1;
  let part = value;
  while (typeof part === "object" && part !== null) {
    const keys = Object.keys(part);
    if (keys.length === 0) break;
    if (keys.length > 1) return true;
    depth += 1;
    part = (part as Record<string, unknown>)[keys[0]!];
  }
  if (typeof part === "string") depth += 1;
  return nodes.length !== depth;
}

function savedHistory(snapshot: InnerSnapshot): Record<string, string[]> | null {
  let saved: Record<string, string[]> | null = null;
  for (const [id, nodes] of Object.entries(snapshot.historyValue ?? {})) {
    saved ??= {};
    saved[id] = nodes.map((node) => node.id);
  }
  return saved;
}

function isInvoked(nodes: readonly InnerNode[], key: string): boolean {
  return nodes.some((node) => node.invoke.some((invoke) => invoke.id === key));
}
