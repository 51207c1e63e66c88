/** A machine in turns of our engine: warm, made anew from JSON text, or with its runs lost too. */
import { systemClock } from "../../src/clock.ts";
import type { Effect } from "../../src/actors/effect.ts";
import type { Envelope } from "../../src/actors/envelope.ts";
import { Run } from "../../src/actors/run.ts";
import { type Closed, Session } from "../../src/actors/session.ts";
import type { InnerActor, InnerMachine } from "../../src/actors/xstate-inner.ts";
import { defaultLimits } from "../../src/limits.ts";
import type { ConformOptions, Step } from "./case.ts";
import { envelope } from "./envelope.ts";
import { asking } from "./live.ts";
import { breathe, type Seen, timerText, traceOf, treeOf } from "./look.ts";

/**
 * - `warm`: the tree is kept between turns
 * - `cold`: each envelope finds a tree made from JSON text; runs go on, as after a passivation
 *   between two slices of one thread
 * - `lost`: after each step the thread is gone with its runs, which begin anew
 */
export type Mode = "warm" | "cold" | "lost";

/** @returns what was to be seen at the start and after each step */
export async function runTurns(
  machine: object,
  steps: readonly Step[],
  options: ConformOptions,
  mode: Mode,
  loses: (step: number) => boolean = () => mode === "lost",
): Promise<Seen[]> {
  const bench = new Bench(machine as InnerMachine, options.input, mode);
  const all = [bench.look()];
  for (const [i, step] of steps.entries()) {
    if (loses(i)) bench.lose();
    if ("wait" in step) bench.wait(step.wait * (options.unitMs ?? 1));
    else if ("settle" in step) await bench.settle();
    else {
      const { type, ...payload } = "ask" in step ? step.ask : step.send;
      const replyTo = "ask" in step ? asking : null;
      bench.turn(envelope({ type, payload: JSON.stringify(payload), replyTo }));
    }
    all.push(bench.look());
  }
  bench.stop();
  return all;
}

/** What is to be seen of a stored state: nothing warm can hide a fault. */
export function lookAt(machine: InnerMachine, text: string, delays: ReadonlyMap<string, number>) {
  const options = { machine, system: new Set<string>(), limits: defaultLimits };
  const restored = Session.restore(options, text);
  const root = [...restored.system.running.values()][0];
  const tree = treeOf(root ?? { _snapshot: restored.snapshot } as InnerActor);
  const names = new Map([...restored.system.running.values()].map((one) => [one.sessionId, one]));
  const timers = [...restored.system.timers.rows.values()].filter((row) => !row.orphan)
    .map(({ id, from, to, event }) =>
      timerText(
        names.get(from)?.id ?? from,
        names.get(to)?.id ?? to,
        event.type,
        delays.get(id) ?? 0,
      )
    );
  return { tree, timers: timers.sort() };
}

/** Machines at random ask for much in one turn. */
const limits = { ...defaultLimits, effectsPerTurn: 100_000 };

class Bench {
  #session: Session;
  #text = "";
  #said: unknown[] = [];
  #sent: unknown[] = [];
  #nowMs = 0;
  #due: { id: string; atMs: number }[] = [];
  readonly #delays = new Map<string, number>();
  readonly #words: { id: string; payload: string }[] = [];
  readonly #runs = new Map<string, Run>();
  readonly #trace: string[] = [];
  readonly #mode: Mode;
  readonly #machine: InnerMachine;
  readonly #options;

  constructor(machine: InnerMachine, input: unknown, mode: Mode) {
    this.#mode = mode;
    this.#machine = machine;
    const observe = traceOf(this.#trace) as never;
    this.#options = { machine, system: new Set<string>(), limits, observe };
    this.#session = Session.begin(this.#options, input, 0);
    this.#close();
  }

  turn(message: Envelope): void {
    if (this.#mode !== "warm") this.#session = Session.restore(this.#options, this.#text);
    // A machine that has ended hears nothing any more.
    if (this.#session.snapshot.status !== "active") return;
    this.#session.now(this.#nowMs);
    this.#session.deliver(message, 0);
    this.#close();
  }

  /** The thread is gone: only the text is left, from which its runs begin again. */
  lose(): void {
    this.stop();
    this.#session = Session.restore(this.#options, this.#text);
    for (const { id } of this.#session.runs()) this.#begin(id);
  }

  stop(): void {
    for (const run of this.#runs.values()) run.stop();
    this.#runs.clear();
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
        this.#delays.set(effect.id, effect.delayMs);
      } else if (effect.kind === "cancel") {
        this.#due = this.#due.filter((row) => row.id !== effect.id);
      } else if (effect.kind === "log") this.#said.push(["log", effect.text]);
      else if (effect.kind === "publish") {
        this.#said.push(["emit", { type: effect.type, ...JSON.parse(effect.payload) }]);
      } else if (effect.kind !== "run") this.#sent.push(effectSeen(effect));
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

  look(): Seen {
    const { tree, timers } = lookAt(this.#machine, this.#text, this.#delays);
    const seen = { tree, timers, said: this.#said, sent: this.#sent };
    this.#said = [];
    this.#sent = [];
    return { ...seen, trace: this.#trace.splice(0) };
  }
}

/** An effect, in the words of `requestSeen` of live.ts. */
function effectSeen(effect: Effect): unknown {
  if (effect.kind === "send") return ["send", effect.to, effect.type, JSON.parse(effect.payload)];
  if (effect.kind === "reply") return ["reply", effect.replyTo.to, JSON.parse(effect.payload)];
  return [effect.kind];
}
