/** So much a second and no more; what is above is counted and told of. */
import type { CancelTimer, Clock } from "./clock.ts";

const windowMs = 1_000;

export class RateBound {
  readonly #clock: Clock;
  readonly #perSecond: number;
  readonly #onDropped: (count: number) => void;
  #fromMs = Number.NEGATIVE_INFINITY;
  #taken = 0;
  #dropped = 0;
  #cancel: CancelTimer = () => {};

  /** @param onDropped told at the end of a second in which something was refused, and how often */
  constructor(clock: Clock, perSecond: number, onDropped: (count: number) => void) {
    this.#clock = clock;
    this.#perSecond = perSecond;
    this.#onDropped = onDropped;
  }

  /** Whether something of this size still fits into the present second. */
  takes(size: number): boolean {
    const now = this.#clock.monotonicMs();
    if (now - this.#fromMs >= windowMs) {
      this.end();
      this.#fromMs = now;
      this.#taken = 0;
    }
    this.#taken += size;
    if (this.#taken <= this.#perSecond) return true;
    if (this.#dropped++ === 0) {
      this.#cancel = this.#clock.after(this.#fromMs + windowMs - now, () => this.end());
    }
    return false;
  }

  /** Tells now what was refused. */
  end(): void {
    this.#cancel();
    this.#cancel = () => {};
    const dropped = this.#dropped;
    this.#dropped = 0;
    if (dropped > 0) this.#onDropped(dropped);
  }
}
