/**
 * The actor system that XState's own actors run in during a turn: ids, timers and effects are data.
 * Each new actor announces itself here before it makes its first snapshot; that is the door by
 * which its logic is exchanged for one that leaves effects (ARCHITECTURE.md).
 */
import type { EventObject } from "xstate";
import { DreamError } from "../errors.ts";
import { ActorMark, type Refs } from "./codec.ts";
import { adapt, standInFor } from "./logic.ts";
import { Outbox, type OutboxLimits } from "./outbox.ts";
import { Timers } from "./timers.ts";
import { LiveWork } from "./work.ts";
import { type InnerActor, type InnerInspection, placeOf } from "./xstate-inner.ts";

/** Events that actors of one tree may send one another because of one envelope. */
const mostRelays = 10_000;

export type Observer = (event: InnerInspection) => void;

export class TurnSystem {
  readonly outbox: Outbox;
  readonly timers: Timers;
  readonly work: LiveWork;
  readonly refs: Refs;
  /** Running actors by session id. */
  readonly running = new Map<string, InnerActor>();
  /** Session id that the next actor gets instead of a new one: it is being restored. */
  restoredSid: string | null = null;
  restoring = false;
  /** Restored actors, done ones included; only while restoring. */
  readonly restored = new Map<string, InnerActor>();
  /** Steps that need all actors to exist. */
  readonly afterRestore: (() => void)[] = [];
  /** Why this turn cannot be committed, whatever the machine makes of it. */
  refusal: { error: unknown } | null = null;
  /** Whether the root had a transition for the envelope's event; null before it was asked. */
  handled: boolean | null = null;
  readonly _clock = { setTimeout: noTimers, clearTimeout: noTimers };
  readonly _logger = (...parts: unknown[]) => this.guard(() => this.outbox.log("info", parts));
  readonly _snapshot = { _scheduledEvents: {} };
  readonly scheduler = {
    schedule: (
      source: InnerActor,
      target: InnerActor,
      event: EventObject,
      delay: number,
      id: string | undefined,
    ) => this.guard(() => this.timers.schedule(source, target, event, delay, id)),
    cancel: (source: InnerActor, id: string) => this.timers.cancel(source, id),
    cancelAll: (source: InnerActor) => this.timers.cancelAll(source),
  };
  #sids: number;
  #relays = 0;
  #root: InnerActor | null = null;
  #expected: EventObject | null = null;
  readonly #keyed = new Map<string, InnerActor>();
  readonly #keys = new WeakMap<InnerActor, string>();
  readonly #observers = new Set<Observer>();

  constructor(limits: OutboxLimits, counter: { sids: number; starts: number; born: string }) {
    this.outbox = new Outbox(limits, counter);
    this.timers = new Timers(this.outbox);
    this.work = new LiveWork(this.outbox);
    this.#sids = counter.sids;
    this.refs = {
      write: (actor) => this.#write(actor as InnerActor),
      read: (mark) => this.find(mark.sid) ?? standInFor(mark, this),
    };
  }

  get sids(): number {
    return this.#sids;
  }

  /** Runs a step of ours; what it throws refuses the whole turn. */
  guard(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.refusal ??= { error };
      throw error;
    }
  }

  find(sid: string): InnerActor | undefined {
    return this.running.get(sid) ?? this.restored.get(sid);
  }

  /** Makes ready for the next envelope: its event is watched, loops are counted anew. */
  expect(event: EventObject | null): void {
    this.#expected = event;
    this.handled = null;
    this.#relays = 0;
  }

  #write(actor: InnerActor): ActorMark | null {
    if (actor.system !== this) return null;
    const live = this.running.get(actor.sessionId) === actor;
    return new ActorMark(actor.sessionId, actor.id, live ? null : actor._parent?.sessionId ?? null);
  }

  // Members that XState calls.

  _bookId(): string {
    const restored = this.restoredSid;
    if (restored === null) return `x:${this.#sids++}`;
    this.restoredSid = null;
    return restored;
  }

  _register(sid: string, actor: InnerActor): string {
    this.running.set(sid, actor);
    return sid;
  }

  _unregister(actor: InnerActor): void {
    this.running.delete(actor.sessionId);
    const key = this.#keys.get(actor);
    if (key === undefined) return;
    this.#keyed.delete(key);
    this.#keys.delete(actor);
  }

  get(key: string): InnerActor | undefined {
    return this.#keyed.get(key);
  }

  getAll(): Record<string, InnerActor> {
    return Object.fromEntries(this.#keyed);
  }

  _set(key: string, actor: InnerActor): void {
    const taken = this.#keyed.get(key);
    if (taken && taken !== actor) {
      throw new Error(`Actor with system ID '${key}' already exists.`);
    }
    this.#keyed.set(key, actor);
    this.#keys.set(actor, key);
  }

  inspect(observer: Observer | { next?: Observer }): { unsubscribe(): void } {
    const next: Observer = typeof observer === "function"
      ? observer
      : (event) => observer.next?.(event);
    this.#observers.add(next);
    return { unsubscribe: () => void this.#observers.delete(next) };
  }

  _sendInspectionEvent(event: InnerInspection): void {
    if (event.type === "@xstate.actor") this.#enter(event.actorRef);
    else if (
      event.type === "@xstate.microstep" && event.event === this.#expected &&
      this.handled === null && event.actorRef === this.#root
    ) this.handled = (event._transitions?.length ?? 0) > 0;
    for (const observer of this.#observers) observer(event);
  }

  /** The door. The first actor is the root: it has no parent, though it was made with one. */
  #enter(actor: InnerActor): void {
    if (this.#root === null) {
      this.#root = actor;
      actor._parent = undefined;
      // Without a listener XState would throw the error again from a timer.
      actor.subscribe({ error: () => {} });
    }
    if (this.restoring) this.restored.set(actor.sessionId, actor);
    actor.logic = adapt(actor.logic);
  }

  _relay(source: InnerActor | undefined, target: InnerActor, event: EventObject): void {
    if (this.restoring) return;
    this.#relays += 1;
    if (this.#relays > mostRelays) {
      this.refusal ??= {
        error: new DreamError(
          "looping",
          `${
            placeOf(target)
          } got "${event.type}" as the last of ${mostRelays} events that actors ` +
            "sent one another because of one message. Give the circle an end, or a delay",
          { details: { path: placeOf(target) } },
        ),
      };
      return;
    }
    if (this.#observers.size > 0) {
      const seen = { type: "@xstate.event", sourceRef: source, actorRef: target, event };
      for (const observer of this.#observers) observer(seen);
    }
    target._send(event);
  }

  getSnapshot(): { _scheduledEvents: Record<string, never> } {
    return { _scheduledEvents: {} };
  }

  start(): void {}
}

function noTimers(): never {
  throw new DreamError("internal", "XState's clock was used inside a turn");
}
