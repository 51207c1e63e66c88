/**
 * The only place that reads time. Supervisor, dispatcher, timers and storage are given a `Clock`,
 * so that a simulation can run them on virtual time (design R10).
 */

/** Ends a timer; harmless when the timer has fired. */
export type CancelTimer = () => void;

export interface Clock {
  /** Wall time, epoch ms. For what people and files see; it may jump. */
  wallMs(): number;
  /** Monotonic ms from an arbitrary start. For intervals, intensity windows and backoff. */
  monotonicMs(): number;
  /** Calls `fire` once after `delayMs` (>= 0) of monotonic time. */
  after(delayMs: number, fire: () => void): CancelTimer;
}

/** The longest delay that JavaScript timers keep; longer ones would fire at once. */
const longestTimerMs = 2 ** 31 - 1;

/** The machine's own clock. Delays beyond 24 days are chained, never cut. */
export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, fire) {
    let left = delayMs;
    let handle: ReturnType<typeof setTimeout>;
    const arm = () => {
      const slice = Math.min(left, longestTimerMs);
      left -= slice;
      handle = setTimeout(() => (left > 0 ? arm() : fire()), slice);
    };
    arm();
    return () => clearTimeout(handle);
  },
};
