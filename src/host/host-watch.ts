/** What agents do to their host without a word: looked at from outside (R7). */
import { countWorkerThreads, processRssBytes } from "../processes.ts";

const MiB = 1024 * 1024;
/** An ended thread may linger for a moment: fewer looks in a row prove nothing. */
const looksToBeSure = 3;

/** Says that a host has taken more memory than it may: buffers are not in the heap V8 bounds. */
export function memoryFault(pid: number, hostMb: number): string | null {
  const rssMb = Math.round((processRssBytes(pid) ?? 0) / MiB);
  return rssMb > hostMb ? `out of memory, ${rssMb} MiB of at most ${hostMb} MiB` : null;
}

/**
 * Finds nested workers of agents that still live, over several looks. Threads are counted before a
 * host is asked how many it knows, and again when it has answered: starts and ends in between make
 * one of the two counts too high, never both.
 */
export class StrayWatch {
  #looks = 0;
  #probe: { id: number; running: number } | null = null;

  /** Whether the host is to be asked now, under `id`: not while it owes an answer. */
  begin(pid: number, id: number): boolean {
    if (this.#probe) return false;
    const running = countWorkerThreads(pid);
    if (running === null) return false;
    this.#probe = { id, running };
    return true;
  }

  /** @returns what is wrong, once it is sure */
  answered(pid: number, id: number, known: number): string | null {
    if (this.#probe?.id !== id) return null;
    const running = Math.min(this.#probe.running, countWorkerThreads(pid) ?? 0);
    this.#probe = null;
    this.#looks = running > known ? this.#looks + 1 : 0;
    return this.#looks >= looksToBeSure
      ? `it ran ${running} threads, ${known} of them known`
      : null;
  }
}
