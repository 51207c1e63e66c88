/**
 * Brings agents that have work together with threads, and turns with the store.
 *
 * Owns: who is in a thread, and what each thread has in hand. Talks to: hosts (threads), turns (what
 * a result means), failures (what a bad end means).
 * Invariants:
 * - I1 An agent is in one thread at most, and a thread has one batch in hand at most.
 * - I2 Frames are heard only from the agent's present stay; older ones are ignored.
 * - I3 A thread starts from the newest accepted state, and only after that is durable.
 */
import type { Envelope } from "../actors/envelope.ts";
import type { FromThread, ThreadLimits, TurnedFrame } from "../actors/protocol.ts";
import { toErrorData } from "../errors.ts";
import type { ThreadLoss } from "../host/hosts.ts";
import type { Cell, Residence } from "./cell.ts";
import type { Core, Dispatcher as DispatcherFace } from "./core.ts";
import { Draft } from "./draft.ts";
import { CommitRejected } from "../storage/store.ts";
import { MailboxFull, Turns } from "./turns.ts";

/** Payload bytes of one batch: a frame must stay well below `frameBytes`. */
const batchBytes = 2 * 1024 * 1024;

export class Dispatcher implements DispatcherFace {
  #core: Core;
  #turns: Turns;
  readonly resident = new Set<Cell>();
  /** Batches whose turns the store refused: charged when memory has been loaded anew (R3). */
  readonly blamed: { key: number; hand: readonly Envelope[] }[] = [];
  /** Agents with work that wait for a thread, oldest first. */
  #waiting: Cell[] = [];
  /** Agents that wait for the disk to keep up. */
  #held = new Set<Cell>();
  /** Who waits for room in whose mailbox. */
  #blocked = new Map<Cell, Set<Cell>>();

  constructor(core: Core) {
    this.#core = core;
    this.#turns = new Turns(core);
  }

  wake(cell: Cell): void {
    const { isHalted, registry } = this.#core;
    if (isHalted || !cell.isRunnable || registry.byKey(cell.key) !== cell) return;
    const { residence } = cell;
    if (!residence) {
      if (cell.hasWork) this.#activate(cell);
    } else if (residence.thread && residence.hand === null) this.#deliver(cell, residence);
  }

  pump(): void {
    const held = [...this.#held];
    this.#held.clear();
    for (const cell of held) this.wake(cell);
    while (this.#waiting.length > 0 && this.#hasThread()) {
      const cell = this.#waiting.shift()!;
      cell.queued = false;
      this.wake(cell);
    }
  }

  /** Takes the agent out of its thread; what it had in hand goes back to its mailbox. */
  detach(cell: Cell): Residence | null {
    const { residence } = cell;
    if (!residence) return null;
    cell.residence = null;
    this.resident.delete(cell);
    this.#held.delete(cell);
    if (residence.hand) cell.mailbox.giveBack(residence.hand);
    return residence;
  }

  async evict(cell: Cell, force: boolean): Promise<void> {
    const residence = this.detach(cell);
    if (!residence?.thread) return;
    if (residence.hand || force) await residence.thread.kill();
    else residence.thread.release();
    this.pump();
  }

  #hasThread(): boolean {
    return this.resident.size < this.#core.limits.maxThreads;
  }

  #activate(cell: Cell): void {
    if (cell.queued) return;
    if (!this.#hasThread() && !this.#makeRoom()) {
      cell.queued = true;
      this.#waiting.push(cell);
      return;
    }
    const alone = cell.suspect;
    const sinceMs = this.#core.clock.monotonicMs();
    const residence = { thread: null, turn: 0, hand: null, sinceMs, uncommitted: 0, alone };
    cell.residence = residence;
    cell.record = { ...cell.record, generation: cell.record.generation + 1 };
    this.resident.add(cell);
    this.#place(cell, residence).catch((thrown) => {
      if (cell.residence !== residence) return;
      this.detach(cell);
      this.#core.failures.failed(cell, [], "crashed", toErrorData(thrown, "bad_bundle"));
    });
  }

  /** Passivates the agent that has been idle longest, so that one with work gets its thread. */
  #makeRoom(): boolean {
    let oldest: Cell | null = null;
    for (const cell of this.resident) {
      if (!isIdle(cell)) continue;
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
      kinds.bundle(cell.kind.hash),
      cell.hasState ? store.state(cell.key) : null,
    ]);
    if (cell.residence !== residence) return;
    const thread = await hosts.place({
      address: cell.address,
      generation: cell.record.generation,
      bundle,
      group: this.#core.tree.groupOf(cell.address),
      read: [],
      alone: residence.alone,
    }, {
      onFrame: (frame) => {
        if (cell.residence === residence) this.#hear(cell, residence, frame);
      },
      onLost: (loss) => {
        if (cell.residence === residence) this.#lost(cell, loss);
      },
    });
    if (cell.residence !== residence) return thread.release();
    residence.thread = thread;
    const threadLimits: ThreadLimits = limits;
    const { address, record: { input } } = cell;
    thread.send({ t: "start", address, state: row?.state ?? null, input, limits: threadLimits });
    this.#deliver(cell, residence);
  }

  #deliver(cell: Cell, residence: Residence): void {
    if (this.#core.ledger.isBehind) {
      this.#held.add(cell);
      return;
    }
    if (!cell.hasState) return this.#hand(residence, []);
    const isCareful = cell.careful > 0 || cell.mailbox.hasCrashedBefore;
    const most = isCareful ? 1 : this.#core.limits.turnEnvelopes;
    const batch = this.#living(cell, cell.mailbox.take(most, batchBytes));
    if (batch.length > 0) return this.#hand(residence, batch);
    residence.sinceMs = this.#core.clock.monotonicMs();
    if (cell.mailbox.hasLoaded) return this.#deliver(cell, residence);
    this.#load(cell);
    if (this.#waiting.length > 0 && isIdle(cell) && !cell.hasWork) {
      this.detach(cell)?.thread?.release();
      this.pump();
    }
  }

  #hand(residence: Residence, batch: Envelope[]): void {
    residence.hand = batch;
    residence.turn++;
    residence.sinceMs = this.#core.clock.monotonicMs();
    const nowMs = this.#core.clock.wallMs();
    residence.thread!.send({ t: "deliver", turn: residence.turn, nowMs, envelopes: batch });
  }

  /** Envelopes past their time, or past their attempts, are never handed over. */
  #living(cell: Cell, batch: Envelope[]): Envelope[] {
    const now = this.#core.clock.wallMs();
    const { maxAttempts } = this.#core.limits;
    const isLate = (envelope: Envelope) =>
      envelope.expiresAtMs !== null && envelope.expiresAtMs <= now;
    const isPoison = (envelope: Envelope) => envelope.attempt >= maxAttempts;
    const dead = batch.filter((envelope) => isLate(envelope) || isPoison(envelope));
    if (dead.length === 0) return batch;
    const draft = new Draft();
    for (const envelope of dead) {
      const { lane, seq, attempt } = envelope;
      draft.change({ op: "skip", key: cell.key, lane, seq });
      const [reason, message] = isPoison(envelope)
        ? ["poison" as const, `It crashed ${cell.address} ${attempt} times`]
        : ["expired" as const, "It had expired before it was handed over"];
      this.#core.mail.bury(draft, envelope, reason, message);
    }
    draft.onAccept(() => cell.mailbox.consumed(dead));
    this.#core.ledger.commit(draft).catch(() => {});
    return batch.filter((envelope) => !dead.includes(envelope));
  }

  /** Brings more of a long mailbox into memory. */
  #load(cell: Cell): void {
    const next = cell.mailbox.nextLoad(cell.cursors, cell.residence?.hand ?? []);
    if (!next || cell.loading) return;
    cell.loading = true;
    const { lane, afterSeq } = next;
    cell.settled.then(() => this.#core.store.mailbox(cell.key, lane, afterSeq, 512)).then(
      (rows) => {
        cell.loading = false;
        if (rows.length === 0) cell.mailbox.nothingBeyond(lane);
        else cell.mailbox.loaded(lane, rows);
        this.wake(cell);
      },
    ).catch((error) => {
      cell.loading = false;
      this.#core.log("error", "a mailbox could not be read", {
        address: cell.address,
        error: String(error?.code ?? error?.name),
      });
    });
  }

  #hear(cell: Cell, residence: Residence, frame: FromThread): void {
    switch (frame.t) {
      case "started":
        return;
      case "turned":
        return this.#turned(cell, residence, frame);
      case "failed": {
        const { reason, error } = frame;
        const hand = residence.hand ?? [];
        this.detach(cell)?.thread?.release();
        const message = `${error.name}: ${error.message}`.slice(0, 2000);
        if (reason === "crashed") {
          this.#core.failures.failed(cell, hand, "crashed", { code: "crashed", message });
        } else {
          const draft = new Draft();
          this.#core.failures.park(draft, cell, { code: reason, message });
          this.#core.ledger.commit(draft).catch(() => {});
        }
        return this.pump();
      }
      case "ran": {
        const letter = { kind: "ran" as const, from: cell.address, type: "" };
        const { id: correlation, payload } = frame;
        const envelope = this.#core.mail.envelope(cell.address, {
          ...letter,
          correlation,
          payload,
        });
        this.#core.ledger.commit(new Draft().post(cell, envelope)).catch(() => {});
      }
    }
  }

  #turned(cell: Cell, residence: Residence, frame: TurnedFrame): void {
    const { hand } = residence;
    if (!hand || frame.turn !== residence.turn || frame.consumed > hand.length) {
      return this.#core.failures.forged(cell, "a turn that was not asked for");
    }
    const committed = this.#turns.accept(cell, hand, frame);
    if (committed instanceof MailboxFull) return this.#block(cell, committed.receiver);
    residence.hand = null;
    cell.mailbox.giveBack(hand.slice(frame.consumed));
    this.#progress(cell, frame);
    residence.uncommitted++;
    cell.settled = committed.then(() => {
      residence.uncommitted--;
      if (frame.summary.runs > 0 && cell.residence === residence) {
        residence.thread?.send({ t: "committed", turn: frame.turn });
      }
    }, (error) => {
      if (error instanceof CommitRejected && error.own) this.blamed.push({ key: cell.key, hand });
    });
    if (cell.hasEnded || !cell.hasState || cell.record.status !== "running") {
      this.detach(cell)?.thread?.release();
      if (!cell.hasEnded && !cell.hasState) this.#core.failures.finished(cell);
      return this.pump();
    }
    this.#deliver(cell, residence);
  }

  #progress(cell: Cell, frame: TurnedFrame): void {
    cell.crashStreak.clear();
    cell.suspect = false;
    cell.careful = Math.max(0, cell.careful - Math.max(1, frame.consumed));
    this.#core.failures.progressed(cell);
    this.unblock(cell);
  }

  /** The turn is thrown away: it runs again, one envelope at a time, when there is room (R9). */
  #block(cell: Cell, receiver: Cell): void {
    const residence = this.detach(cell);
    residence?.thread?.release();
    cell.careful = Math.max(cell.careful, residence?.hand?.length ?? 1);
    cell.blockedOn = receiver;
    this.#blocked.set(receiver, (this.#blocked.get(receiver) ?? new Set()).add(cell));
    this.#core.log("info", "blocked", { address: cell.address, on: receiver.address });
    this.pump();
  }

  /** There is room in the mailbox of `receiver`, or it is no more: who waited for it goes on. */
  unblock(receiver: Cell): void {
    const blocked = this.#blocked.get(receiver);
    if (!blocked) return;
    this.#blocked.delete(receiver);
    for (const cell of blocked) {
      cell.blockedOn = null;
      this.wake(cell);
    }
  }

  #lost(cell: Cell, loss: ThreadLoss): void {
    const residence = this.detach(cell)!;
    const hand = residence.hand ?? [];
    const busy = residence.hand !== null || (cell.summary?.runs ?? 0) > 0;
    this.#core.failures.lost(cell, hand, loss, busy);
    this.pump();
  }
}

/** Nothing in hand, nothing running, nothing waiting: its thread may be taken away. */
export function isIdle(cell: Cell): boolean {
  const { residence } = cell;
  return residence !== null && residence.thread !== null && residence.hand === null &&
    cell.hasState && (cell.summary?.runs ?? 0) === 0;
}
