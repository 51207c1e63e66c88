/**
 * Stops parts of the tree in reverse order and starts them again in order (R6).
 *
 * Invariants:
 * - I1 A child starts after its elder siblings: one with stored state has started at once, a fresh
 *   one when its first turn was accepted.
 * - I2 A failed start stops the elder siblings again, in reverse order.
 * - I3 No node is in two rounds: a newer one takes over what an older one had not finished.
 * - I4 A stop never waits for a backoff.
 */
import { codeOf } from "../log.ts";
import type { CancelTimer } from "../clock.ts";
import type { ErrorData } from "../errors.ts";
import type { AgentRecord } from "../storage/store.ts";
import type { ShutdownMs } from "../swarm.ts";
import type { Cell } from "./cell.ts";
import type { Core } from "./core.ts";
import { Draft } from "./draft.ts";
import {
  type AnySupervisor,
  awakeBelow,
  cellsBelow,
  type SupervisorNode,
  type TreeChild,
  walk,
} from "./node.ts";
import { noteSupervisor } from "./node-store.ts";
import { retire } from "./retire.ts";

/** One stop and start of some children of one supervisor; for the root, of itself. */
export interface Round {
  /** In start order. */
  children: TreeChild[];
  /** Taken over by a newer round, or given up. */
  isOver: boolean;
  cancelPause: CancelTimer;
}

export interface RoundEvents {
  /** A child could not be started; its elder siblings below it are stopped again. */
  startFailed(child: TreeChild, error: ErrorData): void;
  /** It left its thread, or its turn took so long that the thread was killed. */
  stopped(cell: Cell, how: "shutdown" | "killed"): void;
  /** A supervisor runs, and all its children were started. */
  started(node: AnySupervisor): void;
}

const none = () => {};

export class Rounds {
  #core: Core;
  #events: RoundEvents;

  constructor(core: Core, events: RoundEvents) {
    this.#core = core;
    this.#events = events;
  }

  /** Stops `children`, waits for the backoff and starts them; nothing of them runs meanwhile. */
  restart(children: TreeChild[], pauseMs: number): void {
    const round = this.#open(children);
    this.#carryOut(round, pauseMs).catch((error) => {
      this.#core.log("error", "a restart could not be carried out", { code: codeOf(error) });
    });
  }

  /** Starts `node`, which has not run in this process yet. */
  begin(node: TreeChild): void {
    const round = this.#open([node]);
    this.#start(round).catch((error) => {
      this.#core.log("error", "the tree could not be started", { code: codeOf(error) });
    });
  }

  /** Stops `nodes` for good, the last one first. */
  async stop(nodes: readonly TreeChild[]): Promise<void> {
    for (const node of nodes) {
      this.#giveUp(node);
      this.hold(node);
    }
    for (const node of nodes.toReversed()) await this.#stop(node);
  }

  #open(children: TreeChild[]): Round {
    const round: Round = { children, isOver: false, cancelPause: none };
    for (const child of children) {
      const older = child.round;
      this.#giveUp(child);
      // What the older round had still to start is not forgotten.
      const rest = older?.children.filter((other) => !children.includes(other)) ?? [];
      for (const other of rest) this.#giveUp(other);
      round.children = inOrder([...round.children, ...rest]);
    }
    for (const child of round.children) {
      child.round = round;
      this.hold(child);
    }
    return round;
  }

  async #carryOut(round: Round, pauseMs: number): Promise<void> {
    for (const child of round.children.toReversed()) await this.#stop(child);
    if (round.isOver) return;
    if (pauseMs > 0) {
      await new Promise<void>((go) => round.cancelPause = this.#core.clock.after(pauseMs, go));
    }
    await this.#start(round);
  }

  async #start(round: Round): Promise<void> {
    for (const child of round.children) {
      if (round.isOver) return;
      const error = await this.#startNode(child, round);
      if (round.isOver) return;
      if (error) {
        this.#close(round);
        return this.#events.startFailed(child, error);
      }
    }
    this.#close(round);
  }

  #close(round: Round): void {
    round.isOver = true;
    for (const child of round.children) if (child.round === round) child.round = null;
  }

  /** @returns why it could not be started, or null */
  async #startNode(node: TreeChild, round: Round): Promise<ErrorData | null> {
    // A restart of its own is under way, which starts it.
    if (isTaken(node, round)) return null;
    switch (node.type) {
      case "adapter":
        return null;
      case "agent":
        return await this.#startAgent(this.#core.registry.find(node.address));
      case "dynamic":
        if (node.ended) return null;
        node.isDown = false;
        node.wasUp = true;
        for (const cell of [...node.running, ...node.waiting]) this.#release(cell);
        this.#events.started(node);
        return null;
      case "supervisor": {
        if (node.ended) return null;
        if (node.startsAfresh) this.#freshen(node);
        node.isDown = false;
        node.wasUp = true;
        for (const [i, child] of node.children.entries()) {
          const error = await this.#startNode(child, round);
          // It ended or was restarted by one of its children that had started already.
          if (round.isOver || node.ended || isTaken(node, round)) return null;
          if (!error) continue;
          for (const each of node.children) this.#giveUp(each);
          this.hold(node);
          for (const elder of node.children.slice(0, i + 1).toReversed()) await this.#stop(elder);
          return error;
        }
        this.#events.started(node);
        return null;
      }
    }
  }

  /** As a permanent agent that ended normally: the first input again, the mailbox stays (R6). */
  #freshen(node: SupervisorNode): void {
    node.startsAfresh = false;
    const draft = new Draft();
    for (const below of walk(node)) {
      if (below.type !== "supervisor" || !below.ended) continue;
      below.ended = null;
      noteSupervisor(draft, below, null);
    }
    for (const cell of cellsBelow(node, this.#core.registry)) {
      if (cell.record.origin !== "swarm") continue;
      const record: AgentRecord = { ...cell.record, status: "running", endedAtMs: null };
      draft.change({ op: "agent", record }, { op: "stateGone", key: cell.key });
      draft.onAccept(() => {
        cell.record = record;
        cell.hasState = false;
        cell.summary = null;
        cell.crashStreak.clear();
      });
    }
    this.#core.ledger.commit(draft).catch(none);
  }

  #startAgent(cell: Cell | undefined): ErrorData | null | Promise<ErrorData | null> {
    if (!cell) return null;
    const mustBegin = cell.record.status === "running" && !cell.hasState;
    const started = mustBegin
      ? new Promise<ErrorData | null>((resolve) => cell.onStart = resolve)
      : null;
    this.#release(cell);
    return started;
  }

  #release(cell: Cell): void {
    cell.held = false;
    this.#core.dispatcher.wake(cell);
  }

  /** Nothing below `node` is handed work any more; who waits for a start waits in vain. */
  hold(node: TreeChild): void {
    for (const each of walk(node)) {
      if (each.type === "supervisor" || each.type === "dynamic") each.isDown = true;
    }
    for (const cell of awakeBelow(node, this.#core.registry)) {
      cell.held = true;
      cell.restarting = false;
      cell.cancelBackoff();
      cell.onStart?.(null);
      cell.onStart = null;
    }
  }

  #giveUp(node: TreeChild): void {
    for (const each of walk(node)) {
      if (!each.round) continue;
      each.round.isOver = true;
      each.round.cancelPause();
      each.round = null;
    }
  }

  async #stop(node: TreeChild): Promise<void> {
    switch (node.type) {
      case "adapter":
        return;
      case "agent":
      case "dynamic": {
        const { shutdownMs } = node;
        const cells = awakeBelow(node, this.#core.registry);
        const here = [...cells].filter(({ residence }) => residence !== null);
        await Promise.all(here.map((cell) => this.#retire(cell, shutdownMs)));
        return;
      }
      case "supervisor":
        return await this.#stopAll(node, node.shutdownMs);
    }
  }

  /** The time of a supervisor is for all below it together. */
  async #stopAll(node: SupervisorNode, ms: ShutdownMs): Promise<void> {
    const untilKilled = ms === "infinity" ? null : ms === "brutal" ? 0 : ms;
    const cancel = untilKilled === null ? none : this.#core.clock.after(untilKilled, () => {
      for (const cell of awakeBelow(node, this.#core.registry)) {
        this.#retire(cell, "brutal").catch(none);
      }
    });
    for (const child of node.children.toReversed()) await this.#stop(child);
    cancel();
  }

  async #retire(cell: Cell, shutdownMs: ShutdownMs): Promise<void> {
    const how = await retire(this.#core, cell, shutdownMs);
    if (how) this.#events.stopped(cell, how);
  }
}

function isTaken(node: TreeChild, round: Round): boolean {
  return node.round !== null && node.round !== round;
}

/** Children of one supervisor in the order of its spec. */
function inOrder(nodes: TreeChild[]): TreeChild[] {
  const siblings = nodes[0]?.parent?.children;
  return siblings ? siblings.filter((child) => nodes.includes(child)) : nodes;
}
