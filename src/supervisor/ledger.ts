/**
 * The way into the store: drafts are accepted in memory at once and committed in that order (R3).
 *
 * Invariants:
 * - I1 What `onDurable` does happens after the fsync of its draft, in the order of acceptance.
 * - I2 `seq` numbers of a mailbox are given in the order of acceptance, without gaps.
 */
import { DreamError } from "../errors.ts";
import type { Core, Ledger as LedgerFace } from "./core.ts";
import type { Draft } from "./draft.ts";

/** Accepted and not yet durable changes beyond which processing no longer runs ahead. */
const mostBehind = 20_000;

export class Ledger implements LedgerFace {
  #core: Core;
  #behind = 0;
  #newest: Promise<void> = Promise.resolve();

  constructor(core: Core) {
    this.#core = core;
    core.store.onGroup((commits) => core.meters.commitGroup.observe(commits));
    core.store.onAvailable((available) => {
      core.log(available ? "info" : "error", available ? "storage is back" : "storage unavailable");
      if (available) core.dispatcher.pump();
    });
  }

  get isBehind(): boolean {
    return this.#behind > mostBehind || !this.#core.store.available;
  }

  flushed(): Promise<void> {
    return this.#newest;
  }

  commit(draft: Draft): Promise<void> {
    // Made from what is being thrown away, or from half of what is stored.
    if (this.#core.isLoading) return Promise.reject(notNow());
    const { changes, mail } = draft;
    for (const { cell, envelope } of mail) {
      envelope.seq = ++cell.lastSeq;
      changes.push({ op: "envelope", key: cell.key, envelope });
      cell.mailbox.push(envelope);
    }
    const size = changes.length;
    if (size === 0) {
      for (const act of [...draft.accepted, ...draft.durable]) act();
      return Promise.resolve();
    }
    this.#behind += size;
    const { clock, meters } = this.#core;
    const begunMs = clock.monotonicMs();
    const settled = this.#core.store.commit(changes, isPatient(draft)).then(
      () => {
        meters.commitSeconds.observe((clock.monotonicMs() - begunMs) / 1_000);
        this.#durable(draft, size);
      },
      (error) => {
        this.#behind -= size;
        this.#core.rejected(error);
        throw error;
      },
    );
    this.#newest = settled.catch(() => {});
    // After the call above: what these commit in turn comes later in the store, too.
    for (const act of draft.accepted) act();
    for (const { cell } of mail) this.#core.dispatcher.wake(cell);
    return settled;
  }

  #durable(draft: Draft, size: number): void {
    const wasBehind = this.#behind > mostBehind;
    this.#behind -= size;
    for (const act of draft.durable) act();
    const { eventLog } = this.#core;
    if (eventLog.isFollowed && draft.changes.some(({ op }) => op === "event")) eventLog.touched();
    if (wasBehind && !this.isBehind) this.#core.dispatcher.pump();
  }
}

/** What waits for a draft's fsync has a word in it, too. */
function isPatient(draft: Draft): boolean {
  return draft.isPatient && draft.durable.length === 0;
}

/** Nothing of it was accepted: whoever asked for it may do so again. */
export function notNow(): DreamError {
  return new DreamError("storage_unavailable", "Storage takes nothing new at the moment");
}
