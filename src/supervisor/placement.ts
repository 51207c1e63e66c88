/**
 * Which agents are in threads, and which wait for one: more agents than threads take turns, oldest
 * work first (R7).
 */
import type { FromThread, ThreadLimits } from "../actors/protocol.ts";
import type { CancelTimer } from "../clock.ts";
import { type ErrorData, toErrorData } from "../errors.ts";
import type { ThreadLoss } from "../host/hosts.ts";
import type { Cell, Residence } from "./cell.ts";
import type { Core } from "./core.ts";
import { Draft } from "./draft.ts";

/** Hosts with one suspect each that may run at one time: a host costs far more than a thread. */
const mostAlone = 4;
/**
 * Agents on their way into a thread at one time are as many as turns that are worked on. More of
 * them would take the cores from each other, so that all start late, and make threads that the next
 * one in the line does not need, once the first have done their work. Who takes longer than this
 * (its module does not end) keeps nobody else.
 */
const arrivalMs = 500;
/** More than so many in the line are a crowd. */
const crowd = 16;
/** Pause before an agent whose state could not be read is tried again. */
const againMs = 500;

export interface PlacementEvents {
  /** The agent is in its thread and has been told who it is. */
  placed(cell: Cell, residence: Residence): void;
  heard(cell: Cell, residence: Residence, frame: FromThread): void;
  lost(cell: Cell, loss: ThreadLoss): void;
}

export class Placement {
  #core: Core;
  #events: PlacementEvents;
  readonly resident = new Set<Cell>();
  #arriving = 0;
  /** Agents with work that wait for a thread, oldest first. */
  #waiting: Cell[] = [];

  constructor(core: Core, events: PlacementEvents) {
    this.#core = core;
    this.#events = events;
  }

  /** Whether more agents wait for a thread than there may be: then each has its share of time. */
  get isWanted(): boolean {
    return this.#waiting.length > this.#free;
  }

  /**
   * Whether an idle agent is to give its thread up: where there are no more, or where many wait and
   * it has done but one turn in there. A used thread changes hands in a tenth of the time that a
   * new one takes to start; who gets mail again and again keeps its own.
   */
  wants({ turn }: Residence): boolean {
    return this.isWanted || turn <= 1 && this.#waiting.length > crowd;
  }

  /** Threads that there may be still. */
  get #free(): number {
    return Math.max(0, this.#core.limits.maxThreads - this.resident.size);
  }

  /**
   * Those that can have a thread now. Who is no more, or need not wait any more, takes nobody's
   * turn; suspects beyond those that may run alone keep their places and let others by.
   */
  takeWaiting(): Cell[] {
    const free = Math.min(
      this.#core.limits.maxThreads - this.resident.size,
      this.#core.limits.turnsInHand - this.#arriving,
    );
    if (free <= 0 || this.#waiting.length === 0) return [];
    const taken: Cell[] = [];
    const stay: Cell[] = [];
    let alone = mostAlone - this.#countAlone();
    let looked = 0;
    while (looked < this.#waiting.length && taken.length < free) {
      const cell = this.#waiting[looked++]!;
      const isWaiting = this.#core.registry.byKey(cell.key) === cell && cell.isRunnable;
      if (isWaiting && cell.suspect && alone-- <= 0) stay.push(cell);
      else {
        cell.queued = false;
        if (isWaiting) taken.push(cell);
      }
    }
    this.#waiting.splice(0, looked, ...stay);
    return taken;
  }

  /** Gives the agent a thread, or a place in the line for one. */
  activate(cell: Cell): void {
    if (cell.queued) return;
    const mayNot = cell.suspect && this.#countAlone() >= mostAlone;
    const isFull = this.#arriving >= this.#core.limits.turnsInHand;
    if (mayNot || isFull || (!this.#hasThread() && !this.#makeRoom())) {
      cell.queued = true;
      this.#waiting.push(cell);
      return;
    }
    this.#core.meters.activations.inc();
    cell.returns = false;
    const alone = cell.suspect;
    const sinceMs = this.#core.clock.monotonicMs();
    const residence: Residence = {
      thread: null,
      bundle: cell.kind.hash,
      moves: false,
      turn: 0,
      hand: null,
      fromMs: sinceMs,
      sinceMs,
      uncommitted: 0,
      alone,
      pingedMs: null,
      restUntilMs: 0,
    };
    cell.residence = residence;
    cell.record = { ...cell.record, generation: cell.record.generation + 1 };
    this.resident.add(cell);
    const draft = new Draft().change({ op: "agent", record: cell.record });
    this.#core.ledger.commit(draft).catch(() => {});
    const arrive = this.#startArriving();
    this.#place(cell, residence).catch((thrown) => {
      if (cell.residence !== residence) return;
      this.detach(cell);
      this.#notPlaced(cell, residence, toErrorData(thrown));
    }).finally(arrive);
  }

  /** @returns to be called when it is there */
  #startArriving(): () => void {
    this.#arriving++;
    let cancel: CancelTimer = () => {};
    let isOver = false;
    const end = () => {
      cancel();
      if (isOver) return;
      isOver = true;
      this.#arriving--;
      if (this.#waiting.length > 0) this.#core.dispatcher.pump();
    };
    cancel = this.#core.clock.after(arrivalMs, end);
    return end;
  }

  #countAlone(): number {
    let count = 0;
    for (const { residence } of this.resident) if (residence?.alone) count++;
    return count;
  }

  /** Only its own fault is charged to an agent; a bundle that cannot be loaded parks it. */
  #notPlaced(cell: Cell, residence: Residence, error: ErrorData): void {
    const { failures, ledger, clock, dispatcher, log, store } = this.#core;
    const { code, message } = error;
    if (code === "host_lost" && store.available) {
      if (residence.alone) return this.#arrivalLost(cell, message);
      return failures.lost(cell, [], { reason: code, message, alone: false }, {
        busy: true,
        moves: false,
      });
    }
    if (code === "bad_bundle" || code === "not_durable") {
      const draft = new Draft();
      failures.park(draft, cell, error);
      ledger.commit(draft).catch(() => {});
      return;
    }
    // A full disk keeps hosts from starting, too: nothing is lost by waiting.
    log("warn", "an agent could not be placed", { address: cell.address, code });
    clock.after(againMs, () => dispatcher.wake(cell));
  }

  /**
   * Its module has ended the host that it was loaded into, with nobody else in there; or somebody
   * outside has, which is why it is tried again. Nothing is charged: a restart would end the same
   * way, and siblings are not to pay for it.
   */
  #arrivalLost(cell: Cell, message: string): void {
    const { failures, ledger, clock, dispatcher, tree, limits } = this.#core;
    tree.exited(cell, "host_lost", message);
    if (++cell.lostArrivals < limits.maxAttempts) {
      clock.after(againMs, () => dispatcher.wake(cell));
      return;
    }
    const why = `Its module has ended its host ${cell.lostArrivals} times in a row while it was ` +
      `loaded, with nobody else in there: ${message}. Leave work to the machine`;
    cell.lostArrivals = 0;
    const draft = new Draft();
    failures.park(draft, cell, { code: "bad_bundle", message: why });
    ledger.commit(draft).catch(() => {});
  }

  /** Takes the agent out of its thread; what it had in hand goes back to its mailbox. */
  detach(cell: Cell): Residence | null {
    const { residence } = cell;
    if (!residence) return null;
    if (isIdle(cell) && cell.isRunnable && cell.mailbox.depth === 0) {
      this.#core.meters.passivations.inc();
    }
    cell.residence = null;
    this.resident.delete(cell);
    if (residence.hand) cell.mailbox.giveBack(residence.hand);
    residence.left?.resolve();
    return residence;
  }

  #hasThread(): boolean {
    return this.resident.size < this.#core.limits.maxThreads;
  }

  /** Passivates the agent that has been idle longest, so that one with work gets its thread. */
  #makeRoom(): boolean {
    let oldest: Cell | null = null;
    for (const cell of this.resident) {
      // One that rests, or waits for the disk, would not be woken again.
      if (!isIdle(cell) || cell.hasWork) continue;
      if (!oldest || cell.residence!.sinceMs < oldest.residence!.sinceMs) oldest = cell;
    }
    if (!oldest) return false;
    this.detach(oldest)?.thread?.release();
    return true;
  }

  async #place(cell: Cell, residence: Residence): Promise<void> {
    const { kinds, store, hosts, limits } = this.#core;
    await cell.settled;
    const [bundle, row] = await Promise.all([
      kinds.bundle(residence.bundle),
      cell.hasState ? store.state(cell.key) : null,
    ]);
    if (cell.residence !== residence) return;
    if (row) cell.summary ??= JSON.parse(row.summary);
    residence.moves = row !== null && row.state.bundle !== residence.bundle;
    const thread = await hosts.place({
      address: cell.address,
      generation: cell.record.generation,
      bundle,
      group: this.#core.tree.groupOf(cell.address),
      read: [],
      alone: residence.alone,
      // Else nobody would know its kind.
      isKnown: true,
    }, {
      onFrame: (frame) => {
        if (frame.t === "printed") return this.#core.prints.hear(cell, residence, frame);
        if (cell.residence === residence) this.#events.heard(cell, residence, frame);
      },
      onLost: (loss) => {
        if (cell.residence === residence) this.#events.lost(cell, loss);
      },
    });
    if (cell.residence !== residence) return thread.release();
    residence.thread = thread;
    cell.lostArrivals = 0;
    const threadLimits: ThreadLimits = limits;
    const { address, record: { input } } = cell;
    thread.send({ t: "start", address, state: row?.state ?? null, input, limits: threadLimits });
    this.#events.placed(cell, residence);
  }
}

/** Nothing in hand, nothing running, nothing waiting: its thread may be taken away. */
export function isIdle(cell: Cell): boolean {
  const { residence } = cell;
  return residence !== null && residence.thread !== null && residence.hand === null &&
    cell.hasState && (cell.summary?.runs ?? 0) === 0;
}
