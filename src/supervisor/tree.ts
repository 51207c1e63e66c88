/**
 * The supervision tree at run time: who is where, and what happens to a child at its end (R6).
 *
 * Owns: the places of agents. Talks to: restarts.ts, which decides for supervisors; rounds.ts,
 * which stops and starts.
 * Invariants:
 * - I1 At most `maxRunning` children of a dynamic supervisor run; the others wait in order.
 * - I2 What happens to a child while its supervisor stops it is noted and has no other effect.
 */
import { type Address, parentOf } from "../address.ts";
import type { ErrorData } from "../errors.ts";
import type { AgentRecord } from "../storage/store.ts";
import { buryRest } from "./burial.ts";
import type { Cell } from "./cell.ts";
import type { Core, Tree as TreeFace } from "./core.ts";
import { Draft } from "./draft.ts";
import { decideRestart, type ExitReason, ExitTally } from "./exit-reason.ts";
import {
  type AnySupervisor,
  countRunning,
  type SupervisorNode,
  type TreeChild,
  walk,
} from "./node.ts";
import { recallSupervisors } from "./node-store.ts";
import { Restarts } from "./restarts.ts";
import { Rounds } from "./rounds.ts";
import { spawnChild, type SpawnRequest } from "./spawn.ts";

export class Tree implements TreeFace {
  #core: Core;
  readonly root: SupervisorNode;
  readonly tally = new ExitTally();
  #nodes = new Map<Address, TreeChild>();
  #rounds: Rounds;
  #restarts: Restarts;

  constructor(core: Core, root: SupervisorNode) {
    this.#core = core;
    this.root = root;
    this.#rounds = new Rounds(core, {
      startFailed: (child, error) => this.#restarts.startFailed(child, error),
      stopped: (cell, how) =>
        this.exited(cell, how, how === "killed" ? "A turn took longer than its shutdownMs" : null),
      started: (node) => {
        if (node.type === "dynamic") this.#fill(node);
        else this.#restarts.review(node);
      },
    });
    this.#restarts = new Restarts(core, root, this.#rounds);
    for (const node of walk(root)) this.#nodes.set(node.address, node);
    core.registry.events = {
      woken: (cell) => this.#woken(cell),
      rested: (cell) => this.#rested(cell),
    };
  }

  node(address: Address): TreeChild | undefined {
    return this.#nodes.get(address);
  }

  isSupervisor(address: Address): boolean {
    const type = this.#nodes.get(address)?.type;
    return type !== undefined && type !== "agent";
  }

  isDynamic(address: Address): boolean {
    return this.#nodes.get(address)?.type === "dynamic";
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
    this.exited(cell, reason, error.message);
    if (cell.held) return;
    const { onStart } = cell;
    if (!onStart && !decideRestart(cell.record.restart, reason)) {
      return this.#fail(draft, cell, reason, error);
    }
    this.tally.restarts[reason]++;
    const lastError = reason === "normal" ? cell.record.lastError : error;
    const record = { ...cell.record, restarts: cell.record.restarts + 1, lastError };
    draft.change({ op: "agent", record });
    const { code, message } = error;
    draft.event(this.#core.clock.wallMs(), "agent.restarting", cell.address, {
      reason,
      code,
      message: message.slice(0, 500),
    });
    draft.onAccept(() => cell.record = record);
    if (!onStart) {
      const node = this.#nodes.get(cell.address) ?? null;
      const at = { node, supervisor: this.#supervisorOf(cell.address) };
      return this.#restarts.agentFailed(draft, cell, at, error, counted);
    }
    cell.onStart = null;
    draft.onAccept(() => {
      cell.held = true;
      onStart({ code, message: `${cell.address}: ${message}` });
    });
  }

  /** Notes why an agent's stay in its thread ended. */
  exited(cell: Cell, reason: ExitReason, message: string | null): void {
    this.tally.exits[reason]++;
    const count = (cell.exits.get(reason)?.count ?? 0) + 1;
    const lastAtMs = this.#core.clock.wallMs();
    cell.exits.set(reason, { reason, count, lastAtMs, message: message?.slice(0, 500) ?? null });
  }

  childEnded(cell: Cell): void {
    if (cell.record.status === "completed") this.exited(cell, "normal", null);
    this.#freePlace(cell);
    this.#restarts.childEnded(this.#nodes.get(cell.address));
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
    this.#core.log("error", `trouble at ${address}: ${code}; see dreamos tree`, { address, code });
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

  /** Brings back how supervisors stand, before their agents are loaded. */
  async load(): Promise<void> {
    await recallSupervisors(this.#core.store, this.root);
  }

  /** Nothing of the tree is handed work until it begins. */
  hold(): void {
    this.#rounds.hold(this.root);
  }

  /** Starts the whole tree in order. */
  begin(): void {
    this.#rounds.begin(this.root);
  }

  /** Stops the whole tree in reverse order, each child in the time that its spec gives it. */
  async stopAll(): Promise<void> {
    await this.#rounds.stop([this.root]);
  }

  /** Whether a supervisor above this address has ended: what is below it does not run. */
  isBelowEnded(address: Address): boolean {
    for (let at = parentOf(address); at !== "/"; at = parentOf(at)) {
      const node = this.#nodes.get(at);
      if (node && "ended" in node && node.ended) return true;
    }
    return false;
  }

  /** Forgets who has which place: the agents are loaded anew. */
  clearPlaces(): void {
    for (const node of this.#nodes.values()) {
      if (node.type !== "dynamic") continue;
      node.running.clear();
      node.passive = 0;
      node.waiting.length = 0;
    }
  }

  #supervisorOf(address: Address): AnySupervisor {
    const node = this.#nodes.get(parentOf(address));
    return node?.type === "supervisor" || node?.type === "dynamic" ? node : this.root;
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

  #freePlace(cell: Cell): void {
    cell.restarting = false;
    cell.cancelBackoff();
    cell.onStart?.(null);
    cell.onStart = null;
    const node = this.#nodes.get(parentOf(cell.address));
    if (node?.type !== "dynamic") return;
    node.running.delete(cell);
    const waits = node.waiting.indexOf(cell);
    if (waits >= 0) node.waiting.splice(waits, 1);
    this.#fill(node);
  }

  #fill(node: TreeChild): void {
    if (node.type !== "dynamic" || node.isDown) return;
    const most = node.spec.maxRunning ?? Number.POSITIVE_INFINITY;
    while (node.waiting.length > 0 && countRunning(node) < most) {
      const cell = node.waiting.shift()!;
      node.running.add(cell);
      cell.record = { ...cell.record, status: "running" };
      const draft = new Draft().change({ op: "agent", record: cell.record });
      this.#core.ledger.commit(draft).catch(() => {});
      this.#core.dispatcher.wake(cell);
    }
  }
}
