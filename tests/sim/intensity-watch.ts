/** Supervisors restart no more often than they may, or fail (R6). */
import type { TreeNode } from "../../src/supervisor/control.ts";
import { broken } from "./judge.ts";
import type { World } from "./world.ts";

export const intensity = { intensity: 4, periodMs: 4_000, backoffMs: 20, backoffMaxMs: 200 };

interface Seen {
  restarts: number;
  /** When one more was seen. */
  times: number[];
}

export class IntensityWatch {
  #world: World;
  #boot = 0;
  #seen = new Map<string, Seen>();
  #failures = 0;
  /** When a supervisor was seen to have failed. */
  #failedAt: number[] = [];

  constructor(world: World) {
    this.#world = world;
  }

  look(): void {
    const { system, boots, tables, scheduler: { nowMs } } = this.#world;
    if (!system) return;
    if (boots !== this.#boot) {
      this.#boot = boots;
      this.#seen.clear();
    }
    let failures = 0;
    for (const { type } of tables.events) if (type === "supervisor.failed") failures++;
    for (; this.#failures < failures; this.#failures++) this.#failedAt.push(nowMs);
    system.tree().then((root) => this.#walk(root, nowMs));
  }

  #walk(node: TreeNode, nowMs: number): void {
    if (node.type === "supervisor" || node.type === "dynamic") this.#count(node, nowMs);
    for (const child of node.children) this.#walk(child, nowMs);
  }

  #count({ address, restarts }: TreeNode, nowMs: number): void {
    const seen = this.#seen.get(address) ?? { restarts, times: [] };
    this.#seen.set(address, seen);
    for (; seen.restarts < restarts; seen.restarts++) seen.times.push(nowMs);
    const since = nowMs - intensity.periodMs;
    seen.times = seen.times.filter((time) => time >= since);
    // A failure empties the window of who failed, and of all that restart with it; it may be
    // counted before its event is durable.
    const failed = this.#failedAt.filter((time) => time >= since - intensity.periodMs).length;
    const most = (intensity.intensity + 1) * (failed + 2);
    if (seen.times.length > most) {
      broken("intensity", `${address}: ${seen.times.length} restarts in ${intensity.periodMs} ms`);
    }
  }
}
