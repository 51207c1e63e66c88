/**
 * Delays that are rows: the nearest is waited for, the others cost nothing. A due timer becomes an
 * envelope in the commit that removes its row, so it fires once.
 */
import type { CancelTimer } from "../clock.ts";
import type { TimerRow } from "../storage/store.ts";
import type { Cell } from "./cell.ts";
import type { Core, Timers as TimersFace } from "./core.ts";
import { Draft } from "./draft.ts";

/** Timers turned into envelopes at one time. */
const portion = 500;
/** The clock is looked at at least this often while timers wait: it may have been set (R10). */
const lookMs = 15_000;
const jumpMs = 1_000;

export class Timers implements TimersFace {
  #core: Core;
  #nextMs = Number.POSITIVE_INFINITY;
  #cancel: CancelTimer = () => {};
  #firing = false;
  #stopped = false;
  /** Wall minus monotonic time: it changes only when somebody sets the clock. */
  #offsetMs: number;

  constructor(core: Core) {
    this.#core = core;
    this.#offsetMs = core.clock.wallMs() - core.clock.monotonicMs();
  }

  /**
   * Takes up the stored timers: at latest their whole delay from now (R10). Does not wait, as a
   * start on a full disk has to show what there is.
   */
  load(): void {
    this.#core.store.commit([{ op: "timersClamp", nowMs: this.#core.clock.wallMs() }])
      .then(() => this.#lookAhead()).catch((error) => {
        this.#core.log("error", "timers could not be taken up", { code: error?.code });
      });
  }

  set(draft: Draft, row: TimerRow): void {
    draft.change({ op: "timer", row }).onDurable(() =>
      this.#arm(Math.min(this.#nextMs, row.dueAtMs))
    );
  }

  clear(draft: Draft, cell: Cell, id: string): void {
    draft.change({ op: "timerGone", key: cell.key, id });
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  #arm(nextMs: number): void {
    this.#nextMs = nextMs;
    this.#cancel();
    if (this.#stopped || nextMs === Number.POSITIVE_INFINITY) return;
    const waitMs = Math.max(0, nextMs - this.#core.clock.wallMs());
    this.#cancel = this.#core.clock.after(Math.min(waitMs, lookMs), () => void this.#look());
  }

  async #look(): Promise<void> {
    if (this.#firing) return;
    this.#firing = true;
    try {
      await this.#heedClock();
      while (!this.#stopped && await this.#fire() === portion);
      await this.#lookAhead();
    } finally {
      this.#firing = false;
    }
  }

  /** A clock set back would make timers late: none waits longer than its whole delay. */
  async #heedClock(): Promise<void> {
    const { clock } = this.#core;
    const offsetMs = clock.wallMs() - clock.monotonicMs();
    const movedMs = offsetMs - this.#offsetMs;
    if (Math.abs(movedMs) < jumpMs) return;
    this.#offsetMs = offsetMs;
    this.#core.log("warn", "the wall clock was set", { movedMs: Math.round(movedMs) });
    if (movedMs > 0) return;
    await this.#core.store.commit([{ op: "timersClamp", nowMs: clock.wallMs() }]);
  }

  async #fire(): Promise<number> {
    const rows = await this.#core.store.dueTimers(this.#core.clock.wallMs(), portion);
    if (rows.length === 0) return 0;
    const draft = new Draft();
    for (const row of rows) {
      draft.change({ op: "timerGone", key: row.key, id: row.id });
      const cell = this.#core.registry.byKey(row.key);
      if (!cell || cell.hasEnded) continue;
      const letter = { kind: "timer" as const, from: "system", type: "", payload: "null" };
      const envelope = this.#core.mail.envelope(cell.address, { ...letter, correlation: row.id });
      draft.post(cell, { ...envelope, cause: row.cause });
    }
    await this.#core.ledger.commit(draft);
    return rows.length;
  }

  async #lookAhead(): Promise<void> {
    this.#arm(await this.#core.store.nextTimerMs() ?? Number.POSITIVE_INFINITY);
  }
}
