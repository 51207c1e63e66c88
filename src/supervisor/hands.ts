/**
 * How many turns are in hand at one time when mail comes faster than it is handled. More than the
 * machine can work on at once would come no sooner: their threads would only take the cores from
 * each other, and each turn would find less in its mailbox than it does later. Who waits here
 * collects mail, so that turns grow with the load.
 *
 * Invariants:
 * - I1 Who waits gets its turn in the order of arrival.
 * - I2 A turn that takes long is not counted: it holds nobody back for longer than `sliceMs`.
 * - I3 Nor do turns of those who are not asked for, however many come: one of the line, but no
 *   more, goes in each `sliceMs` without room.
 */
import type { CancelTimer, Clock } from "../clock.ts";
import type { Cell, Residence } from "./cell.ts";

export interface HandsOptions {
  clock: Clock;
  /** Turns that are worked on at one time. */
  most: number;
  /** A turn that has been in hand for so long no longer counts. */
  sliceMs: number;
  /** Hands the agent its next batch; whoever has nothing to do any more lets the next one go. */
  go(cell: Cell): void;
}

export class Hands {
  readonly #options: HandsOptions;
  /** Turns that count, oldest first, with the monotonic ms of their hand-over. */
  readonly #held = new Map<Residence, number>();
  /** With the monotonic ms since when they wait, oldest first. */
  readonly #waiting = new Map<Cell, number>();
  /** Monotonic ms when one went without room. */
  #pushedMs = Number.NEGATIVE_INFINITY;
  #isCalling = false;
  #cancelLook: CancelTimer | null = null;

  constructor(options: HandsOptions) {
    this.#options = options;
  }

  /**
   * Whether the agent, one turn just ended and mail for the next one there, may go on; if not, `go`
   * is called when it may. Whose mailbox was empty is not asked for: its next message is awaited.
   */
  admits(cell: Cell): boolean {
    if (this.#waiting.size === 0 && this.#hasRoom()) return true;
    this.#waiting.set(cell, this.#options.clock.monotonicMs());
    this.#look();
    return false;
  }

  holds(cell: Cell): boolean {
    return this.#waiting.has(cell);
  }

  take(residence: Residence): void {
    this.#held.set(residence, this.#options.clock.monotonicMs());
  }

  /** Its turn is over. */
  free(residence: Residence): void {
    if (this.#held.delete(residence)) this.#call();
  }

  /** It has lost its thread. */
  leave(cell: Cell, residence: Residence): void {
    this.#waiting.delete(cell);
    this.free(residence);
  }

  #call(): void {
    if (this.#isCalling) return;
    const { clock, sliceMs } = this.#options;
    this.#isCalling = true;
    try {
      for (const [cell, sinceMs] of this.#waiting) {
        if (!this.#hasRoom()) {
          const nowMs = clock.monotonicMs();
          if (nowMs - Math.max(sinceMs, this.#pushedMs) < sliceMs) break;
          this.#pushedMs = nowMs;
        }
        this.#waiting.delete(cell);
        this.#options.go(cell);
      }
    } finally {
      this.#isCalling = false;
    }
    this.#look();
  }

  #hasRoom(): boolean {
    const { clock, most, sliceMs } = this.#options;
    if (this.#held.size < most) return true;
    const nowMs = clock.monotonicMs();
    for (const [residence, sinceMs] of this.#held) {
      if (nowMs - sinceMs < sliceMs) break;
      this.#held.delete(residence);
    }
    return this.#held.size < most;
  }

  /** Turns that never end make room without an answer. */
  #look(): void {
    if (this.#cancelLook || this.#waiting.size === 0) return;
    const { clock, sliceMs } = this.#options;
    this.#cancelLook = clock.after(sliceMs, () => {
      this.#cancelLook = null;
      this.#call();
    });
  }
}
