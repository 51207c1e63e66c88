/** A clock that moves only when a test moves it, wall and running time apart. */
import { setImmediate } from "node:timers/promises";
import type { CancelTimer, Clock } from "../../src/clock.ts";

interface Waiting {
  atMs: number;
  fire(): void;
}

/** Rounds of the event loop in which nothing may be due before things count as settled. */
const quietRounds = 4;

export class HandClock implements Clock {
  #nowMs = 0;
  #wallOffsetMs: number;
  #waiting = new Set<Waiting>();

  constructor(wallMs: number) {
    this.#wallOffsetMs = wallMs;
  }

  wallMs(): number {
    return this.#nowMs + this.#wallOffsetMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, fire: () => void): CancelTimer {
    const waiting = { atMs: this.#nowMs + delayMs, fire };
    this.#waiting.add(waiting);
    return () => void this.#waiting.delete(waiting);
  }

  /** How much waits for its time. */
  get pending(): number {
    return this.#waiting.size;
  }

  /** Sets the wall clock alone, as a person does, or time while nothing ran. */
  setWall(byMs: number): void {
    this.#wallOffsetMs += byMs;
  }

  /** Lets all that is due happen, and what follows from it. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < quietRounds; quiet++) {
      await setImmediate();
      while (this.#fireUntil(this.#nowMs)) quiet = -1;
    }
  }

  /** Lets `ms` of time pass; everything that becomes due on the way happens at its time. */
  async pass(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await this.settle();
    while (this.#fireUntil(untilMs)) await setImmediate();
    this.#nowMs = untilMs;
    await this.settle();
  }

  /** Fires the next one that is due by then. */
  #fireUntil(untilMs: number): boolean {
    let next: Waiting | null = null;
    for (const waiting of this.#waiting) {
      if (waiting.atMs <= untilMs && (!next || waiting.atMs < next.atMs)) next = waiting;
    }
    if (!next) return false;
    this.#waiting.delete(next);
    this.#nowMs = Math.max(this.#nowMs, next.atMs);
    next.fire();
    return true;
  }
}
