/** What there is to see of a tree of actors, the same for XState's own and for the engine's. */
import type { EventObject } from "xstate";
import { type InnerActor, type InnerSnapshot, processing } from "../../src/actors/xstate-inner.ts";

/** Everything that one step shows. */
export interface Seen {
  tree: unknown;
  /** Emits and logs. */
  said: unknown[];
  /** Tells, replies and other requests to the runtime. */
  sent: unknown[];
  /** Pending delays: sender, receiver, event and length. */
  timers: string[];
  /** Microsteps of machines, and events between actors. */
  trace: string[];
}

interface Inspected {
  type: string;
  actorRef: InnerActor;
  event?: EventObject;
  snapshot?: InnerSnapshot;
}

/** Session ids are counted per process by XState and per agent here. */
const plainId = (id: string) => id.replace(/x:\d+/g, "x");

export function traceOf(trace: string[]) {
  return (seen: Inspected) => {
    const { type, actorRef, event, snapshot } = seen;
    if (type === "@xstate.microstep") {
      const to = JSON.stringify(snapshot!.value);
      trace.push(`${plainId(actorRef.id)}: ${plainId(event!.type)} -> ${to}`);
    } else if (type === "@xstate.event" && event!.type !== "xstate.init") {
      // XState shows an event to a stopped actor before it drops it; turns drop a delay before.
      if (hasStopped(actorRef)) return;
      trace.push(`${plainId(event!.type)} to ${plainId(actorRef.id)}`);
    }
  };
}

export const hasStopped = (actor: InnerActor) => actor._processingStatus === processing.stopped;

/** Machines with all they hold, other actors by their snapshot. */
export function treeOf(actor: InnerActor): unknown {
  const snapshot = actor._snapshot;
  const { status, output, error } = snapshot;
  const end = { status, output, error: error instanceof Error ? error.message : error };
  if (!snapshot.machine) return { ...end, context: snapshot.context };
  const children: Record<string, unknown> = {};
  for (const [key, child] of Object.entries(snapshot.children ?? {})) {
    if (child) children[plainId(key)] = treeOf(child);
  }
  const history = Object.fromEntries(
    Object.entries(snapshot.historyValue ?? {}).map(([id, nodes]) => [id, nodes.map((n) => n.id)]),
  );
  return {
    ...end,
    value: JSON.stringify(snapshot.value),
    context: shown(snapshot.context),
    tags: [...snapshot.tags ?? []],
    history,
    children: status === "active" ? children : {},
  };
}

/** References by id, `replyTo` without its ids; everything else as it is. */
function shown(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if ("sessionId" in value) return `ref ${plainId((value as InnerActor).id)}`;
  if ("expiresAtMs" in value) return "where to reply";
  if (Array.isArray(value)) return value.map(shown);
  if (value instanceof Map) return new Map([...value].map(([k, v]) => [k, shown(v)]));
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shown(inner)]));
}

export function timerText(from: string, to: string, type: string, delayMs: number): string {
  return `${plainId(from)} to ${plainId(to)}: ${plainId(type)} after ${delayMs}`;
}

/** Lets everything that waits only for microtasks happen. */
export async function breathe(): Promise<void> {
  for (let i = 0; i < 30; i++) await Promise.resolve();
}
