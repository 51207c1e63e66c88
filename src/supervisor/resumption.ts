/**
 * Agents with open work that fall silent are woken (R8): first by `system.resume`, or by a restart
 * from their state when their machine does not name that; silence after that counts as stalled.
 */
import type { StateSummary } from "../actors/protocol.ts";
import type { Cell } from "./cell.ts";
import type { Core } from "./core.ts";
import { Draft } from "./draft.ts";

interface Watch {
  /** Monotonic ms of the last turn, or of the last attempt to wake it. */
  sinceMs: number;
  resumed: boolean;
}

export class Resumption {
  #core: Core;
  #watched = new Map<Cell, Watch>();

  constructor(core: Core) {
    this.#core = core;
  }

  /** A turn of `cell` was accepted: it has open work from now on, or none. */
  progressed(cell: Cell): void {
    if (cell.summary && hasOpenWork(cell.summary)) {
      this.#watched.set(cell, { sinceMs: this.#core.clock.monotonicMs(), resumed: false });
    } else this.#watched.delete(cell);
  }

  clear(): void {
    this.#watched.clear();
  }

  /** Wakes who has been silent for too long. */
  look(): void {
    const now = this.#core.clock.monotonicMs();
    const { resumeAfterMs } = this.#core.limits;
    for (const [cell, watch] of this.#watched) {
      if (cell.hasEnded || this.#core.registry.byKey(cell.key) !== cell) this.#watched.delete(cell);
      else if (cell.isRunnable && !cell.residence?.hand && now - watch.sinceMs >= resumeAfterMs) {
        this.#watched.set(cell, { sinceMs: now, resumed: true });
        this.#wake(cell, watch.resumed);
      }
    }
  }

  #wake(cell: Cell, again: boolean): void {
    const { resumeAfterMs } = this.#core.limits;
    const draft = new Draft();
    if (again) {
      const message = `${cell.address} has open work and was silent twice for ${resumeAfterMs} ms`;
      this.#core.dispatcher.evict(cell, true).catch(() => {});
      return this.#core.failures.failed(cell, [], "stalled", { code: "stalled", message });
    }
    draft.event(this.#core.clock.wallMs(), "agent.resumed", cell.address, { resumeAfterMs });
    if (cell.kind.manifest.system.includes("system.resume")) {
      this.#core.mail.system(draft, cell, "system.resume", { reason: "silent", resumeAfterMs });
    } else {
      this.#core.dispatcher.evict(cell, true)
        .then(() => this.#core.dispatcher.restore(cell)).catch(() => {});
    }
    this.#core.ledger.commit(draft).catch(() => {});
  }
}

/** An ask it owes or a state tagged `busy`; a state tagged `waiting` waits for a person. */
function hasOpenWork({ owes, tags, status }: StateSummary): boolean {
  if (status !== "active" || tags.includes("waiting")) return false;
  return owes > 0 || tags.includes("busy");
}
