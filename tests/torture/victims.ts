/** The processes of the service: who can be killed, and what was seen and may not stay. */
import type { Client } from "../../src/api/client.ts";
import { eventually } from "../support/eventually.ts";
import {
  commandLine,
  familyOf,
  hasProc,
  isRunning,
  kill9,
  markOf,
  processesNaming,
  type ProcessMark,
} from "../support/processes.ts";
import type { Service } from "../support/service.ts";
import type { Random } from "./random.ts";

/** `Ctrl-C` is no kill: the control process is asked to drain in the midst of the work. */
export type Target = "control" | "host" | "tool host" | "Ctrl-C";

/** Hosts end by themselves within a second; a slow machine is given more. */
const goneWithinMs = 10_000;

export class Victims {
  #service: Service;
  #seen = new Map<string, ProcessMark>();

  constructor(service: Service) {
    this.#service = service;
  }

  /** Remembers all processes that run now. */
  look(): void {
    if (!this.#service.isUp) return;
    for (const mark of familyOf(this.#service.pid)) {
      this.#seen.set(`${mark.pid} ${mark.startedAt}`, mark);
    }
  }

  get seen(): number {
    return this.#seen.size;
  }

  /** The process of `target`; null when there is none at the moment. */
  async find(target: Target, client: Client, random: Random): Promise<ProcessMark | null> {
    if (target === "control" || target === "Ctrl-C") return markOf(this.#service.pid);
    if (target === "tool host") {
      const { toolHostPid } = await client.status();
      return toolHostPid === null ? null : markOf(toolHostPid);
    }
    const { items } = await client.agents({ limit: 1_000 });
    const pids = new Set(items.flatMap(({ hostPid }) => hostPid === null ? [] : [hostPid]));
    return pids.size === 0 ? null : markOf(random.pick([...pids].sort()));
  }

  /**
   * Waits until all that was seen before and does not belong to the running service is gone.
   * @returns what stayed, in words
   */
  async leftovers(deadlineMs: number = goneWithinMs): Promise<string[]> {
    const stayed = () => {
      const family = this.#service.isUp ? familyOf(this.#service.pid) : [];
      const own = new Set(family.map(({ pid }) => pid));
      // Without /proc a pid that was seen may meanwhile be anybody's.
      const naming = hasProc ? processesNaming(this.#service.home) : [];
      return [...this.#seen.values(), ...naming]
        .filter((mark) => !own.has(mark.pid) && isRunning(mark));
    };
    try {
      await eventually(() => stayed().length === 0, { deadlineMs });
      return [];
    } catch {
      return [...new Map(stayed().map((mark) => [mark.pid, mark])).values()]
        .map((mark) => `process ${mark.pid} stayed behind: ${commandLine(mark)}`);
    }
  }

  kill(mark: ProcessMark): boolean {
    return kill9(mark);
  }
}
