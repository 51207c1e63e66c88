/** What is looked at now and then: turns past their deadline, idle agents, and when to sweep. */
import type { CancelTimer } from "../clock.ts";
import type { Cell } from "./cell.ts";
import type { Core } from "./core.ts";
import type { Dispatcher } from "./dispatcher.ts";
import { isIdle } from "./placement.ts";
import { restPassive } from "./resting.ts";
import type { Resumption } from "./resumption.ts";
import { Sweeps } from "./sweeps.ts";

/** How often is looked, at most and at least: an idle agent goes soon after its time is over. */
const lookMs = 250;
const leastLookMs = 10;
/** A cell that nobody asked for in two rounds of this is given up, if its agent is passive. */
const restMs = 5_000;
/** Twenty slices: it does not come to an end by itself. */
const longTurnMs = 500;
/** A thread that is wanted again this soon is cheaper kept than given up (R8: no near timer). */
const nearMs = 5_000;

export class Housekeeping {
  #core: Core;
  #dispatcher: Dispatcher;
  #resumption: Resumption;
  #cancel: CancelTimer = () => {};
  readonly sweeps: Sweeps;
  #lastRestMs: number;
  #stopped = false;
  /** Agents whose delays are being looked at before they are passivated. */
  #leaving = new Set<Cell>();

  constructor(core: Core, dispatcher: Dispatcher, resumption: Resumption) {
    this.#core = core;
    this.#dispatcher = dispatcher;
    this.#resumption = resumption;
    this.sweeps = new Sweeps(core, dispatcher);
    this.#lastRestMs = core.clock.monotonicMs();
  }

  start(): void {
    const { idleAfterMs } = this.#core.limits;
    const inMs = Math.min(lookMs, Math.max(leastLookMs, idleAfterMs / 2));
    this.#cancel = this.#core.clock.after(inMs, () => {
      this.#look();
      if (!this.#stopped) this.start();
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  #look(): void {
    const now = this.#core.clock.monotonicMs();
    const { turnDeadlineMs, idleAfterMs } = this.#core.limits;
    for (const cell of [...this.#dispatcher.resident]) {
      // What is done about one takes others out of their threads: siblings that restart with it.
      if (!cell.residence) continue;
      const { hand, sinceMs } = cell.residence;
      const forMs = now - sinceMs;
      if (hand !== null) {
        if (forMs > turnDeadlineMs) this.#stalled(cell, "A turn", forMs);
        else if (forMs > longTurnMs) cell.residence.thread?.yieldToOthers?.();
      } else if ((cell.summary?.runs ?? 0) > 0) this.#lookAtRuns(cell, now);
      else if (forMs > idleAfterMs && isIdle(cell) && !cell.hasWork) this.#passivate(cell);
    }
    this.#resumption.look();
    if (now - this.#lastRestMs > restMs) {
      this.#lastRestMs = now;
      restPassive(this.#core);
    }
    this.sweeps.look();
  }

  /** Unless a delay of it is due soon; it is looked at again when that has passed. */
  #passivate(cell: Cell): void {
    const { residence } = cell;
    if (!residence || this.#leaving.has(cell)) return;
    const { clock, store, log, limits: { idleAfterMs } } = this.#core;
    const { turn } = residence;
    this.#leaving.add(cell);
    store.timers(cell.key).then((timers) => {
      const until = clock.wallMs() + Math.min(nearMs, idleAfterMs);
      const dueAtMs = Math.min(...timers.map((timer) => timer.dueAtMs));
      if (dueAtMs <= until) residence.sinceMs = clock.monotonicMs();
      else if (cell.residence === residence && residence.turn === turn && !cell.hasWork) {
        return this.#dispatcher.evict(cell, false);
      }
    }).catch((error) =>
      log("warn", "an agent was not passivated", {
        address: cell.address,
        code: String(error?.code ?? error?.name),
      })
    ).finally(() => this.#leaving.delete(cell));
  }

  /** Between turns only its runs can keep a thread busy: it must still answer (R7). */
  #lookAtRuns(cell: Cell, now: number): void {
    const residence = cell.residence!;
    if (residence.thread === null) return;
    if (residence.pingedMs === null) {
      residence.pingedMs = now;
      residence.thread.send({ t: "ping" });
    } else if (now - residence.pingedMs > this.#core.limits.turnDeadlineMs) {
      this.#stalled(cell, "A run", now - residence.pingedMs);
    }
  }

  /** The thread is ended by force, with its host if need be, and the agent starts elsewhere. */
  #stalled(cell: Cell, what: string, forMs: number): void {
    const { hand: inHand, moves } = cell.residence!;
    const hand = inHand ?? [];
    const message =
      `${what} of ${cell.address} took more than ${Math.round(forMs)} ms of at most ` +
      `${this.#core.limits.turnDeadlineMs} ms`;
    this.#dispatcher.evict(cell, true).catch(() => {});
    if (moves) return this.#core.failures.movesSlowly(cell, message);
    this.#core.failures.failed(cell, hand, "stalled", { code: "stalled", message });
  }
}
