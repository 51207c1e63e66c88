/**
 * What a supervisor does when a child has failed or ended (R6): counts, waits, restarts as its
 * strategy says, fails in turn, or ends with its significant children.
 *
 * Invariants:
 * - I1 At most `intensity` counted restarts within `periodMs` below one supervisor; the next one
 *   makes the supervisor itself fail, up to the root, whose own limit ends the process.
 * - I2 A failure touches siblings only as the strategy says.
 * - I3 What a supervisor decided for good is stored: it holds after a restart of the system, too.
 */
import { DreamError, type ErrorData } from "../errors.ts";
import type { AgentRecord } from "../storage/store.ts";
import type { Cell } from "./cell.ts";
import type { Core } from "./core.ts";
import { Draft } from "./draft.ts";
import { type AnySupervisor, cellsBelow, type SupervisorNode, type TreeChild } from "./node.ts";
import { noteSupervisor } from "./node-store.ts";
import { recordRestart, restartPause } from "./restart-intensity.ts";
import type { Rounds } from "./rounds.ts";

/** The report is given so long to become durable before the process ends without it. */
const lastWordsMs = 5_000;

export class Restarts {
  #core: Core;
  #root: SupervisorNode;
  #rounds: Rounds;
  /** The root has no supervisor: its own failures are counted here, with its own limits. */
  #rootWindow: number[] = [];

  constructor(core: Core, root: SupervisorNode, rounds: Rounds) {
    this.#core = core;
    this.#root = root;
    this.#rounds = rounds;
  }

  /** An agent failed and is to start again. `node` is null below a dynamic supervisor. */
  agentFailed(
    draft: Draft,
    cell: Cell,
    at: { node: TreeChild | null; supervisor: AnySupervisor },
    error: ErrorData,
    counted: boolean,
  ): void {
    const { node, supervisor } = at;
    const { code, message } = error;
    if (counted && !this.#count(supervisor)) {
      return this.#fail(draft, supervisor, { code, message: `${cell.address}: ${message}` });
    }
    const random = this.#core.ids.random();
    const pause = restartPause(cell.backoffs++, supervisor.limits, random);
    if (!node || strategyOf(supervisor) === "oneForOne") {
      return void draft.onAccept(() => this.#restartLater(cell, pause));
    }
    this.#restartWith(draft, node, pause);
  }

  /** A child could not be started by a round: the same children are tried again, and counted. */
  startFailed(child: TreeChild, error: ErrorData): void {
    const draft = new Draft();
    const { parent } = child;
    if (!parent) this.#rootFailed(draft, error);
    else if (!this.#count(parent)) this.#fail(draft, parent, error);
    else this.#restartWith(draft, child, this.#pauseOf(child, parent));
    this.#core.ledger.commit(draft).catch(() => {});
  }

  /** A child ended by itself and does not come back. */
  childEnded(child: TreeChild | undefined): void {
    const supervisor = child?.parent;
    if (!child?.significant || !supervisor || supervisor.isDown) return;
    const { autoShutdown, children } = supervisor;
    if (autoShutdown === "never") return;
    const others = children.filter((other) => other.significant && this.#isActive(other));
    if (autoShutdown === "allSignificant" && others.length > 0) return;
    const draft = new Draft();
    this.#shutDown(draft, supervisor, child);
    this.#core.ledger.commit(draft).catch(() => {});
  }

  /** A child may have ended unseen: before a restart of the system, or while it was stopped. */
  review(node: SupervisorNode): void {
    const ended = node.children.find((child) => child.significant && this.#hasEnded(child));
    if (ended) this.childEnded(ended);
  }

  #hasEnded(node: TreeChild): boolean {
    if (node.type === "agent") return this.#core.registry.find(node.address)?.hasEnded ?? false;
    return node.type === "supervisor" && (node.ended === "completed" || node.ended === "failed");
  }

  #isActive(node: TreeChild): boolean {
    if (node.type === "adapter") return true;
    if (node.type !== "agent") return node.ended === null;
    const status = this.#core.registry.find(node.address)?.record.status ?? "stopped";
    return status !== "stopped" && status !== "completed" && status !== "failed";
  }

  /** @returns whether one more restart is within the limit (I1) */
  #count(node: AnySupervisor): boolean {
    const now = this.#core.clock.monotonicMs();
    const { allowed, window } = recordRestart(node.window, now, node.limits);
    node.window = window;
    node.restarts++;
    return allowed;
  }

  #restartLater(cell: Cell, pauseMs: number): void {
    cell.restarting = true;
    cell.cancelBackoff = this.#core.clock.after(pauseMs, () => {
      cell.restarting = false;
      this.#core.dispatcher.wake(cell);
    });
  }

  #pauseOf(node: TreeChild, supervisor: AnySupervisor): number {
    const random = this.#core.ids.random();
    const now = this.#core.clock.monotonicMs();
    if (node.type === "agent") {
      const cell = this.#core.registry.find(node.address);
      return restartPause(cell ? cell.backoffs++ : 0, supervisor.limits, random);
    }
    if (node.type === "adapter") return 0;
    if (now - node.lastFailureMs > supervisor.limits.stableAfterMs) node.backoffs = 0;
    node.lastFailureMs = now;
    return restartPause(node.backoffs++, supervisor.limits, random);
  }

  /** Restarts `child` and those siblings that the strategy names; temporary ones end instead. */
  #restartWith(draft: Draft, child: TreeChild, pauseMs: number): void {
    const { parent } = child;
    if (!parent) return void draft.onAccept(() => this.#rounds.restart([child], pauseMs));
    const { children, strategy } = parent;
    const at = children.indexOf(child);
    const touched = strategy === "oneForAll"
      ? children
      : strategy === "restForOne"
      ? children.slice(at)
      : [child];
    for (const sibling of touched) {
      if (sibling !== child && sibling.restart === "temporary") this.#endBystander(draft, sibling);
    }
    draft.onAccept(() => this.#rounds.restart(touched, pauseMs));
  }

  /** OTP never restarts a temporary child, not even one that ends with its siblings. */
  #endBystander(draft: Draft, node: TreeChild): void {
    if (node.type === "agent") return this.#stopAgents(draft, node);
    if (node.type === "supervisor" && !node.ended) this.#end(draft, node, "stopped");
  }

  /** Their state and mailboxes stay; they are not started again by themselves. */
  #stopAgents(draft: Draft, node: TreeChild): void {
    const endedAtMs = this.#core.clock.wallMs();
    for (const cell of cellsBelow(node, this.#core.registry)) {
      if (cell.record.status !== "running" && cell.record.status !== "pending") continue;
      const record: AgentRecord = { ...cell.record, status: "stopped", endedAtMs };
      draft.change({ op: "agent", record });
      draft.event(endedAtMs, "agent.stopped", cell.address, { reason: "shutdown" });
      draft.onAccept(() => cell.record = record);
    }
  }

  #end(draft: Draft, node: AnySupervisor, how: "completed" | "failed" | "stopped"): void {
    this.#stopAgents(draft, node);
    const nowMs = this.#core.clock.wallMs();
    draft.event(nowMs, "supervisor.ended", node.address, { how });
    noteSupervisor(draft, node, how);
    draft.onAccept(() => {
      node.ended = how;
      this.#rounds.stop([node]).catch(() => {});
      if (how !== "stopped") this.childEnded(node);
    });
  }

  /** Its significant children have ended: it ends, too, or starts afresh when it is permanent. */
  #shutDown(draft: Draft, node: SupervisorNode, because: TreeChild): void {
    const data = { because: because.address, autoShutdown: node.autoShutdown };
    draft.event(this.#core.clock.wallMs(), "supervisor.shut_down", node.address, data);
    if (node.restart !== "permanent") return this.#end(draft, node, "completed");
    const message = `${node.address} shut down after ${because.address} and is permanent`;
    const above = node.parent!;
    if (!this.#count(above)) return this.#fail(draft, above, { code: "agent_ended", message });
    draft.onAccept(() => node.startsAfresh = true);
    this.#restartWith(draft, node, this.#pauseOf(node, above));
  }

  /** `node` has restarted too often: it fails in turn (I1). */
  #fail(draft: Draft, node: AnySupervisor, error: ErrorData): void {
    const { intensity, periodMs } = node.limits;
    const message = `More than ${intensity} restarts within ${periodMs} ms below ` +
      `${node.address}; last: ${error.message}`;
    if (!node.parent) return this.#rootFailed(draft, { code: "intensity_reached", message });
    const failure: ErrorData = { code: "intensity_reached", message };
    this.#tell(draft, node, failure);
    node.window = [];
    // As in OTP: it exits with `shutdown`, after which only a permanent one is restarted.
    if (node.restart !== "permanent") return this.#end(draft, node, "failed");
    const above = node.parent;
    if (this.#count(above)) this.#restartWith(draft, node, this.#pauseOf(node, above));
    else this.#fail(draft, above, failure);
  }

  /** The root restarts the whole tree from storage, and in the end gives up: exit code 70. */
  #rootFailed(draft: Draft, error: ErrorData): void {
    const root = this.#root;
    this.#tell(draft, root, error);
    root.window = [];
    const now = this.#core.clock.monotonicMs();
    const { allowed, window } = recordRestart(this.#rootWindow, now, root.limits);
    this.#rootWindow = window;
    if (allowed) return this.#restartWith(draft, root, this.#pauseOf(root, root));
    const end = () => this.#core.fatal(70, new DreamError("intensity_reached", error.message));
    const cancel = this.#core.clock.after(lastWordsMs, end);
    draft.onAccept(() => this.#rounds.stop([root]).catch(() => {}));
    draft.onDurable(() => {
      cancel();
      end();
    });
  }

  #tell(draft: Draft, node: AnySupervisor, error: ErrorData): void {
    node.lastError = error;
    noteSupervisor(draft, node, node.ended);
    const data = { code: error.code, message: error.message.slice(0, 1000) };
    draft.event(this.#core.clock.wallMs(), "supervisor.failed", node.address, data);
    this.#core.tree.report(draft, node.address, error);
  }
}

function strategyOf(node: AnySupervisor): SupervisorNode["strategy"] {
  return node.type === "supervisor" ? node.strategy : "oneForOne";
}
