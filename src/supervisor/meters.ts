/**
 * Numbers for `/metrics`. No label names a spawned agent, so that a hundred thousand of them make
 * as many series as one. Each part counts what it does; what can be seen at any time is read at a
 * scrape.
 */
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Clock } from "../clock.ts";

/** Seconds: a turn is some 0.2 ms in a warm thread and may take its whole deadline. */
const seconds = [0.0002, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 10];
const groups = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024];
/** The loop is looked at this often. */
const lookMs = 500;

export class Meters {
  readonly registry = new Registry();
  #own = { registers: [this.registry] };

  /** Turns accepted so far. */
  turnCount = 0;

  #turns = new Counter({
    name: "dreamos_turns_total",
    help: "Turns accepted since the start",
    ...this.#own,
  });
  #turnSeconds = new Histogram({
    name: "dreamos_turn_duration_seconds",
    help: "From the hand-over of a batch to a thread until its turn is accepted",
    buckets: seconds,
    ...this.#own,
  });
  readonly commitSeconds = new Histogram({
    name: "dreamos_commit_duration_seconds",
    help: "From the acceptance of a commit until it is durable",
    buckets: seconds,
    ...this.#own,
  });
  readonly commitGroup = new Histogram({
    name: "dreamos_commit_group_size",
    help: "Commits that became durable in one transaction",
    buckets: groups,
    ...this.#own,
  });
  readonly activations = new Counter({
    name: "dreamos_activations_total",
    help: "Agents that were given a thread",
    ...this.#own,
  });
  readonly passivations = new Counter({
    name: "dreamos_passivations_total",
    help: "Idle agents whose thread was taken away",
    ...this.#own,
  });
  readonly loopLag = new Histogram({
    name: "dreamos_event_loop_lag_seconds",
    help: "How late the event loop of the control process was, looked at twice a second",
    buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    ...this.#own,
  });

  /** A turn was accepted, so long after its batch was handed over. */
  turned(seconds: number): void {
    this.turnCount++;
    this.#turns.inc();
    this.#turnSeconds.observe(seconds);
  }

  /** A value that is set at each scrape. */
  gauge<L extends string = never>(name: string, help: string, labelNames: L[] = []): Gauge<L> {
    return new Gauge({ name, help, labelNames, ...this.#own });
  }

  /** A number that only grows, told as a whole or by what was added since the last scrape. */
  counter<L extends string = never>(name: string, help: string, labelNames: L[] = []): Counter<L> {
    return new Counter({ name, help, labelNames, ...this.#own });
  }

  /** Looks from now on how late the event loop is. @returns how to end it */
  watchLoop(clock: Clock): () => void {
    let stop = () => {};
    const look = () => {
      const dueMs = clock.monotonicMs() + lookMs;
      stop = clock.after(lookMs, () => {
        this.loopLag.observe(Math.max(0, clock.monotonicMs() - dueMs) / 1_000);
        look();
      });
    };
    look();
    return () => stop();
  }
}
