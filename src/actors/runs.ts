/**
 * Which runs are at work in the thread: those of durable turns, and after a loss of the thread
 * those of the stored state (R1). A run that its machine no longer waits for ends at once.
 */
import type { Clock } from "../clock.ts";
import { DreamError } from "../errors.ts";
import { Run } from "./run.ts";
import type { Session } from "./session.ts";
import type { Forward, Work } from "./work.ts";

export interface RunsOptions {
  clock: Clock;
  session: Session;
  payloadBytes: number;
  say(id: string, payload: string): void;
  /** The agent cannot go on. */
  fail(error: DreamError): void;
}

/** Words that are on their way to the agent at one time; the next ones wait here. */
const mostUnheard = 256;
/** Words that may wait: beyond that, runs say more than the agent ever hears. */
const mostWaiting = 10_000;

interface Waiting {
  turn: number;
  started: string[];
  forwards: Forward[];
}

export class Runs {
  readonly #options: RunsOptions;
  readonly #live = new Map<string, Run>();
  #waiting: Waiting[] = [];
  #unheard = 0;
  #words: { id: string; payload: string }[] = [];

  constructor(options: RunsOptions) {
    this.#options = options;
  }

  /** A turn has ended: what it asked for waits for its commit. */
  turned(turn: number, asked: { started: string[]; forwards: Forward[] }): void {
    const { started, forwards } = asked;
    if (started.length + forwards.length > 0) this.#waiting.push({ turn, started, forwards });
  }

  /** Ends what the machine no longer waits for; runs have no reach outside, so it may be early. */
  settle(): void {
    for (const [id, run] of this.#live) {
      if (this.#options.session.run(id)) continue;
      this.#live.delete(id);
      run.stop();
    }
  }

  /** Turns up to `turn` are durable. */
  committed(turn: number): void {
    const ready = this.#waiting.filter((waiting) => waiting.turn <= turn);
    this.#waiting = this.#waiting.filter((waiting) => waiting.turn > turn);
    for (const { started, forwards } of ready) {
      for (const id of started) {
        const work = this.#options.session.run(id);
        if (work) this.#begin(work);
      }
      for (const { id, event } of forwards) this.#live.get(id)?.send(event);
    }
  }

  /** After a restore: all that the state waits for begins anew. */
  restartAll(): void {
    for (const work of this.#options.session.runs()) this.#begin(work);
  }

  stopAll(): void {
    for (const run of this.#live.values()) run.stop();
    this.#live.clear();
    this.#waiting = [];
    this.#words = [];
  }

  /** A word of a run has been handled in a turn: there is room for the next. */
  heard(): void {
    this.#unheard = Math.max(0, this.#unheard - 1);
    const word = this.#words.shift();
    if (word) this.#say(word);
  }

  #say(word: { id: string; payload: string }): void {
    this.#unheard++;
    this.#options.say(word.id, word.payload);
  }

  #hear(word: { id: string; payload: string }): void {
    if (this.#unheard < mostUnheard) return this.#say(word);
    if (this.#words.length < mostWaiting) return void this.#words.push(word);
    const count = mostUnheard + mostWaiting;
    const message = `Its runs have said ${count} things that it has not heard yet; say less, ` +
      "or wait in the run until the machine asks for more";
    this.#options.fail(new DreamError("crashed", message, { details: { count } }));
  }

  #begin(work: Work): void {
    const { id, actor, logic } = work;
    const run = new Run({
      logic,
      id: actor.id,
      input: actor._snapshot.input,
      refs: this.#options.session.system.refs,
      clock: this.#options.clock,
      payloadBytes: this.#options.payloadBytes,
      say: (payload) => this.#hear({ id, payload }),
    });
    this.#live.set(id, run);
    run.start();
  }
}
