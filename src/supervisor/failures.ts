/**
 * What a bad end means: who is charged, what is tried again, what is given up (R7).
 *
 * Invariants:
 * - I1 Only an agent's own fault is charged: not a lost host, not an ended process, not a stop.
 * - I2 Intensity is charged once per envelope, at its first crash; `maxAttempts` bounds the rest.
 * - I3 No envelope is lost: it is handed over again, or a dead letter, or its agent is parked.
 */
import type { Envelope } from "../actors/envelope.ts";
import type { ErrorData } from "../errors.ts";
import type { ThreadLoss } from "../host/hosts.ts";
import type { AgentRecord } from "../storage/store.ts";
import type { Cell } from "./cell.ts";
import { keepBeforeRestart } from "./checkpoints.ts";
import type { Core, Failures as FailuresFace } from "./core.ts";
import { Draft } from "./draft.ts";
import { exitPolicies, type ExitReason } from "./exit-reason.ts";
import { placeOf } from "./turn-log.ts";

/** Different envelopes in a row that crash an agent before its state is held to be bad. */
const badStateAfter = 3;

/**
 * Who was used so lately when its host died comes back at once: it will soon be asked again, and
 * would then be waited for. The rest come back on demand (R7).
 */
const recentMs = 5_000;

export class Failures implements FailuresFace {
  #core: Core;

  constructor(core: Core) {
    this.#core = core;
  }

  failed(cell: Cell, hand: readonly Envelope[], reason: ExitReason, error: ErrorData): void {
    // It was to end with this turn: how that ended makes no difference (I1).
    if (cell.record.intent === "stop") return this.#core.verbs.stopNow(cell, null);
    const draft = new Draft();
    const isFirst = hand.length === 0 || hand.some((envelope) => envelope.attempt === 0);
    // Only one that crashed it alone may use up its attempts: the others of a batch are innocent.
    const most = hand.length > 1 ? this.#core.limits.maxAttempts - 1 : Number.POSITIVE_INFINITY;
    for (const envelope of hand) {
      envelope.attempt = Math.max(envelope.attempt, Math.min(envelope.attempt + 1, most));
      const { lane, seq, attempt } = envelope;
      draft.change({ op: "attempt", key: cell.key, lane, seq, attempt });
    }
    cell.careful = Math.max(cell.careful, hand.length);
    cell.lastCrashMs = this.#core.clock.monotonicMs();
    const place = placeOf(cell, hand[0] ?? null);
    this.#core.log("warn", `agent ${reason}`, { ...place, code: error.code });
    if (exitPolicies[reason].parks) {
      this.#core.tree.exited(cell, reason, error.message);
      this.park(draft, cell, error);
    } else if (this.#giveUp(draft, cell, hand, error)) {
      this.#core.tree.exited(cell, reason, error.message);
    } else {
      keepBeforeRestart(this.#core, draft, cell);
      this.#core.tree.childFailed(draft, cell, reason, error, isFirst);
    }
    this.#core.ledger.commit(draft).catch(() => {});
  }

  lost(
    cell: Cell,
    hand: readonly Envelope[],
    loss: ThreadLoss,
    { busy, moves, sinceMs = 0 }: { busy: boolean; moves: boolean; sinceMs?: number },
  ): void {
    if (cell.record.intent === "stop") return this.#core.verbs.stopNow(cell, null);
    const isItsOwn = loss.reason === "exited" || loss.alone;
    if (moves && isItsOwn && this.#core.store.available) return this.#unmoved(cell, loss.message);
    const reason = loss.reason === "out_of_memory" ? "out_of_memory" : "host_lost";
    const error: ErrorData = { code: reason, message: loss.message };
    if (loss.reason === "exited") {
      return this.failed(cell, hand, "crashed", { code: "crashed", message: loss.message });
    }
    // On a full disk a host ends whoever is in it.
    const isCulprit = loss.alone && busy && cell.suspect && this.#core.store.available;
    if (isCulprit) return this.failed(cell, hand, reason, error);
    this.#core.tree.exited(cell, "host_lost", loss.message);
    if (busy) cell.suspect = true;
    else cell.returns = this.#core.clock.monotonicMs() - sinceMs < recentMs;
    cell.careful = Math.max(cell.careful, hand.length);
    this.#core.log("warn", "thread lost with its host", {
      address: cell.address,
      busy,
      how: loss.message,
    });
    const draft = new Draft().event(this.#core.clock.wallMs(), "agent.host_lost", cell.address, {
      message: loss.message,
      suspect: busy,
    });
    this.#noteSuspicion(draft, cell);
    this.#core.ledger.commit(draft).catch(() => {});
    this.#core.dispatcher.wake(cell);
  }

  finished(cell: Cell): void {
    const draft = new Draft();
    const error: ErrorData = { code: "agent_ended", message: "It ended normally and is permanent" };
    this.#core.tree.childFailed(draft, cell, "normal", error, true);
    this.#core.ledger.commit(draft).catch(() => {});
  }

  forged(cell: Cell, what: string): void {
    const hand = cell.residence?.hand ?? [];
    const message = `${cell.address}: its thread answered with ${what}`;
    this.#core.dispatcher.evict(cell, true).catch(() => {});
    this.failed(cell, hand, "crashed", { code: "bad_frame", message });
  }

  /**
   * That it took too long says nothing about the state where the machine has too much to do: like a
   * turn it is tried again, as often as an envelope.
   */
  movesSlowly(cell: Cell, how: string): void {
    if (cell.record.intent === "stop") return this.#core.verbs.stopNow(cell, null);
    if (++cell.slowMoves >= this.#core.limits.maxAttempts) return this.#unmoved(cell, how);
    this.#core.tree.exited(cell, "stalled", how);
    this.#core.log("warn", "agent stalled over a new definition, it is tried again", {
      address: cell.address,
      code: "stalled",
    });
    this.#core.dispatcher.wake(cell);
  }

  #unmoved(cell: Cell, how: string): void {
    cell.slowMoves = 0;
    const draft = new Draft();
    const message = `The stored state could not be taken over by the new definition: ${how}`;
    this.park(draft, cell, { code: "definition_changed", message });
    this.#core.ledger.commit(draft).catch(() => {});
  }

  progressed(cell: Cell): void {
    cell.crashStreak.clear();
    cell.slowMoves = 0;
    if (cell.backoffs === 0) return;
    const quietMs = this.#core.clock.monotonicMs() - cell.lastCrashMs;
    if (quietMs >= this.#core.tree.stableAfterMs(cell.address)) cell.backoffs = 0;
  }

  park(draft: Draft, cell: Cell, error: ErrorData): void {
    const record: AgentRecord = {
      ...cell.record,
      status: "parked",
      lastError: error,
      intent: null,
    };
    draft.change({ op: "agent", record });
    // A person looks at it before it goes on: it is counted anew then.
    cell.loop = null;
    const { code, message } = error;
    draft.event(this.#core.clock.wallMs(), "agent.parked", cell.address, { code, message });
    this.#core.asks.failAll(draft, cell, { code: "agent_parked", message });
    this.#core.tree.report(draft, cell.address, error);
    draft.onAccept(() => {
      cell.record = record;
      this.#core.tree.childParked(cell);
    });
    this.#core.log("error", "agent parked", { address: cell.address, code });
  }

  /** A poison envelope becomes a dead letter; bad state, or a result that kills, parks. */
  #giveUp(draft: Draft, cell: Cell, hand: readonly Envelope[], error: ErrorData): boolean {
    const [envelope] = hand;
    if (hand.length !== 1 || !envelope) return false;
    const { id, lane, seq, kind, attempt } = envelope;
    const buried = cell.crashStreak.get(id)?.buried ?? false;
    cell.crashStreak.set(id, { id, lane, seq, kind, buried });
    if (cell.crashStreak.size >= badStateAfter) {
      this.#parkForState(draft, cell, error);
      return true;
    }
    this.#noteSuspicion(draft, cell);
    if (envelope.attempt < this.#core.limits.maxAttempts) return false;
    if (envelope.kind !== "message" && envelope.kind !== "system") {
      const message = `A ${envelope.kind} crashed it ${envelope.attempt} times: ${error.message}`;
      this.park(draft, cell, { code: error.code, message });
      return true;
    }
    cell.crashStreak.set(id, { id, lane, seq, kind, buried: true });
    this.#noteSuspicion(draft, cell);
    draft.change({ op: "skip", key: cell.key, lane, seq });
    const state = cell.summary ? JSON.stringify(cell.summary) : null;
    const message = `It crashed ${cell.address} ${attempt} times: ${error.message}`;
    this.#core.mail.bury(draft, envelope, "poison", message, state);
    draft.onAccept(() => {
      cell.mailbox.drop(envelope);
      this.#core.dispatcher.unblock(cell);
    });
    return false;
  }

  /** It is not the envelopes: they go back to the mailbox, those that died of it, too (R7). */
  #parkForState(draft: Draft, cell: Cell, error: ErrorData): void {
    const { key, address } = cell;
    const streak = [...cell.crashStreak.values()];
    for (const { id, lane, seq } of streak) {
      draft.change({ op: "revive", key, address, id, lane, seq });
    }
    draft.onAccept(() => {
      cell.mailbox.unload(streak.filter(({ buried }) => buried));
      cell.crashStreak.clear();
    });
    cell.record = { ...cell.record, suspicion: null };
    const message = `Its state is bad: ${badStateAfter} different envelopes in a row crashed it, ` +
      `none was handled between them; the last time: ${error.message}`;
    this.park(draft, cell, { code: "bad_state", message });
  }

  /** What counts against it outlives the process. */
  #noteSuspicion(draft: Draft, cell: Cell): void {
    const { suspect, crashStreak } = cell;
    const isNone = !suspect && crashStreak.size === 0;
    const suspicion = isNone ? null : { suspect, streak: [...crashStreak.values()] };
    cell.record = { ...cell.record, suspicion };
    draft.change({ op: "agent", record: cell.record });
  }
}
