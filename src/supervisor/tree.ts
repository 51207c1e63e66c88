/**
 * The supervision tree at run time: places for agents, restarts, escalation (R6).
 *
 * Owns: who supervises whom, and restart windows. Talks to: the dispatcher, which moves threads.
 * Invariants:
 * - I1 At most `intensity` counted restarts within `periodMs` below one supervisor; the next one
 *   makes the supervisor itself fail, up to the root.
 * - I2 A failure touches siblings only as the strategy says.
 * - I3 At most `maxRunning` children of a dynamic supervisor run; the others wait in order.
 */
import { type Address, parentOf } from "../address.ts";
import { DreamError, type ErrorData } from "../errors.ts";
import type { AgentRecord } from "../storage/store.ts";
import { buryRest } from "./burial.ts";
import type { Cell } from "./cell.ts";
import type { Core, Tree as TreeFace } from "./core.ts";
import { Draft } from "./draft.ts";
import { decideRestart, type ExitReason } from "./exit-reason.ts";
import { type AnySupervisor, type SupervisorNode, type TreeChild, walk } from "./node.ts";
import { recordRestart, restartPause } from "./restart-intensity.ts";
import { spawnChild, type SpawnRequest } from "./spawn.ts";

export class Tree implements TreeFace {
  #core: Core;
  readonly root: SupervisorNode;
  #nodes = new Map<Address, TreeChild>();

  constructor(core: Core, root: SupervisorNode) {
    this.#core = core;
    this.root = root;
    for (const node of walk(root)) this.#nodes.set(node.address, node);
  }

  node(address: Address): TreeChild | undefined {
    return this.#nodes.get(address);
  }

  isSupervisor(address: Address): boolean {
    const type = this.#nodes.get(address)?.type;
    return type !== undefined && type !== "agent";
  }

  groupOf(address: Address): string {
    for (let at = parentOf(address); at !== "/"; at = parentOf(at)) {
      const node = this.#nodes.get(at);
      if (node && "bulkhead" in node && node.bulkhead) return at;
    }
    return "/";
  }

  stableAfterMs(address: Address): number {
    return this.#supervisorOf(address).limits.stableAfterMs;
  }

  spawn(draft: Draft, request: SpawnRequest): Cell {
    return spawnChild(this.#core, this.#nodes.get(request.under), draft, request);
  }

  childFailed(
    draft: Draft,
    cell: Cell,
    reason: ExitReason,
    error: ErrorData,
    counted: boolean,
  ): void {
    if (!decideRestart(cell.record.restart, reason)) return this.#fail(draft, cell, reason, error);
    const lastError = reason === "normal" ? cell.record.lastError : error;
    const record = { ...cell.record, restarts: cell.record.restarts + 1, lastError };
    draft.change({ op: "agent", record });
    const { code, message } = error;
    draft.event(this.#core.clock.wallMs(), "agent.restarting", cell.address, {
      reason,
      code,
      message: message.slice(0, 500),
    });
    const supervisor = this.#supervisorOf(cell.address);
    draft.onAccept(() => {
      cell.record = record;
      this.#restartLater(cell, supervisor);
    });
    if (!counted) return;
    if (this.#count(supervisor)) this.#applyStrategy(draft, supervisor, cell);
    else this.#escalate(draft, supervisor, { code, message: `${cell.address}: ${message}` });
  }

  childEnded(cell: Cell): void {
    this.#freePlace(cell);
    this.#core.gateway.forget(cell);
    this.#core.dispatcher.unblock(cell);
    buryRest(this.#core, cell).catch((error) => {
      this.#core.log("error", "a mailbox could not be emptied", {
        address: cell.address,
        code: error?.code ?? error?.name,
      });
    });
  }

  childParked(cell: Cell): void {
    this.#freePlace(cell);
  }

  stopChild(draft: Draft, cell: Cell): void {
    const record: AgentRecord = { ...cell.record, status: "stopped" };
    draft.change({ op: "agent", record });
    draft.event(this.#core.clock.wallMs(), "agent.stopped", cell.address, {});
    draft.onAccept(() => {
      cell.record = record;
      this.#freePlace(cell);
      this.#core.dispatcher.evict(cell, false).catch(() => {});
      this.#core.dispatcher.unblock(cell);
    });
  }

  /** Deletes a child: all that belongs to it ends, its mailbox becomes dead letters (R6). */
  async deleteChild(cell: Cell): Promise<void> {
    cell.record = { ...cell.record, status: "stopped" };
    this.#freePlace(cell);
    this.#core.gateway.forget(cell);
    await this.#core.dispatcher.evict(cell, false);
    await buryRest(this.#core, cell);
    const draft = new Draft().change({ op: "agentGone", key: cell.key })
      .event(this.#core.clock.wallMs(), "agent.deleted", cell.address, {});
    draft.onAccept(() => this.#core.registry.remove(cell));
    await this.#core.ledger.commit(draft);
    this.#core.dispatcher.unblock(cell);
  }

  report(draft: Draft, address: Address, error: ErrorData): void {
    const { code, message } = error;
    this.#core.log("error", "trouble reported", { address, code });
    const captain = this.#core.registry.find("/captain");
    const payload = { from: address, problem: code, message: message.slice(0, 2000) };
    if (!captain || captain.hasEnded || captain.address === address) return;
    if (!Object.hasOwn(captain.kind.manifest.accepts, "trouble.reported")) return;
    const letter = { from: "system", type: "trouble.reported", payload: JSON.stringify(payload) };
    draft.post(captain, this.#core.mail.envelope(captain.address, { ...letter, lane: "control" }));
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

  /** Forgets who has which place: the agents are loaded anew. */
  clearPlaces(): void {
    for (const node of this.#nodes.values()) {
      if (node.type !== "dynamic") continue;
      node.running.clear();
      node.waiting.length = 0;
    }
  }

  /** Lets waiting children of every dynamic supervisor start where there is room. */
  fillPlaces(): void {
    for (const node of this.#nodes.values()) this.#fill(node);
  }

  #supervisorOf(address: Address): AnySupervisor {
    const node = this.#nodes.get(parentOf(address));
    return node?.type === "supervisor" || node?.type === "dynamic" ? node : this.root;
  }

  /** @returns whether one more restart is within the limit (I1) */
  #count(node: AnySupervisor): boolean {
    const now = this.#core.clock.monotonicMs();
    const { allowed, window } = recordRestart(node.window, now, node.limits);
    node.window = window;
    node.restarts++;
    return allowed;
  }

  #fail(draft: Draft, cell: Cell, reason: ExitReason, error: ErrorData): void {
    const endedAtMs = this.#core.clock.wallMs();
    const record: AgentRecord = { ...cell.record, status: "failed", lastError: error, endedAtMs };
    draft.change({ op: "agent", record });
    draft.event(endedAtMs, "agent.failed", cell.address, { reason, code: error.code });
    this.#core.asks.failAll(draft, cell, { code: "agent_failed", message: error.message });
    draft.onAccept(() => {
      cell.record = record;
      this.childEnded(cell);
    });
  }

  #restartLater(cell: Cell, supervisor: AnySupervisor): void {
    cell.restarting = true;
    const pause = restartPause(cell.backoffs++, supervisor.limits, this.#core.ids.random());
    this.#core.clock.after(pause, () => {
      cell.restarting = false;
      this.#core.dispatcher.wake(cell);
    });
  }

  #applyStrategy(draft: Draft, supervisor: AnySupervisor, cell: Cell): void {
    if (supervisor.type === "dynamic" || supervisor.strategy === "oneForOne") return;
    const { children, strategy } = supervisor;
    const at = children.findIndex((child) => child.address === cell.address);
    const touched = strategy === "oneForAll"
      ? children.filter((_, i) => i !== at)
      : children.slice(at + 1);
    draft.onAccept(() => {
      for (const child of touched.reverse()) this.#restartBelow(child, supervisor);
    });
  }

  /** Ends and starts everything below `node` again, from its newest durable states. */
  #restartBelow(node: TreeChild, supervisor: AnySupervisor): void {
    for (const cell of this.#cellsBelow(node)) {
      if (cell.record.status !== "running") continue;
      this.#core.dispatcher.evict(cell, false).catch(() => {});
      this.#restartLater(cell, supervisor);
    }
  }

  #cellsBelow(node: TreeChild): Cell[] {
    if (node.type === "agent") return [this.#core.registry.find(node.address) ?? []].flat();
    if (node.type === "dynamic") return [...node.running];
    if (node.type === "adapter") return [];
    return node.children.flatMap((child) => this.#cellsBelow(child));
  }

  /** `node` has restarted too often: it fails in turn, and its supervisor restarts it (I1). */
  #escalate(draft: Draft, node: AnySupervisor, error: ErrorData): void {
    const message = `More than ${node.limits.intensity} restarts within ` +
      `${node.limits.periodMs} ms below ${node.address}; last: ${error.message}`;
    const escalation: ErrorData = { code: "intensity_reached", message };
    node.lastError = escalation;
    node.window = [];
    const data = { message: message.slice(0, 1000) };
    draft.event(this.#core.clock.wallMs(), "supervisor.failed", node.address, data);
    this.report(draft, node.address, escalation);
    const above = node.parent ?? this.root;
    if (!this.#countFailure(node, above)) {
      if (node.parent) return this.#escalate(draft, above, escalation);
      draft.onDurable(() =>
        this.#core.fatal(70, new DreamError("intensity_reached", escalation.message))
      );
    }
    draft.onAccept(() => this.#restartBelow(node, above));
  }

  /** The root has no supervisor: its own failures are counted apart, with the same limit. */
  #countFailure(node: AnySupervisor, above: AnySupervisor): boolean {
    if (node.parent) return this.#count(above);
    const now = this.#core.clock.monotonicMs();
    const { allowed, window } = recordRestart(this.#rootWindow, now, node.limits);
    this.#rootWindow = window;
    return allowed;
  }
  #rootWindow: number[] = [];

  #freePlace(cell: Cell): void {
    const node = this.#nodes.get(parentOf(cell.address));
    if (node?.type !== "dynamic") return;
    node.running.delete(cell);
    const waits = node.waiting.indexOf(cell);
    if (waits >= 0) node.waiting.splice(waits, 1);
    this.#fill(node);
  }

  #fill(node: TreeChild): void {
    if (node.type !== "dynamic") return;
    const most = node.spec.maxRunning ?? Number.POSITIVE_INFINITY;
    while (node.waiting.length > 0 && node.running.size < most) {
      const cell = node.waiting.shift()!;
      node.running.add(cell);
      cell.record = { ...cell.record, status: "running" };
      const draft = new Draft().change({ op: "agent", record: cell.record });
      this.#core.ledger.commit(draft).catch(() => {});
      this.#core.dispatcher.wake(cell);
    }
  }
}
