/**
 * What led to an agent's first turn and to its runs, so that the history of a message goes through
 * them. Kept in memory alone: after an end of the process their effects count as without a cause.
 */
import type { Envelope } from "../actors/envelope.ts";

/** Runs that are remembered; more are without a cause. */
const mostRuns = 1_000;

export class Origins {
  /** The message whose turn spawned it; null after its first turn. */
  spawnedFor: Envelope | null = null;
  #runs: Map<string, Envelope> | null = null;

  spawned(cause: Envelope | null): void {
    this.spawnedFor = cause && light(cause);
  }

  startRun(id: string, cause: Envelope | null): void {
    if (!cause || (this.#runs?.size ?? 0) >= mostRuns) return;
    (this.#runs ??= new Map()).set(id, light(cause));
  }

  /** The message whose turn started the run. */
  ofRun(id: string): Envelope | null {
    return this.#runs?.get(id) ?? null;
  }

  /** @param runs how many go on */
  turned(runs: number): void {
    this.spawnedFor = null;
    if (runs === 0) this.#runs = null;
  }
}

/** Of a cause only its place in the chain is of interest. */
function light(cause: Envelope): Envelope {
  return { ...cause, payload: "" };
}
