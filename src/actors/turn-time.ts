/** The time of the turn that runs now: the one clock that a machine may read (R10). */
import { systemClock } from "../clock.ts";

let turnMs: number | null = null;

/** Called by the engine at each turn. */
export function setTurnTime(nowMs: number): void {
  turnMs = nowMs;
}

/**
 * Wall time of this turn, epoch ms: the same for the whole turn, and in tests of a machine outside
 * Dream.OS the machine's clock.
 */
export function now(): number {
  return turnMs ?? systemClock.wallMs();
}
