/**
 * The supervision tree at run time: who is where, and what happens to a child at its end (R6).
 *
 * Owns: who is where. Talks to: restarts.ts, which decides for supervisors; rounds.ts,
 * which stops and starts.
 * Invariants:
 * - I1 What happens to a child while its supervisor stops it is noted and has no other effect.
 */
import { type Address, isWithin, parentOf } from "../address.ts";
import type { ErrorData } from "../errors.ts";
import type { AgentRecord } from "../storage/store.ts";
import { buryRest } from "./burial.ts";
import type { Cell } from "./cell.ts";
import type { Core, Tree as TreeFace } from "./core.ts";
import { Draft } from "./draft.ts";
import { decideRestart, type ExitReason, ExitTally } from "./exit-reason.ts";
import { type AnySupervisor, type SupervisorNode, type TreeChild, walk } from "./node.ts";
import { noteSupervisor, recallSupervisors } from "./node-store.ts";
import type { ShutdownMs } from "../swarm.ts";
import { Places } from "./places.ts";
import { Restarts } from "./restarts.ts";
import { Rounds } from "./rounds.ts";
import { spawnChild, type SpawnRequest } from "./spawn.ts";

export class Tree implements TreeFace {
  #core: Core;
  readonly root: SupervisorNode;
  readonly tally = new ExitTally();
  #nodes = new Map<Address, TreeChild>();
  readonly places: Places;
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
        if (node.type === "dynamic") this.places.fill(node);
        else this.#restarts.review(node);
      },
    });
    this.#restarts = new Restarts(core, root, this.#rounds);
    for (const node of walk(root)) this.#nodes.set(node.address, node);
    this.places = new Places(core, this.#nodes);
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
    this.places.leave(cell);
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
    this.places.leave(cell);
  }

  isNamed(address: Address): boolean {
    return this.#nodes.get(address)?.type === "agent";
  }

  isAdapter(address: Address): boolean {
    return this.#nodes.get(address)?.type === "adapter";
  }

  shutdownMs(address: Address): ShutdownMs {
    return (this.#nodes.get(address) ?? this.#supervisorOf(address)).shutdownMs;
  }

  inStartOrder(cells: readonly Cell[]): Cell[] {
    const order = new Map([...this.#nodes.keys()].map((address, i) => [address, i]));
    const placeOf = ({ address }: Cell) =>
      order.get(address) ?? order.get(parentOf(address)) ?? order.size;
    return cells.toSorted((a, b) => placeOf(a) - placeOf(b) || a.key - b.key);
  }

  reopen(address: Address, by: string): void {
    const draft = new Draft();
    for (const node of this.#nodes.values()) {
      if (node.type !== "supervisor" && node.type !== "dynamic") continue;
      if (!node.ended || !isWithin(node.address, address)) continue;
      node.window = [];
      noteSupervisor(draft, node, null);
      draft.event(this.#core.clock.wallMs(), "supervisor.reopened", node.address, { by });
      draft.onAccept(() => {
        node.ended = null;
        this.#rounds.restart([node], 0);
      });
    }
    this.#core.ledger.commit(draft).catch(() => {});
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
}
