/** Waiting for what a running process does by itself: the one place in tests with a timer. */
import { systemClock } from "../../src/clock.ts";

export interface EventuallyOptions {
  /** Default 20 s: generous, as it is only used up by a test that fails. */
  deadlineMs?: number;
  everyMs?: number;
  /** What is waited for, in words, for the message of a failure. */
  what?: string;
  signal?: AbortSignal;
}

/** Resolves after `ms`; at once when `signal` aborts. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const cancel = systemClock.after(ms, end);
    signal?.addEventListener("abort", end, { once: true });
    function end() {
      cancel();
      signal?.removeEventListener("abort", end);
      resolve();
    }
  });
}

/**
 * Calls `look` until it gives something other than false, null or undefined; a throw means "not
 * yet".
 *
 * @throws {Error} after the deadline, with the last thing that `look` threw or gave
 */
export async function eventually<T>(
  look: () => T | Promise<T>,
  options: EventuallyOptions = {},
): Promise<NonNullable<Exclude<T, false>>> {
  const { deadlineMs = 20_000, everyMs = 50, what = "the condition", signal } = options;
  const until = systemClock.monotonicMs() + deadlineMs;
  let last: unknown;
  do {
    try {
      const found = await look();
      if (found !== false && found !== null && found !== undefined) {
        return found as NonNullable<Exclude<T, false>>;
      }
      last = found;
    } catch (error) {
      last = error instanceof Error ? error.message : error;
    }
    await pause(everyMs, signal);
  } while (systemClock.monotonicMs() < until && !signal?.aborted);
  const why = signal?.aborted ? "was given up" : `did not come in ${deadlineMs} ms`;
  throw new Error(`${what} ${why}; last seen: ${String(last)}`);
}
