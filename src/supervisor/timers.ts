/**
 * Delays that are rows: the next ones are waited for, the others cost nothing. A due timer becomes
 * an envelope in the commit that removes its row, so it fires once.
 *
 * A delay has passed when either of two clocks says so (R10):
 * - the wall clock has reached the time at which it was due when it was set
 * - the system has run for its whole length. Running time is monotonic, and goes on at the next
 *   start from where the youngest pending timer was set; so it is never ahead of the truth, and
 *   after a start no delay takes longer than its whole length from then.
 */
import type { CancelTimer } from "../clock.ts";
import { codeOf } from "../log.ts";
import type { TimerRow } from "../storage/store.ts";
import type { Cell } from "./cell.ts";
import type { Core, Timers as TimersFace } from "./core.ts";
import { Draft } from "./draft.ts";

/** Timers turned into envelopes at one time. */
const portion = 500;
/** The wall clock is looked at this often while timers wait: it may be set, the machine sleep. */
const lookMs = 1_000;
/** A smaller step of the wall clock is its normal adjustment. */
const jumpMs = 1_000;

/** When the next timer is due on each clock. */
interface Next {
  dueAtMs: number;
  runDueMs: number;
}

const never: Next = { dueAtMs: Number.POSITIVE_INFINITY, runDueMs: Number.POSITIVE_INFINITY };

export class Timers implements TimersFace {
  #core: Core;
  #next = never;
  #cancel: CancelTimer = () => {};
  #isFiring = false;
  /** The earliest of those set while the store was asked for the next: it may not know them yet. */
  #setMeanwhile = never;
  #stopped = false;
  /** Running time minus monotonic time; null before the first load. */
  #runOffsetMs: number | null = null;
  /** Wall minus monotonic time: it jumps when somebody sets the clock. */
  #wallOffsetMs = 0;

  constructor(core: Core) {
    this.#core = core;
  }

  /** Takes up the stored timers; at a second call (a refused commit) running time just goes on. */
  async load(): Promise<void> {
    const { clock, store } = this.#core;
    this.#wallOffsetMs = clock.wallMs() - clock.monotonicMs();
    this.#runOffsetMs ??= await store.runMs() - clock.monotonicMs();
    await this.#lookAhead();
  }

  set(draft: Draft, timer: Omit<TimerRow, keyof Next>): void {
    const dueAtMs = this.#core.clock.wallMs() + timer.delayMs;
    const runDueMs = Math.ceil(this.#runMs() + timer.delayMs);
    const due = { dueAtMs, runDueMs };
    draft.change({ op: "timer", row: { ...timer, ...due } }).onDurable(() => {
      this.#setMeanwhile = earlier(this.#setMeanwhile, due);
      this.#arm(earlier(this.#next, due));
    });
  }

  clear(draft: Draft, cell: Cell, id: string): void {
    draft.change({ op: "timerGone", key: cell.key, id });
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  #runMs(): number {
    return this.#core.clock.monotonicMs() + (this.#runOffsetMs ?? 0);
  }

  /** Ms until the next timer is due; 0 or less when it is. */
  #leftMs(): number {
    const { dueAtMs, runDueMs } = this.#next;
    return Math.min(dueAtMs - this.#core.clock.wallMs(), runDueMs - this.#runMs());
  }

  #arm(next: Next): void {
    this.#next = next;
    this.#cancel();
    const leftMs = this.#leftMs();
    if (this.#stopped || leftMs === Number.POSITIVE_INFINITY) return;
    const waitMs = Math.min(Math.max(0, leftMs), lookMs);
    this.#cancel = this.#core.clock.after(waitMs, () => void this.#look());
  }

  async #look(): Promise<void> {
    if (this.#isFiring) return;
    this.#heedClock();
    if (this.#leftMs() > 0) return this.#arm(this.#next);
    this.#isFiring = true;
    try {
      while (!this.#stopped && await this.#fire() === portion);
      await this.#lookAhead();
    } catch (error) {
      this.#core.log("error", "timers could not be fired", { code: codeOf(error) });
      this.#cancel = this.#core.clock.after(lookMs, () => void this.#look());
    } finally {
      this.#isFiring = false;
    }
  }

  #heedClock(): void {
    const { clock, log } = this.#core;
    const offsetMs = clock.wallMs() - clock.monotonicMs();
    const movedMs = Math.round(offsetMs - this.#wallOffsetMs);
    this.#wallOffsetMs = offsetMs;
    if (Math.abs(movedMs) >= jumpMs) log("warn", "the wall clock was set", { movedMs });
  }

  async #fire(): Promise<number> {
    const { store, clock, registry, mail, ledger } = this.#core;
    const rows = await store.dueTimers({ wallMs: clock.wallMs(), runMs: this.#runMs() }, portion);
    if (rows.length === 0) return 0;
    const draft = new Draft();
    for (const row of rows) {
      draft.change({ op: "timerGone", key: row.key, id: row.id });
      const cell = registry.byKey(row.key);
      if (!cell || cell.hasEnded) continue;
      const letter = { kind: "timer" as const, from: "system", type: "", payload: "null" };
      const envelope = mail.envelope(cell.address, { ...letter, correlation: row.id });
      draft.post(cell, { ...envelope, cause: row.cause });
    }
    await ledger.commit(draft);
    return rows.length;
  }

  async #lookAhead(): Promise<void> {
    this.#setMeanwhile = never;
    const stored = await this.#core.store.nextTimers() ?? never;
    this.#arm(earlier(stored, this.#setMeanwhile));
  }
}

/** The earlier of both on each clock. */
function earlier(one: Next, other: Next): Next {
  return {
    dueAtMs: Math.min(one.dueAtMs, other.dueAtMs),
    runDueMs: Math.min(one.runDueMs, other.runDueMs),
  };
}
