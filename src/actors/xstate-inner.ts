/**
 * The part of XState 5.33 that is not in its types and that turns rely on (ARCHITECTURE.md): every
 * such name stands in this file or is used through it, so that an upgrade has one place to look.
 */
import { Actor, type AnyActorLogic, type EventObject, StateMachine, type StateNode } from "xstate";

/** Any machine, without the eighteen parameters. */
export interface InnerMachine extends Omit<AnyActorLogic, "start"> {
  id: string;
  root: InnerNode;
  config: { context?: unknown };
  idMap: Map<string, InnerNode>;
  options: { maxIterations?: number };
  implementations: {
    actors: Record<string, AnyActorLogic>;
    actions: Record<string, unknown>;
    guards: Record<string, unknown>;
    delays: Record<string, unknown>;
  };
  start(snapshot: unknown): void;
}

export type InnerNode = StateNode;

/** Status of an actor's own process, apart from its snapshot's status. */
export const processing = { notStarted: 0, running: 1, stopped: 2 } as const;

export interface InnerSnapshot {
  status: "active" | "done" | "error" | "stopped";
  output?: unknown;
  error?: unknown;
  context?: unknown;
  input?: unknown;
  // machines only
  machine?: InnerMachine;
  value?: unknown;
  children?: Record<string, InnerActor | undefined>;
  historyValue?: Record<string, InnerNode[]>;
  tags?: Set<string>;
  _nodes?: InnerNode[];
}

/** XState's `Actor` with the members it keeps to itself. */
export interface InnerActor {
  readonly id: string;
  readonly sessionId: string;
  readonly src: string | AnyActorLogic;
  readonly systemId: string | undefined;
  readonly system: unknown;
  readonly options: { input?: unknown };
  logic: AnyActorLogic;
  _parent: InnerActor | undefined;
  _syncSnapshot: boolean | undefined;
  _processingStatus: 0 | 1 | 2;
  _snapshot: InnerSnapshot;
  _send(event: EventObject): void;
  _stop(): void;
  start(): void;
  subscribe(observer: { error: () => void }): unknown;
  on(type: "*", listener: (event: EventObject) => void): unknown;
}

/** What `_sendInspectionEvent` is called with; only the kinds that are looked at. */
export interface InnerInspection {
  type: string;
  actorRef: InnerActor;
  event?: EventObject;
  _transitions?: unknown[];
}

/** Actions as `actionExecutor` gets them. */
export interface InnerAction {
  type: string;
  info: unknown;
  params: unknown;
  exec: unknown;
}

/** Scope that an actor hands to its logic. */
export interface InnerScope {
  self: InnerActor;
  id: string;
  sessionId: string;
  system: unknown;
  logger: (...args: unknown[]) => void;
  defer: (effect: () => void) => void;
  emit: (event: EventObject) => void;
  stopChild: (child: InnerActor) => void;
  actionExecutor: (action: InnerAction) => void;
}

/** Where an actor stands in its agent: `root.children.reader`, as paths in refusals begin. */
export function placeOf(actor: InnerActor): string {
  return actor._parent ? `${placeOf(actor._parent)}.children.${actor.id}` : "root";
}

/** Whether `value` is an actor of this copy of XState. */
export function isActor(value: unknown): value is InnerActor {
  return value instanceof Actor;
}

/** Whether `logic` is a machine of this copy of XState. */
export function isMachine(logic: unknown): logic is InnerMachine {
  return logic instanceof StateMachine;
}

/** Whether `logic` is a machine of any copy of XState: a bundle may carry its own by mistake. */
export function looksLikeMachine(logic: unknown): boolean {
  return typeof logic === "object" && logic !== null && "__xstatenode" in logic;
}

const inlineInvoke = /^xstate\.invoke\.(\d+)\.(.*)/;

/** The logic that `src` names in `machine`; inline `invoke.src` is named by its place. */
export function logicOf(machine: InnerMachine, src: string): AnyActorLogic | undefined {
  const match = inlineInvoke.exec(src);
  if (!match) {
    const actors = machine.implementations.actors;
    return Object.hasOwn(actors, src) ? actors[src] : undefined;
  }
  const invokes: unknown = nodeById(machine, match[2]!)?.config.invoke;
  const found: unknown = Array.isArray(invokes) ? invokes[Number(match[1])] : invokes;
  const logic = (found as { src?: unknown } | undefined)?.src;
  return typeof logic === "object" ? logic as AnyActorLogic : undefined;
}

/** The state node with this id, ids with dots included; undefined when there is none. */
export function nodeById(machine: InnerMachine, id: string): InnerNode | undefined {
  return machine.idMap.get(id);
}
