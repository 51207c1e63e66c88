/** How often a supervisor may restart its children, and how long it waits before each restart. */

export interface RestartLimit {
  /** Restarts allowed within the period, >= 0. */
  intensity: number;
  /** Milliseconds, > 0. */
  periodMs: number;
}

export interface RestartDecision {
  allowed: boolean;
  /** Restart times within the period, newest first, this one included. */
  window: number[];
}

/**
 * Records a restart and says whether the child may be started again. A restart counts while it is
 * at most `periodMs` old. Pure: the caller keeps the window.
 *
 * @param window restart times, newest first, in monotonic ms (never wall time)
 * @param limit 2 in 5,000 ms means that the third within 5 s is refused
 * @see Erlang/OTP supervisor.erl add_restart/3 (inclusive edge: R >= Now - Period)
 */
export function recordRestart(
  window: readonly number[],
  nowMs: number,
  limit: RestartLimit,
): RestartDecision {
  const kept = [nowMs, ...window.filter((at) => at >= nowMs - limit.periodMs)];
  return { allowed: kept.length <= limit.intensity, window: kept };
}

export interface Backoff {
  backoffMs: number;
  backoffMaxMs: number;
}

/**
 * Milliseconds to wait before restart number `attempt` (from 0): full jitter over a doubling bound,
 * so that children that failed together do not come back together.
 *
 * @param random uniform in [0, 1)
 * @see M. Brooker, "Exponential Backoff And Jitter" (2015), full jitter
 */
export function restartPause(attempt: number, backoff: Backoff, random: number): number {
  const bound = Math.min(backoff.backoffMaxMs, backoff.backoffMs * 2 ** Math.min(attempt, 30));
  return Math.floor(bound * random);
}
