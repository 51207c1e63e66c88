/**
 * Brings agents that have work together with threads, and turns with the store.
 *
 * Owns: what each thread has in hand. Talks to: placement (who is in a thread), turns (what their
 * results mean), failures (what a bad end means).
 * Invariants:
 * - I1 An agent is in one thread at most, and a thread has one batch in hand at most.
 * - I2 Frames are heard only from the agent's present stay; older ones are ignored.
 * - I3 A thread starts from the newest accepted state, and only after that is durable.
 */
import type { Envelope } from "../actors/envelope.ts";
import type { FailureReason, FromThread, TurnedFrame } from "../actors/protocol.ts";
import type { ErrorData } from "../errors.ts";
import type { ThreadLoss } from "../host/hosts.ts";
import { Blocked } from "./blocked.ts";
import type { Cell, Residence } from "./cell.ts";
import { Charges } from "./charges.ts";
import type { Core, Dispatcher as DispatcherFace } from "./core.ts";
import { Draft } from "./draft.ts";
import { Hands } from "./hands.ts";
import { loadMore } from "./loading.ts";
import { loopAfter, loopFault } from "./looping.ts";
import { causeOfWord } from "./origins.ts";
import { isResting, restAfter } from "./pacing.ts";
import { isIdle, Placement } from "./placement.ts";
import { CommitRejected } from "../storage/store.ts";
import { acceptTraced, traceFailure } from "./turn-trace.ts";
import { MailboxFull, Turns } from "./turns.ts";
import { buryUndeliverable } from "./undeliverable.ts";

/** Payload bytes of one batch: a frame must stay well below `frameBytes`. */
const batchBytes = 2 * 1024 * 1024;
/** An agent that never runs out of work has its thread this long while others wait for one. */
const shareMs = 250;

export class Dispatcher implements DispatcherFace {
  #core: Core;
  #turns: Turns;
  #placement: Placement;
  readonly charges = new Charges();
  /** Agents that wait for the disk to keep up. */
  #held = new Set<Cell>();
  #blocked: Blocked;
  #hands: Hands;

  constructor(core: Core) {
    this.#core = core;
    this.#turns = new Turns(core);
    this.#blocked = new Blocked(core);
    this.#hands = new Hands({
      clock: core.clock,
      most: core.limits.turnsInHand,
      sliceMs: core.limits.turnSliceMs,
      go: (cell) => this.wake(cell),
    });
    this.#placement = new Placement(core, {
      placed: (cell, residence) => this.#deliver(cell, residence),
      heard: (cell, residence, frame) => this.#hear(cell, residence, frame),
      lost: (cell, loss) => this.#lost(cell, loss),
    });
  }

  wake(cell: Cell): void {
    const { isHalted, registry } = this.#core;
    if (isHalted || !cell.isRunnable || registry.byKey(cell.key) !== cell) return;
    const { residence } = cell;
    if (!residence) {
      if (cell.hasWork || cell.returns) this.#placement.activate(cell);
    } else if (residence.thread && residence.hand === null) this.#deliver(cell, residence);
  }

  restore(cell: Cell): void {
    if (cell.isRunnable && !cell.residence) this.#placement.activate(cell);
  }

  pump(): void {
    const held = [...this.#held];
    this.#held.clear();
    for (const cell of held) this.wake(cell);
    for (const cell of this.#placement.takeWaiting()) this.wake(cell);
  }

  get resident(): ReadonlySet<Cell> {
    return this.#placement.resident;
  }

  #detach(cell: Cell): Residence | null {
    this.#held.delete(cell);
    const residence = this.#placement.detach(cell);
    if (residence) this.#hands.leave(cell, residence);
    return residence;
  }

  async evict(cell: Cell, force: boolean): Promise<void> {
    const residence = this.#detach(cell);
    if (!residence?.thread) return;
    if (residence.hand || force) await residence.thread.kill();
    else residence.thread.release();
    this.pump();
  }

  #deliver(cell: Cell, residence: Residence): void {
    // Deployed during the turn before, or while its thread was being made.
    if (residence.bundle !== cell.kind.hash) return this.#rejoin(cell);
    if (this.#core.ledger.isBehind) {
      this.#held.add(cell);
      return;
    }
    if (isResting(this.#core, cell, residence)) return;
    if (cell.record.intent !== null && this.#core.verbs.rested(cell)) return;
    if (this.#hands.holds(cell)) return;
    if (!cell.hasState) return this.#hand(residence, []);
    const isCareful = cell.careful > 0 || cell.mailbox.hasCrashedBefore;
    const most = isCareful ? 1 : this.#core.limits.turnEnvelopes;
    const taken = cell.record.intent === "stop"
      ? cell.mailbox.takeUrgent(1)
      : cell.mailbox.take(most, batchBytes);
    if (this.#parkForResult(cell, taken)) return;
    const batch = buryUndeliverable(this.#core, cell, taken);
    if (cell.residence !== residence) {
      // Whoever got room by what was left out has taken its thread.
      cell.mailbox.giveBack(batch);
      return this.wake(cell);
    }
    if (batch.length > 0) return this.#hand(residence, batch);
    residence.sinceMs = this.#core.clock.monotonicMs();
    if (cell.mailbox.hasLoaded && cell.record.intent !== "stop") {
      return this.#deliver(cell, residence);
    }
    loadMore(this.#core, cell);
    if (this.#placement.wants(residence) && isIdle(cell) && !cell.hasWork) {
      this.#detach(cell)?.thread?.release();
      this.pump();
    }
  }

  #hand(residence: Residence, batch: Envelope[]): void {
    residence.hand = batch;
    residence.turn++;
    this.#hands.take(residence);
    residence.sinceMs = this.#core.clock.monotonicMs();
    const nowMs = this.#core.clock.wallMs();
    residence.thread!.send({ t: "deliver", turn: residence.turn, nowMs, envelopes: batch });
  }

  /** A result, reply or timer that has used up its attempts cannot be left out: it parks (R7). */
  #parkForResult(cell: Cell, batch: readonly Envelope[]): boolean {
    const { maxAttempts } = this.#core.limits;
    const fatal = batch.find(({ kind, attempt }) =>
      attempt >= maxAttempts && kind !== "message" && kind !== "system"
    );
    if (!fatal) return false;
    cell.mailbox.giveBack(batch);
    this.#detach(cell)?.thread?.release();
    const draft = new Draft();
    const message = `A ${fatal.kind} crashed it ${fatal.attempt} times`;
    this.#core.failures.park(draft, cell, { code: "poison", message });
    this.#core.ledger.commit(draft).catch(() => {});
    this.pump();
    return true;
  }

  #hear(cell: Cell, residence: Residence, frame: FromThread): void {
    switch (frame.t) {
      case "started":
        residence.moves = false;
        return;
      case "pong":
        residence.pingedMs = null;
        return;
      case "turned":
        return this.#turned(cell, residence, frame);
      case "failed": {
        const { reason, error } = frame;
        const said = error.name === "DreamError" ? "" : `${error.name}: `;
        const message = `${said}${error.message}`.slice(0, 2000);
        return this.#fail(cell, residence.hand ?? [], reason, { code: reason, message });
      }
      case "ran": {
        if (cell.mailbox.depth - cell.mailbox.bounded > this.#core.limits.mailbox) {
          return this.#core.failures.forged(cell, "more words of its runs than it may hold");
        }
        const { id: correlation, payload } = frame;
        const letter = { kind: "ran" as const, from: cell.address, type: "", correlation, payload };
        const cause = causeOfWord(cell, correlation, payload);
        const envelope = this.#core.mail.envelope(cell.address, { ...letter, cause });
        this.#core.ledger.commit(new Draft().post(cell, envelope)).catch(() => {});
      }
    }
  }

  /** Its turn is not taken; what else is wrong than the turn itself parks. */
  #fail(cell: Cell, hand: readonly Envelope[], reason: FailureReason, error: ErrorData): void {
    traceFailure(this.#core, cell, hand, error.code);
    this.#detach(cell)?.thread?.release();
    if (reason === "crashed" || reason === "looping") {
      this.#core.failures.failed(cell, hand, reason, error);
    } else {
      const draft = new Draft();
      this.#core.failures.park(draft, cell, error);
      this.#core.ledger.commit(draft).catch(() => {});
    }
    this.pump();
  }

  #turned(cell: Cell, residence: Residence, frame: TurnedFrame): void {
    const { hand } = residence;
    if (!hand || frame.turn !== residence.turn || frame.consumed > hand.length) {
      return this.#core.failures.forged(cell, "a turn that was not asked for");
    }
    const loop = loopAfter(cell, hand, frame);
    const fault = loopFault(cell, loop, hand);
    if (fault) return this.#fail(cell, hand, "looping", fault);
    const begunMs = this.#core.clock.monotonicMs();
    const committed = acceptTraced(this.#core, this.#turns, cell, hand, frame);
    if (committed instanceof MailboxFull) return this.#block(cell, committed.receiver);
    residence.uncommitted++;
    // First of all: whoever takes its thread below waits for this before it gets another one (I3).
    cell.settled = committed.then(() => {
      residence.uncommitted--;
      if (frame.summary.runs > 0 && cell.residence === residence) {
        residence.thread?.send({ t: "committed", turn: frame.turn });
      }
    }, (error) => {
      if (error instanceof CommitRejected && error.own) this.charges.add(cell, hand);
    });
    residence.hand = null;
    cell.loop = loop;
    this.#core.meters.turned((begunMs - residence.sinceMs) / 1_000);
    restAfter(this.#core, cell, frame, this.#core.clock.monotonicMs() - begunMs);
    // What is left of an agent that ended with this turn is a dead letter by now.
    if (!cell.hasEnded) cell.mailbox.giveBack(hand.slice(frame.consumed));
    // From here on others have their turns, and may wake this one: its mailbox is whole again.
    this.#hands.free(residence);
    this.#progress(cell, hand.slice(0, frame.consumed));
    if (cell.held || cell.hasEnded || !cell.hasState || cell.record.status !== "running") {
      this.#detach(cell)?.thread?.release();
      if (!cell.hasEnded && !cell.hasState) this.#core.failures.finished(cell);
      return this.pump();
    }
    // Whoever got room by this turn may have taken its thread, or it has its next batch.
    if (cell.residence !== residence || residence.hand !== null) return this.wake(cell);
    if (frame.summary.runs === 0 && this.#hasHadItsShare(residence)) return this.#rejoin(cell);
    if (cell.mailbox.hasLoaded && !this.#hands.admits(cell)) return;
    this.#deliver(cell, residence);
  }

  #hasHadItsShare({ alone, fromMs }: Residence): boolean {
    return alone || this.#placement.isWanted && this.#core.clock.monotonicMs() - fromMs >= shareMs;
  }

  /**
   * Gives its thread to who waits and goes to the end of the line. A suspect that has done a turn
   * alone, its host still living, goes back among the others that way, and an agent whose kind was
   * deployed meanwhile gets a thread with the new bundle.
   */
  #rejoin(cell: Cell): void {
    this.#detach(cell)?.thread?.release();
    this.pump();
    this.wake(cell);
  }

  renew(cell: Cell): void {
    const { residence } = cell;
    if (!residence?.thread || residence.hand || residence.bundle === cell.kind.hash) return;
    this.#rejoin(cell);
  }

  #progress(cell: Cell, consumed: readonly Envelope[]): void {
    cell.crashStreak.clear();
    cell.suspect = false;
    cell.careful = Math.max(0, cell.careful - Math.max(1, consumed.length));
    cell.onStart?.(null);
    cell.onStart = null;
    this.#core.failures.progressed(cell);
    this.#core.resumption.progressed(cell, consumed);
    this.unblock(cell);
  }

  /** The turn is thrown away: it runs again, one envelope at a time, when there is room (R9). */
  #block(cell: Cell, receiver: Cell): void {
    const residence = this.#detach(cell);
    residence?.thread?.release();
    cell.careful = Math.max(cell.careful, residence?.hand?.length ?? 1);
    this.#blocked.add(cell, receiver);
    this.pump();
  }

  unblock(receiver: Cell): void {
    this.#blocked.look(receiver);
  }

  #lost(cell: Cell, loss: ThreadLoss): void {
    traceFailure(this.#core, cell, cell.residence?.hand ?? [], loss.reason);
    const { hand, moves, sinceMs } = this.#detach(cell)!;
    const busy = hand !== null || (cell.summary?.runs ?? 0) > 0;
    this.#core.failures.lost(cell, hand ?? [], loss, { busy, moves, sinceMs });
    this.pump();
  }
}
