/**
 * What actors run instead of their own logic. Machines and transition logic step as they are, with
 * a scope whose actions become effects; promise, callback and observable logic, calls and asks get
 * a stand-in that leaves effects and waits for envelopes.
 */
import { type AnyActorLogic, createActor, type EventObject, fromTransition } from "xstate";
import { DreamError } from "../errors.ts";
import type { ActorMark } from "./codec.ts";
import { type ActionInfo, resolverOf } from "./durable-mark.ts";
import { kindOf, type LogicKind } from "./logic-kind.ts";
import { guardWildcards } from "./wildcards.ts";
import { restoreMachine, restorePlain, type StoredActor } from "./restore.ts";
import { systemOf } from "./scope.ts";
import type { TurnSystem } from "./system.ts";
import {
  type InnerAction,
  type InnerActor,
  type InnerMachine,
  type InnerScope,
  type InnerSnapshot,
  placeOf,
  processing,
} from "./xstate-inner.ts";

/** Eventless and raised events that one event may cause, where the author set no bound. */
const mostMicrosteps = 10_000;

/** An end of a run that its stand-in throws, so that XState makes the escalation itself. */
export const runFailed = "xstate.dreamos.failed";

/** Logic with the types that the engine sees it by. */
interface InnerLogic {
  transition(snapshot: InnerSnapshot, event: EventObject, scope: InnerScope): InnerSnapshot;
  getInitialSnapshot(scope: InnerScope, input: unknown): InnerSnapshot;
  restoreSnapshot(stored: StoredActor, scope: InnerScope): InnerSnapshot;
  start?(snapshot: InnerSnapshot, scope: InnerScope): void;
}

const adapted = new WeakMap<AnyActorLogic, AnyActorLogic>();

/** The logic that an actor runs inside turns in place of `logic`. */
export function adapt(logic: AnyActorLogic): AnyActorLogic {
  const before = adapted.get(logic);
  if (before) return before;
  const kind = kindOf(logic);
  const inner = logic as unknown as InnerLogic;
  const parts = kind === "machine"
    ? machineParts(logic as unknown as InnerMachine, inner)
    : kind === "pure"
    ? pureParts(logic, inner)
    : standIn(logic, inner, kind);
  const after = {
    config: logic.config,
    getPersistedSnapshot: logic.getPersistedSnapshot,
    ...parts,
  } as unknown as AnyActorLogic;
  adapted.set(logic, after);
  adapted.set(after, after);
  return after;
}

function machineParts(machine: InnerMachine, inner: InnerLogic): InnerLogic {
  guardWildcards(machine);
  const most = machine.options.maxIterations;
  if (most === undefined || most === Infinity) machine.options.maxIterations = mostMicrosteps;
  return {
    transition: (snapshot, event, scope) => inner.transition(snapshot, event, durableScope(scope)),
    getInitialSnapshot: (scope, input) => inner.getInitialSnapshot(durableScope(scope), input),
    restoreSnapshot: (stored, scope) => restoreMachine(machine, stored, scope),
    start: (snapshot) => machine.start(snapshot),
  };
}

function pureParts(logic: AnyActorLogic, inner: InnerLogic): InnerLogic {
  return {
    transition: (snapshot, event, scope) => inner.transition(snapshot, event, durableScope(scope)),
    getInitialSnapshot: inner.getInitialSnapshot,
    restoreSnapshot: restorePlain(logic),
  };
}

const scopes = new WeakMap<InnerScope, InnerScope>();

/** The actor's scope, with actions and emitted events as effects. One for the life of an actor. */
function durableScope(scope: InnerScope): InnerScope {
  const before = scopes.get(scope);
  if (before) return before;
  const system = systemOf(scope);
  const builtIn = scope.actionExecutor;
  const after: InnerScope = {
    ...scope,
    emit: (event) => system.guard(() => system.outbox.publish(event)),
    actionExecutor: (action) => {
      if (action.type.startsWith("xstate.")) builtIn(action);
      else durableAction(action, scope, system);
    },
  };
  scopes.set(scope, after);
  return after;
}

/** The request is read at once, in the order of actions; it counts when the state is set. */
function durableAction(action: InnerAction, scope: InnerScope, system: TurnSystem): void {
  if (action.exec === undefined) return;
  const resolve = resolverOf(action.exec);
  if (!resolve) {
    system.guard(() => {
      const named = action.type === "(anonymous)" ? "An action" : `Action "${action.type}"`;
      throw refusedAction(`${named} of ${placeOf(scope.self)}`);
    });
    return;
  }
  const request = resolve(action.info as ActionInfo, action.params);
  if (request) scope.defer(() => system.guard(() => system.outbox.request(request)));
}

/** Why a function action cannot be, and what to write instead. */
export function refusedAction(where: string): DreamError {
  return new DreamError(
    "not_durable",
    `${where} is a function: it would happen again, or not at all, after a crash. Use assign, ` +
      "emit, log, tell, reply or spawnAgent; for work outside a call(), for work in the thread " +
      "fromPromise or fromCallback logic, invoked",
    { details: { path: where } },
  );
}

function standIn(logic: AnyActorLogic, inner: InnerLogic, kind: LogicKind): InnerLogic {
  const isCallback = kind === "callback";
  return {
    getInitialSnapshot: inner.getInitialSnapshot,
    restoreSnapshot: restorePlain(logic),
    start(snapshot, scope) {
      const system = systemOf(scope);
      if (system.restoring || snapshot.status !== "active") return;
      if (kind === "handMade") system.guard(() => refuseHandMade(scope.self));
      // A refusal counts for the whole turn; plain data is the machine's own to handle.
      try {
        system.work.begin(scope.self, logic, snapshot.input);
      } catch (error) {
        if (error instanceof DreamError) system.refusal ??= { error };
        throw error;
      }
    },
    transition(snapshot, event, scope) {
      const { work } = systemOf(scope);
      const { type } = event;
      if (type === "xstate.stop") {
        work.stop(scope.self);
        return { ...snapshot, status: "stopped", input: undefined };
      }
      if (type === runFailed) {
        work.settle(scope.self);
        throw (event as unknown as { error: unknown }).error;
      }
      if (isCallback) {
        work.forward(scope.self, event);
        return snapshot;
      }
      const after = inner.transition(snapshot, event, scope);
      if (after.status !== "active") work.settle(scope.self);
      return after;
    },
  };
}

function refuseHandMade(actor: InnerActor): never {
  throw new DreamError(
    "not_durable",
    `${placeOf(actor)} is logic with a start of its own; make it with fromPromise, ` +
      "fromCallback, fromObservable or fromTransition, or use call() or ask()",
    { details: { path: placeOf(actor) } },
  );
}

const ended = fromTransition((state: undefined) => state, undefined);

/** Stands for an actor that is no more: a send to it is dropped, never sent to oneself. */
export function standInFor(mark: ActorMark, system: TurnSystem): InnerActor {
  system.restoredSid = mark.sid;
  const parent = { system } as never;
  const actor = createActor(ended, { parent, id: mark.id }) as unknown as InnerActor;
  actor._parent = mark.parent === null ? undefined : system.find(mark.parent);
  actor._processingStatus = processing.stopped;
  actor._snapshot = { status: "stopped" };
  return actor;
}
