/**
 * One agent's tree of actors, kept warm between turns: `deliver` steps it through one envelope,
 * `close` ends the turn with everything there is to commit. After anything thrown from here the
 * session is spoilt: the state before the turn still holds, and a new session is made from it.
 */
import { createActor, type EventObject } from "xstate";
import { decode } from "./codec.ts";
import { DreamError } from "../errors.ts";
import type { Effect } from "./effect.ts";
import type { Envelope } from "./envelope.ts";
import { applyOutcome, messageEvent, systemEvent } from "./incoming.ts";
import { isReservedType } from "./reserved-type.ts";
import type { StateSummary, ThreadLimits } from "./protocol.ts";
import { Saver } from "./save.ts";
import { type Owed, parseStored, type Stored, type StoredTimer } from "./stored.ts";
import { type Observer, TurnSystem } from "./system.ts";
import { checkOpen, checkSize } from "./turn-bounds.ts";
import { setTurnTime } from "./turn-time.ts";
import type { Forward, Work } from "./work.ts";
import { type InnerActor, type InnerMachine, type InnerSnapshot } from "./xstate-inner.ts";

export interface SessionOptions {
  machine: InnerMachine;
  /** `system.*` types that the machine names. */
  system: ReadonlySet<string>;
  limits: Pick<ThreadLimits, "payloadBytes" | "effectsPerTurn" | "openPerAgent" | "stateBytes">;
  observe?: Observer;
}

export type Verdict = "handled" | "unhandled" | "stale";

export interface Closed {
  text: string;
  effects: Effect[];
  summary: StateSummary;
  /** Runs to begin, and events for live runs, once the turn is durable. */
  started: string[];
  forwards: Forward[];
  /** Characters that the effects take in a frame, about. */
  size: number;
}

export class Session {
  readonly system: TurnSystem;
  readonly #options: SessionOptions;
  readonly #root: InnerActor;
  #owes: Owed[];
  #nowMs = 0;

  private constructor(
    options: SessionOptions,
    stored: Stored | null,
    nowMs: number,
    input: unknown,
  ) {
    this.#options = options;
    const counter = stored ?? { sids: 0, starts: 0, born: nowMs.toString(36) };
    this.system = new TurnSystem(options.limits, counter);
    if (options.observe) this.system.inspect(options.observe);
    this.#owes = stored?.owes ?? [];
    this.#root = stored ? this.#restore(stored) : this.#begin(input, nowMs);
  }

  /** The first turn: makes the initial state. @throws what the machine threw */
  static begin(options: SessionOptions, input: unknown, nowMs: number): Session {
    return new Session(options, null, nowMs, input);
  }

  /** Goes on from a stored state. @throws {DreamError} `definition_changed` */
  static restore(options: SessionOptions, stored: string | Stored): Session {
    const parsed = typeof stored === "string" ? parseStored(stored) : stored;
    return new Session(options, parsed, 0, undefined);
  }

  #begin(input: unknown, nowMs: number): InnerActor {
    this.now(nowMs);
    const root = this.#create({ input });
    root.start();
    this.#check();
    return root;
  }

  #create(options: { input?: unknown; snapshot?: unknown }): InnerActor {
    const { machine } = this.#options;
    const parent = { system: this.system };
    return createActor(machine as never, { ...options, parent } as never) as unknown as InnerActor;
  }

  #restore(stored: Stored): InnerActor {
    const { system } = this;
    system.restoring = true;
    system.restoredSid = stored.root.sid;
    const root = this.#create({ snapshot: stored.root });
    if (root._snapshot.status === "error") throw root._snapshot.error;
    for (const row of stored.timers) this.#restoreTimer(row);
    for (const step of system.afterRestore.splice(0)) step();
    root.start();
    for (const actor of system.restored.values()) {
      if (actor._snapshot.status !== "active") actor._stop();
    }
    system.restored.clear();
    system.restoring = false;
    return root;
  }

  #restoreTimer(stored: StoredTimer): void {
    const { id, name, from, to, event, orphan } = stored;
    const row = { id, name, from, to, orphan: orphan === true, saved: undefined };
    this.system.afterRestore.push(() => {
      const revived = decode(event, this.system.refs) as EventObject;
      this.system.timers.rows.set(id, { ...row, event: revived });
    });
  }

  get snapshot(): InnerSnapshot {
    return this.#root._snapshot;
  }

  /** Sets the time that this turn's code sees. */
  now(nowMs: number): void {
    this.#nowMs = nowMs;
    setTurnTime(nowMs);
  }

  /** Live runs, to be begun anew after a loss of the thread. */
  runs(): Work[] {
    return [...this.system.work.byId.values()].filter((work) => work.kind === "run");
  }

  run(id: string): Work | undefined {
    const work = this.system.work.byId.get(id);
    return work?.kind === "run" ? work : undefined;
  }

  /**
   * Steps the whole tree through one envelope, to the end.
   *
   * @param at its index in the batch
   * @throws what the machine threw, or why the turn cannot be
   */
  deliver(envelope: Envelope, at: number): Verdict {
    this.system.outbox.at = at;
    const verdict = this.#dispatch(envelope);
    this.#check();
    return verdict;
  }

  #dispatch(envelope: Envelope): Verdict {
    switch (envelope.kind) {
      case "message": {
        if (isReservedType(envelope.type)) return "unhandled";
        if (envelope.replyTo) {
          const { to, ask, expiresAtMs } = envelope.replyTo;
          this.#owes.push([to, ask, expiresAtMs]);
        }
        return this.#send(messageEvent(envelope));
      }
      case "system":
        if (!this.#options.system.has(envelope.type)) return "unhandled";
        return this.#send(systemEvent(envelope));
      case "timer":
        return this.#fire(envelope.correlation ?? "");
      case "reply":
      case "result":
      case "ran":
        return this.#settle(envelope);
    }
  }

  #send(event: EventObject): Verdict {
    this.system.expect(event);
    this.system._relay(undefined, this.#root, event);
    return this.system.handled === true ? "handled" : "unhandled";
  }

  #fire(id: string): Verdict {
    const row = this.system.timers.take(id);
    if (!row) return "stale";
    this.system.expect(null);
    const target = this.system.running.get(row.to);
    if (target) this.system._relay(this.system.running.get(row.from), target, row.event);
    return "handled";
  }

  #settle(envelope: Envelope): Verdict {
    const work = this.system.work.byId.get(envelope.correlation ?? "");
    if (!work || work.kind !== answers[envelope.kind]) return "stale";
    this.system.expect(null);
    applyOutcome(this.system, work, envelope.payload);
    return "handled";
  }

  #check(): void {
    if (this.system.refusal) throw this.system.refusal.error;
    if (this.#root && this.snapshot.status === "error") throw asLoop(this.snapshot.error);
  }

  /** Ends the turn. @throws {DreamError} `not_durable`, `crashed` */
  close(): Closed {
    const { system } = this;
    const root = this.#save();
    this.#check();
    const { outbox, work } = system;
    this.#settleOwed(outbox.effects);
    const timers = new Saver(system).timers();
    checkOpen(system, timers.length, this.#options.limits.openPerAgent);
    const { sids } = system;
    const { starts, born } = outbox.counter;
    const stored: Stored = { format: 1, sids, starts, born, timers, owes: this.#owes, root };
    const text = JSON.stringify(stored);
    checkSize(text, this.#options.limits.stateBytes);
    const closed = {
      text,
      effects: outbox.effects,
      summary: this.#summary(root.output),
      started: work.started,
      forwards: work.forwards,
      size: outbox.size,
    };
    outbox.effects = [];
    outbox.size = 0;
    outbox.at = -1;
    work.started = [];
    work.forwards = [];
    return closed;
  }

  /**
   * Writes the tree. Actors that run but hang on no parent any more (replaced under their id, or
   * children of one that failed) are stopped, where XState would leak them.
   */
  #save() {
    const { system } = this;
    for (;;) {
      const saver = new Saver(system);
      const root = saver.actor(this.#root, "root");
      if (saver.running === system.running.size) return root;
      for (const actor of [...system.running.values()]) {
        if (saver.reached.has(actor.sessionId)) continue;
        if (this.snapshot.status === "active") {
          system.outbox.log("warn", [`Stopped actor "${actor.id}": its parent has lost it`]);
        }
        actor._stop();
        // A machine in the middle of an error keeps its process; take it off the list anyway.
        system.running.delete(actor.sessionId);
      }
    }
  }

  #settleOwed(effects: readonly Effect[]): void {
    if (this.#owes.length === 0) return;
    const answered = new Set<string>();
    for (const effect of effects) {
      if (effect.kind === "reply") answered.add(`${effect.replyTo.to} ${effect.replyTo.ask}`);
    }
    this.#owes = this.#owes.filter(([to, ask, expiresAtMs]) =>
      expiresAtMs > this.#nowMs && !answered.has(`${to} ${ask}`)
    );
  }

  #summary(output: unknown): StateSummary {
    const { status, value, tags } = this.snapshot;
    return {
      status,
      value,
      tags: [...tags ?? []],
      runs: this.system.work.count("run"),
      owes: this.#owes.length,
      output: output === undefined ? null : JSON.stringify(output),
      error: null,
    };
  }
}

/** XState's own bound on one event tells an endless loop by its words alone. */
function asLoop(error: unknown): unknown {
  if (!(error instanceof Error) || !error.message.startsWith("Infinite loop detected")) {
    return error;
  }
  return new DreamError(
    "looping",
    "The machine did not come to rest within 10000 steps because of one event: its transitions " +
      "without an event, or the events it raises, go round. Give the circle an end, or a delay",
    { cause: error },
  );
}

/** Which kind of work an envelope may end. */
const answers: Partial<Record<Envelope["kind"], Work["kind"]>> = {
  reply: "ask",
  result: "call",
  ran: "run",
};
