/**
 * Holds the turn engine to XState itself: the same machine lives once in `createActor` on a
 * simulated clock and once in turns, and after every step both must show the same tree of states,
 * the same microsteps, the same events between actors, the same emits and logs.
 */
import { createActor, type EventObject, SimulatedClock } from "xstate";
import { expect } from "vitest";
import { defaultLimits } from "../../src/limits.ts";
import { systemClock } from "../../src/clock.ts";
import type { Envelope } from "../../src/actors/envelope.ts";
import { Run } from "../../src/actors/run.ts";
import { type Closed, Session } from "../../src/actors/session.ts";
import type { InnerActor, InnerMachine, InnerSnapshot } from "../../src/actors/xstate-inner.ts";

export type Step =
  /** A message to the root. */
  | { send: EventObject }
  /** Time passes, ms. */
  | { wait: number }
  /** Promises settle, callbacks and observables speak. */
  | { settle: true };

export const send = (type: string, payload: object = {}): Step => ({ send: { type, ...payload } });
export const wait = (ms: number): Step => ({ wait: ms });
export const settle: Step = { settle: true };

export interface ConformOptions {
  input?: unknown;
  /** False where outside logic answers in the same breath live and in the next turn here. */
  traces?: boolean;
}

interface Seen {
  tree: unknown;
  said: unknown[];
  trace: string[];
}

/** Any machine; its own types are of no use here. */
type MakeMachine = () => object;

export async function conform(
  make: MakeMachine,
  steps: Step[],
  options: ConformOptions = {},
): Promise<void> {
  const live = await runLive(make(), steps, options);
  expect(live.length).toBe(steps.length + 1);
  for (const cold of [true, false]) {
    const turns = await runTurns(make(), steps, options, cold);
    for (const [i, seen] of live.entries()) {
      const where = `${cold ? "cold" : "warm"}, step ${i}: ${
        JSON.stringify(steps[i - 1] ?? "start")
      }`;
      // Outside logic that answers at once answers in a turn of its own: look when all is quiet.
      const quiet = steps[i - 1] && "settle" in steps[i - 1]!;
      if (options.traces === false && !quiet && i < steps.length) continue;
      expect(turns[i]!.tree, `tree ${where}`).toEqual(seen.tree);
      if (options.traces === false) continue;
      expect(turns[i]!.said, `emits and logs ${where}`).toEqual(seen.said);
      expect(turns[i]!.trace, `trace ${where}`).toEqual(seen.trace);
    }
  }
}

async function breathe(): Promise<void> {
  for (let i = 0; i < 30; i++) await Promise.resolve();
}

interface Inspected {
  type: string;
  actorRef: InnerActor;
  event?: EventObject;
  snapshot?: InnerSnapshot;
}

/** Session ids are counted per process by XState and per agent here. */
const plainId = (id: string) => id.replace(/x:\d+/g, "x");

function traceOf(trace: string[]) {
  return (seen: Inspected) => {
    const { type, actorRef, event, snapshot } = seen;
    if (type === "@xstate.microstep") {
      const to = JSON.stringify(snapshot!.value);
      trace.push(`${plainId(actorRef.id)}: ${plainId(event!.type)} -> ${to}`);
    } else if (type === "@xstate.event" && event!.type !== "xstate.init") {
      trace.push(`${plainId(event!.type)} to ${plainId(actorRef.id)}`);
    }
  };
}

async function runLive(
  machine: object,
  steps: Step[],
  options: ConformOptions,
): Promise<Seen[]> {
  const clock = new SimulatedClock();
  let said: unknown[] = [];
  const trace: string[] = [];
  const actor = createActor(machine as never, {
    clock,
    input: options.input,
    logger: (...parts: unknown[]) => said.push(["log", ...parts]),
    inspect: traceOf(trace) as never,
  } as never);
  const inner = actor as unknown as InnerActor;
  inner.subscribe({ error: () => {} });
  inner.on("*", (event) => said.push(["emit", event]));
  const all: Seen[] = [];
  const look = () => {
    all.push({ tree: treeOf(inner), said, trace: trace.splice(0) });
    said = [];
  };
  actor.start();
  look();
  for (const step of steps) {
    if ("send" in step) actor.send(step.send as never);
    else if ("wait" in step) { for (let i = 0; i < step.wait; i++) clock.increment(1); }
    else await breathe();
    look();
  }
  return all;
}

/** What there is to see of an actor: machines with all they hold, the others by their snapshot. */
function treeOf(actor: InnerActor): unknown {
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

/** References by id; everything else as it is. */
function shown(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if ("sessionId" in value) return `ref ${plainId((value as InnerActor).id)}`;
  if (Array.isArray(value)) return value.map(shown);
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shown(inner)]));
}

let lastId = 0;

/** An envelope for tests, with what matters overridden. */
export function envelope(parts: Partial<Envelope>): Envelope {
  lastId += 1;
  return {
    id: `00000000-0000-7000-8000-${String(lastId).padStart(12, "0")}`,
    seq: lastId,
    kind: "message",
    lane: "normal",
    to: "/a",
    from: "/b",
    type: "",
    payload: "{}",
    cause: null,
    correlation: null,
    replyTo: null,
    sentAtMs: 1,
    expiresAtMs: null,
    hops: 0,
    trace: null,
    attempt: 0,
    ...parts,
  };
}

async function runTurns(
  machine: object,
  steps: Step[],
  options: ConformOptions,
  cold: boolean,
): Promise<Seen[]> {
  const bench = new Bench(machine as InnerMachine, options.input, cold);
  const all = [bench.look()];
  for (const step of steps) {
    if ("send" in step) {
      const { type, ...payload } = step.send;
      bench.turn(envelope({ type, payload: JSON.stringify(payload) }));
    } else if ("wait" in step) bench.wait(step.wait);
    else await bench.settle();
    all.push(bench.look());
  }
  return all;
}

/** Turns of one machine, each its own; cold: made anew from JSON text for every envelope. */
class Bench {
  #session: Session;
  #text = "";
  #said: unknown[] = [];
  #nowMs = 0;
  #due: { id: string; atMs: number }[] = [];
  readonly #words: { id: string; payload: string }[] = [];
  readonly #runs = new Map<string, Run>();
  readonly #trace: string[] = [];
  readonly #cold: boolean;
  readonly #options;

  constructor(machine: InnerMachine, input: unknown, cold: boolean) {
    this.#cold = cold;
    const observe = traceOf(this.#trace) as never;
    this.#options = { machine, system: new Set<string>(), limits: defaultLimits, observe };
    this.#session = Session.begin(this.#options, input, 0);
    this.#close();
  }

  turn(message: Envelope): void {
    if (this.#cold) this.#session = Session.restore(this.#options, this.#text);
    this.#session.now(this.#nowMs);
    this.#session.deliver(message, 0);
    this.#close();
  }

  #close(): void {
    const closed = this.#session.close();
    this.#text = closed.text;
    this.#take(closed);
    for (const id of closed.started) this.#begin(id);
    for (const { id, event } of closed.forwards) this.#runs.get(id)?.send(event);
    for (const [id, run] of this.#runs) {
      if (this.#session.run(id)) continue;
      run.stop();
      this.#runs.delete(id);
    }
  }

  #take({ effects }: Closed): void {
    for (const effect of effects) {
      if (effect.kind === "schedule") {
        this.#due.push({ id: effect.id, atMs: this.#nowMs + effect.delayMs });
      } else if (effect.kind === "cancel") {
        this.#due = this.#due.filter((row) => row.id !== effect.id);
      } else if (effect.kind === "log") this.#said.push(["log", effect.text]);
      else if (effect.kind === "publish") {
        this.#said.push(["emit", { type: effect.type, ...JSON.parse(effect.payload) }]);
      }
    }
  }

  #begin(id: string): void {
    const work = this.#session.run(id)!;
    const run = new Run({
      logic: work.logic,
      id: work.actor.id,
      input: work.actor._snapshot.input,
      refs: this.#session.system.refs,
      clock: systemClock,
      payloadBytes: defaultLimits.payloadBytes,
      say: (payload) => this.#words.push({ id, payload }),
    });
    this.#runs.set(id, run);
    run.start();
  }

  wait(ms: number): void {
    const until = this.#nowMs + ms;
    for (;;) {
      const next = this.#due.reduce<{ id: string; atMs: number } | null>(
        (first, row) => row.atMs <= until && (!first || row.atMs < first.atMs) ? row : first,
        null,
      );
      if (!next) break;
      this.#due = this.#due.filter((row) => row !== next);
      this.#nowMs = next.atMs;
      this.turn(envelope({ kind: "timer", correlation: next.id }));
    }
    this.#nowMs = until;
  }

  async settle(): Promise<void> {
    await breathe();
    while (this.#words.length > 0) {
      const { id, payload } = this.#words.shift()!;
      this.turn(envelope({ kind: "ran", correlation: id, payload }));
      await breathe();
    }
  }

  /** Looks at a fresh restore of the text, so that nothing warm hides a fault. */
  look(): Seen {
    const restored = Session.restore({ ...this.#options, observe: () => {} }, this.#text);
    const root = [...restored.system.running.values()][0];
    const tree = root ? treeOf(root) : treeOf({ _snapshot: restored.snapshot } as InnerActor);
    const seen = { tree, said: this.#said, trace: this.#trace.splice(0) };
    this.#said = [];
    return seen;
  }
}
