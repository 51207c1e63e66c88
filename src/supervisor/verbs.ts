/**
 * What people do to agents (R6): pause, resume, stop, drain, restart and delete, for one agent or
 * all below a supervisor. Each is one commit with an event that names who did it.
 *
 * Invariants:
 * - I1 What a verb does in which status stands in src/verbs.ts alone.
 * - I2 Whether an agent is paused or stopped, or about to be stopped, outlives the process.
 * - I3 A turn in hand ends, or is thrown away whole: no verb commits half of one.
 */
import { type Address, parseAddress, rootAddress } from "../address.ts";
import type { AgentStatus } from "../agent-status.ts";
import { DreamError, type ErrorData, toErrorData } from "../errors.ts";
import type { AgentRecord } from "../storage/store.ts";
import { type AgentVerb, isDone, refusalOf } from "../verbs.ts";
import type { Cell } from "./cell.ts";
import type { Caller, Idempotency, VerbAnswer, VerbInput, VerbOutcome } from "./control.ts";
import type { Core, Verbs as VerbsFace } from "./core.ts";
import { removeAgent } from "./deletion.ts";
import type { Door } from "./door.ts";
import { Draft } from "./draft.ts";
import type { Remember } from "./keys.ts";
import { type Order, orderOf } from "./order.ts";
import { restartAgent } from "./renewal.ts";
import { retire } from "./retire.ts";

/** Pause between two looks at an agent that is about to be stopped. */
const lookMs = 10;

export class Verbs implements VerbsFace {
  #core: Core;
  #door: Door;
  #restarts = new WeakMap<Cell, Promise<void>>();

  constructor(core: Core, door: Door) {
    this.#core = core;
    this.#door = door;
  }

  /** @throws {DreamError} what the one agent refuses with, or the first of all below it */
  carryOut(caller: Caller, input: VerbInput, idempotency?: Idempotency): Promise<VerbAnswer> {
    this.#door.checkOpen();
    return this.#door.keys.once(caller.name, idempotency, async (remember) => {
      const answer = await this.#obey(orderOf(this.#core, caller, input), input.address, remember);
      const draft = new Draft();
      remember(draft, answer);
      await this.#core.ledger.commit(draft);
      return answer;
    });
  }

  async #obey(order: Order, to: string, remember: Remember): Promise<VerbAnswer> {
    const address = to === rootAddress ? rootAddress : parseAddress(to);
    const { verb } = order;
    const cells = this.#cellsOf(address, order);
    const starts = order.verb === "resume" || order.verb === "restart";
    if (starts && cells[0]?.address === address) this.#checkAbove(address, order.verb);
    if (cells[0]?.address === address) {
      order.remember = (draft, one) => remember(draft, { verb, address, agents: [one] });
    }
    const agents = await Promise.all(cells.map((cell) => this.#outcome(cell, order)));
    // After its agents: one that still has ended might end it again at once.
    if (starts) this.#core.tree.reopen(address, order.by);
    const refused = agents.find(({ error }) => error !== null)?.error;
    if (refused && agents.every(({ error }) => error !== null)) {
      throw new DreamError(refused.code, refused.message, { details: refused.details ?? {} });
    }
    return { verb, address, agents };
  }

  #checkAbove(address: Address, verb: AgentVerb): void {
    if (!this.#core.tree.isBelowEnded(address)) return;
    const message = `Cannot ${verb} ${address}: a supervisor above it has ended`;
    throw new DreamError("agent_stopped", `${message}; ${verb} that supervisor`);
  }

  /** In start order; those that end go the other way. */
  #cellsOf(address: Address, { verb, mode }: Order): Cell[] {
    const { registry, tree } = this.#core;
    const cell = registry.find(address);
    if (cell) return [cell];
    if (!tree.isSupervisor(address)) {
      throw new DreamError("agent_not_found", `Cannot ${verb} ${address}: there is no such agent`);
    }
    if (tree.isAdapter(address)) {
      throw new DreamError("not_an_agent", `Cannot ${verb} ${address}: it is an adapter`);
    }
    if (mode === "checkpoint") {
      throw new DreamError("not_an_agent", `A checkpoint is of one agent: ${address} is none`);
    }
    const below = address === rootAddress ? rootAddress : `${address}/`;
    const found = [...registry.addresses()].filter((one) => one.startsWith(below));
    const cells = tree.inStartOrder(found.map((one) => registry.get(one)));
    // Of a whole subtree nobody means those that have ended.
    const meant = cells.filter(({ hasEnded, status }) =>
      !hasEnded || refusalOf(verb, status, { mode, isInSwarm: false }) === null
    );
    return verb === "stop" || verb === "drain" || verb === "delete" ? meant.reverse() : meant;
  }

  async #outcome(cell: Cell, order: Order): Promise<VerbOutcome> {
    const { address } = cell;
    const from = cell.status;
    let error: ErrorData | null = null;
    try {
      await this.#carryOut(cell, from, order);
    } catch (thrown) {
      error = toErrorData(thrown);
    }
    const now = this.#core.registry.find(address);
    const status = now?.key === cell.key ? now.status : null;
    return { address, from, status, intent: now?.record.intent ?? null, error };
  }

  async #carryOut(cell: Cell, from: AgentStatus, order: Order): Promise<void> {
    // One above it may have taken it along.
    if (this.#core.registry.byKey(cell.key) !== cell) return;
    const { verb, mode, by } = order;
    const isInSwarm = this.#core.tree.isNamed(cell.address);
    const code = refusalOf(verb, from, { mode, isInSwarm });
    if (code) {
      throw new DreamError(code, `Cannot ${verb} ${cell.address}: its status is ${from}`, {
        details: { verb, status: from, address: cell.address },
      });
    }
    if (isDone(verb, from, mode) && cell.record.intent === null) return;
    const { address } = cell;
    // In the same commit: these two would do it once more if the request came again.
    const keep = (draft: Draft, status: AgentStatus | null) =>
      order.remember(draft, { address, from, status, intent: null, error: null });
    switch (verb) {
      case "pause":
        return await this.#pause(cell, by);
      case "resume":
        return await this.#resume(cell, by);
      case "stop":
        return await this.#stop(cell, by);
      case "drain":
        return await this.#drain(cell, order);
      case "restart":
        return await this.#restart(cell, order, (draft) => keep(draft, "running"));
      case "delete":
        return await removeAgent(this.#core, cell, order, (draft) => keep(draft, null));
    }
  }

  /** One after the other: each begins from what the one before it left. */
  #restart(cell: Cell, order: Order, keep: (draft: Draft) => void): Promise<void> {
    const before = this.#restarts.get(cell) ?? Promise.resolve();
    const after = before.catch(() => {})
      .then(() => restartAgent(this.#core, cell, order, keep));
    this.#restarts.set(cell, after);
    return after;
  }

  async #pause(cell: Cell, by: string): Promise<void> {
    const record: AgentRecord = { ...cell.record, status: "paused", intent: null };
    const draft = this.#noted(cell, record, "agent.paused", { by });
    draft.onAccept(() => this.#core.places.leave(cell));
    await this.#core.ledger.commit(draft);
    await retire(this.#core, cell, this.#core.tree.shutdownMs(cell.address));
  }

  async #resume(cell: Cell, by: string): Promise<void> {
    const draft = new Draft();
    const record: AgentRecord = { ...cell.record, intent: null, endedAtMs: null };
    draft.event(this.#core.clock.wallMs(), "agent.resumed", cell.address, { by });
    // Safe mode, for this one agent.
    draft.onAccept(() => cell.paused = false);
    draft.onDurable(() => this.#core.dispatcher.wake(cell));
    if (cell.record.status === "running") this.#note(draft, cell, record);
    else this.#core.places.enter(draft, cell, record);
    await this.#core.ledger.commit(draft);
  }

  async #stop(cell: Cell, by: string): Promise<void> {
    const draft = new Draft();
    this.stop(draft, cell, by);
    await this.#core.ledger.commit(draft);
    const most = this.#core.tree.shutdownMs(cell.address);
    const waitMs = most === "brutal" ? 0 : most === "infinity" ? Infinity : most;
    if (!await this.#settled(cell, waitMs)) this.stopNow(cell, by);
    await this.#core.ledger.flushed();
  }

  stop(draft: Draft, cell: Cell, by: string): void {
    if (!this.#canEndTurn(cell)) return this.#stopWith(draft, cell, by);
    const record: AgentRecord = { ...cell.record, intent: "stop" };
    this.#note(draft, cell, record);
    draft.event(this.#core.clock.wallMs(), "agent.stopping", cell.address, { by });
    this.#core.mail.system(draft, cell, "system.stop", { by });
    draft.onAccept(() => this.#core.dispatcher.unblock(cell));
  }

  /** Whether there is a turn to wait for, or one to be had for `system.stop`. */
  #canEndTurn(cell: Cell): boolean {
    if (!cell.isRunnable || this.#core.isHalted) return false;
    if (cell.residence?.hand) return true;
    return cell.hasState && cell.kind.manifest.system.includes("system.stop");
  }

  stopNow(cell: Cell, by: string | null): void {
    if (this.#core.registry.byKey(cell.key) !== cell) return; // Deleted: it must not come back.
    const draft = new Draft();
    this.#stopWith(draft, cell, by);
    this.#core.ledger.commit(draft).catch(() => {});
  }

  #stopWith(draft: Draft, cell: Cell, by: string | null): void {
    // Deleted meanwhile: its row must not come back.
    if (this.#core.registry.byKey(cell.key) !== cell) return;
    const { clock, places, dispatcher, asks } = this.#core;
    const endedAtMs = clock.wallMs();
    const record: AgentRecord = { ...cell.record, status: "stopped", intent: null, endedAtMs };
    this.#note(draft, cell, record);
    const how = cell.record.intent === "drain" ? { drained: true } : {};
    draft.event(endedAtMs, "agent.stopped", cell.address, by === null ? how : { by, ...how });
    const message = `${cell.address} was stopped`;
    asks.failAll(draft, cell, { code: "agent_stopped", message });
    draft.onAccept(() => {
      places.leave(cell);
      dispatcher.evict(cell, cell.residence?.hand != null).catch(() => {});
      this.#dropStops(cell);
      dispatcher.unblock(cell);
    });
  }

  /** A `system.stop` that was not handled is not for the next time. */
  #dropStops(cell: Cell): void {
    const stops = cell.mailbox.peek().filter(({ kind, type }) =>
      kind === "system" && type === "system.stop"
    );
    if (stops.length === 0) return;
    const draft = new Draft();
    for (const envelope of stops) {
      const { lane, seq } = envelope;
      draft.change({ op: "skip", key: cell.key, lane, seq });
      draft.onAccept(() => cell.mailbox.drop(envelope));
    }
    this.#core.ledger.commit(draft).catch(() => {});
  }

  async #drain(cell: Cell, { by, waitMs }: Order): Promise<void> {
    const record: AgentRecord = { ...cell.record, intent: "drain" };
    const draft = this.#noted(cell, record, "agent.draining", { by });
    draft.onAccept(() => this.#core.dispatcher.unblock(cell));
    await this.#core.ledger.commit(draft);
    this.rested(cell);
    await this.#settled(cell, waitMs);
    await this.#core.ledger.flushed();
  }

  rested(cell: Cell): boolean {
    const { intent } = cell.record;
    if (intent === null || cell.residence?.hand) return false;
    const left = intent === "stop" ? cell.mailbox.urgent : cell.mailbox.depth;
    if (left > 0 || (intent === "drain" && cell.record.status === "pending")) return false;
    if (intent === "drain" && !cell.hasState && cell.mailbox.depth > 0) return false;
    this.stopNow(cell, null);
    return true;
  }

  /** Waits until it is stopped, parked, ended or gone. @returns false when that takes too long */
  async #settled(cell: Cell, waitMs: number): Promise<boolean> {
    const { clock, registry } = this.#core;
    const untilMs = clock.monotonicMs() + waitMs;
    // A shutdown waits for nobody: what was begun goes on at the next start.
    const isOver = () =>
      cell.record.intent === null || cell.hasEnded || !this.#core.isOpen ||
      registry.byKey(cell.key) !== cell;
    while (!isOver()) {
      if (clock.monotonicMs() >= untilMs) return false;
      await new Promise<void>((go) => clock.after(lookMs, go));
    }
    return true;
  }

  #noted(cell: Cell, record: AgentRecord, type: string, data: unknown): Draft {
    const draft = new Draft().event(this.#core.clock.wallMs(), type, cell.address, data);
    this.#note(draft, cell, record);
    return draft;
  }

  #note(draft: Draft, cell: Cell, record: AgentRecord): void {
    draft.change({ op: "agent", record }).onAccept(() => cell.record = record);
  }
}
