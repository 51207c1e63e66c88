/**
 * Places below dynamic supervisors: who runs, and who waits for that.
 *
 * Invariants:
 * - I1 At most `maxRunning` children of a dynamic supervisor run; the others wait in order.
 */
import { type Address, parentOf } from "../address.ts";
import type { AgentRecord } from "../storage/store.ts";
import type { Cell } from "./cell.ts";
import type { Core, Places as PlacesFace } from "./core.ts";
import { Draft } from "./draft.ts";
import { countRunning, type TreeChild } from "./node.ts";

export class Places implements PlacesFace {
  #core: Core;
  #nodes: ReadonlyMap<Address, TreeChild>;

  constructor(core: Core, nodes: ReadonlyMap<Address, TreeChild>) {
    this.#core = core;
    this.#nodes = nodes;
    core.registry.listen({
      woken: (cell) => this.#woken(cell),
      rested: (cell) => this.#rested(cell),
    });
  }

  /** Takes a place of a dynamic supervisor at start, for children that were there before. */
  adopt(cell: Cell): boolean {
    const node = this.#nodes.get(parentOf(cell.address));
    if (node?.type === "agent" || node?.type === "adapter" || !node) return false;
    if (node.type === "supervisor") return this.#nodes.get(cell.address)?.type === "agent";
    if (cell.record.status === "pending") node.waiting.push(cell);
    else if (cell.record.status === "running") node.running.add(cell);
    return true;
  }

  /** As `adopt`, for a child that is passive. */
  adoptPassive(address: Address): void {
    const node = this.#nodes.get(parentOf(address));
    if (node?.type === "dynamic") node.passive++;
  }

  #woken(cell: Cell): void {
    const node = this.#nodes.get(parentOf(cell.address));
    if (node?.type !== "dynamic") return;
    node.passive--;
    node.running.add(cell);
    cell.held = node.isDown;
  }

  #rested(cell: Cell): void {
    const node = this.#nodes.get(parentOf(cell.address));
    if (node?.type === "dynamic" && node.running.delete(cell)) node.passive++;
  }

  /** Forgets who has which place: the agents are loaded anew. */
  clear(): void {
    for (const node of this.#nodes.values()) {
      if (node.type !== "dynamic") continue;
      node.running.clear();
      node.passive = 0;
      node.waiting.length = 0;
    }
  }

  /** Lets it run with `record`, at once or when it is its turn. */
  enter(draft: Draft, cell: Cell, record: AgentRecord): void {
    const node = this.#nodes.get(parentOf(cell.address));
    const most = node?.type === "dynamic" && node.spec.maxRunning || Number.POSITIVE_INFINITY;
    const waits = node?.type === "dynamic" && countRunning(node) >= most;
    const placed: AgentRecord = { ...record, status: waits ? "pending" : "running" };
    draft.change({ op: "agent", record: placed });
    draft.onAccept(() => {
      cell.record = placed;
      if (node?.type !== "dynamic") return;
      cell.held = node.isDown;
      const at = node.waiting.indexOf(cell);
      if (at >= 0) node.waiting.splice(at, 1);
      if (waits) node.waiting.push(cell);
      else node.running.add(cell);
    });
    draft.onDurable(() => this.#core.dispatcher.wake(cell));
  }

  /** Gives its place up: it does not run any more. */
  leave(cell: Cell): void {
    cell.restarting = false;
    cell.cancelBackoff();
    cell.onStart?.(null);
    cell.onStart = null;
    const node = this.#nodes.get(parentOf(cell.address));
    if (node?.type !== "dynamic") return;
    node.running.delete(cell);
    const waits = node.waiting.indexOf(cell);
    if (waits >= 0) node.waiting.splice(waits, 1);
    this.fill(node);
  }

  /** Starts those that wait, as far as there are places. */
  fill(node: TreeChild): void {
    if (node.type !== "dynamic" || node.isDown) return;
    const most = node.spec.maxRunning ?? Number.POSITIVE_INFINITY;
    while (node.waiting.length > 0 && countRunning(node) < most) {
      const cell = node.waiting.shift()!;
      if (this.#core.registry.byKey(cell.key) !== cell) continue;
      node.running.add(cell);
      cell.record = { ...cell.record, status: "running" };
      const draft = new Draft().change({ op: "agent", record: cell.record });
      this.#core.ledger.commit(draft).catch(() => {});
      this.#core.dispatcher.wake(cell);
    }
  }
}
