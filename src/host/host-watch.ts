/** What agents do to their host without a word: looked at from outside (R7). */
import { countWorkerThreads, processRssBytes } from "../processes.ts";

const MiB = 1024 * 1024;
/** Thread starts and ends take their time: fewer looks in a row prove nothing. */
const looksToBeSure = 3;

/** Says that a host has taken more memory than it may: buffers are not in the heap V8 bounds. */
export function memoryFault(pid: number, hostMb: number): string | null {
  const rssMb = Math.round((processRssBytes(pid) ?? 0) / MiB);
  return rssMb > hostMb ? `out of memory, ${rssMb} MiB of at most ${hostMb} MiB` : null;
}

/** Says what threads a host runs that nobody knows of. */
export function strayFault(running: number, known: number): string {
  return `it ran ${running} threads, ${known} of them known`;
}

/** Finds nested workers of agents that still live, over several looks. */
export class StrayWatch {
  #looks = 0;

  /** @returns what is wrong, once it is sure */
  look(pid: number, known: number): string | null {
    const running = countWorkerThreads(pid);
    if (running === null) return null;
    this.#looks = running > known ? this.#looks + 1 : 0;
    return this.#looks >= looksToBeSure ? strayFault(running, known) : null;
  }
}
