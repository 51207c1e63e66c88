/**
 * Time and order of a simulated world: everything that happens later is in one queue, and a seed
 * says what of that which is due at the same time comes first.
 */
import { setImmediate } from "node:timers/promises";
import type { CancelTimer, Clock } from "../../src/clock.ts";
import type { Random } from "../torture/random.ts";

interface Due {
  atMs: number;
  /** Breaks ties. */
  rank: number;
  fire(): void;
}

export class Scheduler {
  #random: Random;
  #nowMs = 0;
  #wallOffsetMs = Date.UTC(2026, 0, 15);
  #queue: Due[] = [];

  constructor(random: Random) {
    this.#random = random;
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  get wallMs(): number {
    return Math.floor(this.#nowMs + this.#wallOffsetMs);
  }

  /** Somebody sets the wall clock. */
  setWall(byMs: number): void {
    this.#wallOffsetMs += byMs;
  }

  after(delayMs: number, fire: () => void): CancelTimer {
    const due = { atMs: this.#nowMs + Math.max(0, delayMs), rank: this.#random.next(), fire };
    let low = 0;
    let high = this.#queue.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isBefore(due, this.#queue[middle]!)) low = middle + 1;
      else high = middle;
    }
    this.#queue.splice(low, 0, due);
    return () => {
      const at = this.#queue.indexOf(due);
      if (at >= 0) this.#queue.splice(at, 1);
    };
  }

  /** Does the next thing and lets all follow that needs no time. @returns false: nothing is left */
  async step(): Promise<boolean> {
    const next = this.#queue.pop();
    if (!next) return false;
    this.#nowMs = Math.max(this.#nowMs, next.atMs);
    next.fire();
    await setImmediate();
    return true;
  }
}

/** The queue has its next one at the end. */
function isBefore(one: Due, other: Due): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.rank < other.rank);
}

/** A line in which nothing overtakes: frames of a thread, reads of a store. */
export class Line {
  #clock: Pick<Clock, "after" | "monotonicMs">;
  #lastMs = 0;

  constructor(clock: Pick<Clock, "after" | "monotonicMs">) {
    this.#clock = clock;
  }

  add(delayMs: number, fire: () => void): void {
    const now = this.#clock.monotonicMs();
    this.#lastMs = Math.max(this.#lastMs + 1e-6, now + delayMs);
    this.#clock.after(this.#lastMs - now, fire);
  }
}

/** The clock of one process: when that is killed, nothing of it happens any more. */
export class ProcessClock implements Clock {
  #scheduler: Scheduler;
  #isDead = false;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  wallMs(): number {
    return this.#scheduler.wallMs;
  }

  monotonicMs(): number {
    return this.#scheduler.nowMs;
  }

  after(delayMs: number, fire: () => void): CancelTimer {
    return this.#scheduler.after(delayMs, () => {
      if (!this.#isDead) fire();
    });
  }

  kill(): void {
    this.#isDead = true;
  }
}
