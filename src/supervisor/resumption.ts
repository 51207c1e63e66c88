/**
 * Agents with open work that fall silent are woken (R8): first by `system.resume`, or by a restart
 * from their state when their machine does not name that; silence after that counts as stalled.
 *
 * Silent is who takes no turn and has nothing before it: no envelope, no turn in hand, no open
 * call. Only a turn that is more than the answer to `system.resume` is progress.
 */
import type { Envelope } from "../actors/envelope.ts";
import type { StateSummary } from "../actors/protocol.ts";
import type { ErrorData } from "../errors.ts";
import type { Cell } from "./cell.ts";
import type { Core, Resumption as ResumptionFace } from "./core.ts";
import { Draft } from "./draft.ts";

interface Watch {
  /** Monotonic ms of the last turn, or of the last attempt to wake it. */
  sinceMs: number;
  /** Attempts to wake it since it last made progress. */
  wakes: number;
}

export class Resumption implements ResumptionFace {
  #core: Core;
  #watched = new Map<Cell, Watch>();

  constructor(core: Core) {
    this.#core = core;
  }

  /** Watches `cell` from now on if its state, as it was stored, is one of open work. */
  takeUp(cell: Cell): void {
    if (!cell.summary || !hasOpenWork(cell.summary)) return;
    this.#watched.set(cell, { sinceMs: this.#core.clock.monotonicMs(), wakes: 0 });
  }

  /** A turn of `cell` was accepted: it has open work from now on, or none. */
  progressed(cell: Cell, consumed: readonly Envelope[]): void {
    if (!cell.summary || !hasOpenWork(cell.summary)) return void this.#watched.delete(cell);
    const isAnswer = consumed.length > 0 && consumed.every(({ type }) => type === "system.resume");
    const wakes = isAnswer ? this.#watched.get(cell)?.wakes ?? 0 : 0;
    this.#watched.set(cell, { sinceMs: this.#core.clock.monotonicMs(), wakes });
  }

  clear(): void {
    this.#watched.clear();
  }

  /** Wakes who has been silent for too long. */
  look(): void {
    const { clock, registry, limits: { resumeAfterMs } } = this.#core;
    const now = clock.monotonicMs();
    for (const [cell, watch] of this.#watched) {
      if (cell.hasEnded || registry.byKey(cell.key) !== cell) this.#watched.delete(cell);
      else if (!isQuiet(cell)) watch.sinceMs = now;
      else if (now - watch.sinceMs >= resumeAfterMs) {
        watch.sinceMs = now;
        this.#consider(cell, watch).catch((error) => {
          const { code, name } = error as { code?: unknown; name?: unknown };
          const about = { address: cell.address, code: String(code ?? name) };
          this.#core.log("error", "a silent agent could not be woken", about);
        });
      }
    }
  }

  async #consider(cell: Cell, watch: Watch): Promise<void> {
    const { store } = this.#core;
    const [calls, timers] = await Promise.all([store.calls(cell.key), store.timers(cell.key)]);
    // A call ends by its deadline, or is in doubt and waits for a person.
    if (calls.length > 0 || this.#watched.get(cell) !== watch || !isQuiet(cell)) return;
    if (watch.wakes++ === 0) await this.#wake(cell);
    // A delay says when it goes on: waking it once for that is enough.
    else if (timers.length === 0) this.#stalled(cell, watch);
  }

  async #wake(cell: Cell): Promise<void> {
    const { clock, dispatcher, ledger, limits: { resumeAfterMs }, mail } = this.#core;
    const draft = new Draft()
      .event(clock.wallMs(), "agent.resumed", cell.address, { resumeAfterMs });
    if (cell.kind.manifest.system.includes("system.resume")) {
      mail.system(draft, cell, "system.resume", { reason: "silent", resumeAfterMs });
      return await ledger.commit(draft);
    }
    const committed = ledger.commit(draft);
    await dispatcher.evict(cell, true);
    dispatcher.restore(cell);
    await committed;
  }

  /** Restarted and counted; when that has not helped either, it is parked and told to people. */
  #stalled(cell: Cell, watch: Watch): void {
    const { dispatcher, failures, ledger, limits: { maxAttempts, resumeAfterMs } } = this.#core;
    const message = `${cell.address} has open work and was silent ${watch.wakes} times for ` +
      `${resumeAfterMs} ms`;
    const error: ErrorData = { code: "stalled", message };
    dispatcher.evict(cell, true).catch(() => {});
    if (watch.wakes <= maxAttempts) return failures.failed(cell, [], "stalled", error);
    const draft = new Draft();
    failures.park(draft, cell, error);
    ledger.commit(draft).catch(() => {});
  }
}

/** Nothing is under way that ends in a turn by itself. */
function isQuiet(cell: Cell): boolean {
  return cell.isRunnable && !cell.residence?.hand && cell.mailbox.depth === 0;
}

/** An ask it owes or a state tagged `busy`; a state tagged `waiting` waits for a person. */
export function hasOpenWork({ owes, tags, status }: StateSummary): boolean {
  if (status !== "active" || tags.includes("waiting")) return false;
  return owes > 0 || tags.includes("busy");
}
