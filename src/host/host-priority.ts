/** Who works long comes after the others: threads and processes whose turns the rest wait for. */
import { readdirSync, readFileSync } from "node:fs";
import { setPriority } from "node:os";

/** Against one that is not put back, such a thread gets a tenth of a core (nice 10). */
const behind = 10;
/** Share of a core below which a thread does not work, but waits. */
const leastShare = 0.25;

/** A host of one suspect: it may take all that is left over. */
export function yieldToOthers(pid: number): void {
  try {
    setPriority(pid, behind);
  } catch {
    // It has gone already, or the system has no priorities.
  }
}

/** The threads of one host that work, as far as the system can tell (Linux). */
export class BusyThreads {
  /** CPU of each worker thread at the last look, ns. */
  #before = new Map<number, number>();
  #lookedMs = 0;
  readonly #behind = new Set<number>();

  /**
   * Puts the thread back that has used most since the last call. It stays there: no system lets it
   * come forward again without a privilege.
   *
   * @returns whether there is one that works
   */
  yieldBusiest(pid: number, nowMs: number): boolean {
    const used = workerTimes(pid);
    const leastNs = (nowMs - this.#lookedMs) * 1_000_000 * leastShare;
    let busiest: number | null = null;
    let most = leastNs;
    for (const [thread, ns] of used) {
      const since = ns - (this.#before.get(thread) ?? ns);
      if (this.#behind.has(thread) || since < most) continue;
      most = since;
      busiest = thread;
    }
    this.#before = used;
    this.#lookedMs = nowMs;
    if (busiest === null) return false;
    yieldToOthers(busiest);
    this.#behind.add(busiest);
    return true;
  }
}

function workerTimes(pid: number): Map<number, number> {
  const times = new Map<number, number>();
  const folder = `/proc/${pid}/task`;
  try {
    for (const thread of readdirSync(folder)) {
      if (!readFileSync(`${folder}/${thread}/comm`, "utf8").startsWith("worker-")) continue;
      const [ns] = readFileSync(`${folder}/${thread}/schedstat`, "utf8").split(" ");
      times.set(Number(thread), Number(ns));
    }
  } catch {
    // A thread that ended just now, or a system without /proc.
  }
  return times;
}
