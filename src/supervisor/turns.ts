/**
 * What happens to the result of a turn: every effect becomes a change of one draft, and the draft
 * is committed whole with the new state (R2).
 *
 * Owns: the meaning of effects. Talks to: the dispatcher, which hands over the batch.
 * Invariants:
 * - I1 A turn is accepted whole or not at all; a refused one leaves memory as it was.
 * - I2 What a turn sends is in the mailboxes when `accept` returns, in the order of the effects.
 */
import { parentOf } from "../address.ts";
import type { Effect, SendEffect } from "../actors/effect.ts";
import { type Cause, type Envelope, lanes, type ReplyTo } from "../actors/envelope.ts";
import type { TurnedFrame } from "../actors/protocol.ts";
import { DreamError, toErrorData } from "../errors.ts";
import type { AgentRecord } from "../storage/store.ts";
import { closesCircle } from "./blocked.ts";
import type { Cell } from "./cell.ts";
import { keepEveryMinute } from "./checkpoints.ts";
import type { Core } from "./core.ts";
import { checkMessage, hasRoom, receiverOf, shareOf } from "./delivery.ts";
import { Draft } from "./draft.ts";
import { restFromOverflow } from "./pacing.ts";
import { causeOf, originsAfter, rememberSpawn } from "./origins.ts";
import { logOnceDurable } from "./turn-log.ts";
import { describeCycle } from "./wait-graph.ts";

/** The turn sends to a full mailbox: it is not committed and runs again when there is room (R9). */
export class MailboxFull {
  constructor(readonly receiver: Cell) {}
}

interface Turn {
  draft: Draft;
  cell: Cell;
  hand: readonly Envelope[];
}

/** Carries out what turns ask for. */
export class Turns {
  #core: Core;

  constructor(core: Core) {
    this.#core = core;
  }

  /** Accepts the turn and commits it, or says which full mailbox stands in the way (I1). */
  accept(cell: Cell, hand: readonly Envelope[], frame: TurnedFrame): Promise<void> | MailboxFull {
    const turn: Turn = { draft: new Draft(), cell, hand };
    for (const effect of frame.effects) {
      const full = this.#apply(turn, effect);
      if (full) return full;
    }
    const consumed = hand.slice(0, frame.consumed);
    this.#buryUnhandled(turn, frame, consumed);
    const { summary, state } = frame;
    const isDone = summary.status === "done" || summary.status === "stopped";
    const endsFor = isDone && cell.record.restart !== "permanent";
    const cursors = [...cell.cursors] as Cell["cursors"];
    for (const { lane, seq } of consumed) {
      const i = lanes.indexOf(lane);
      cursors[i] = Math.max(cursors[i]!, seq);
    }
    const { draft } = turn;
    this.#core.safeMode.turned(draft);
    const origins = originsAfter(this.#core, cell, hand, frame);
    const row = { key: cell.key, state, cursors, turns: cell.turns + 1, origins: origins.text };
    draft.change({ op: "state", row: { ...row, summary: JSON.stringify(summary) } });
    if (cell.record.suspicion) {
      const record = { ...cell.record, suspicion: null };
      draft.change({ op: "agent", record }).onAccept(() => cell.record = record);
    }
    draft.onAccept(() => {
      cell.cursors = cursors;
      cell.turns++;
      cell.summary = summary;
      cell.origins = origins;
      cell.hasState = true;
      cell.mailbox.consumed(consumed);
    });
    const told = this.#core.turnWatch.about(cell, hand, frame, this.#core.clock.wallMs());
    if (told) draft.onDurable(told);
    keepEveryMinute(this.#core, draft, cell);
    if (endsFor) this.#complete(draft, cell);
    else if (isDone) this.#startAfresh(draft, cell);
    draft.isPatient = summary.runs === 0 && !isDone;
    return this.#core.ledger.commit(draft);
  }

  #apply(turn: Turn, effect: Effect): MailboxFull | null {
    const { draft, cell } = turn;
    const cause = causeOf(cell, turn.hand, effect.at);
    switch (effect.kind) {
      case "send":
        return this.#send(turn, effect, cause);
      case "reply":
        this.#reply(turn, effect.replyTo, effect.payload, cause);
        return null;
      case "publish":
        draft.change({
          op: "event",
          row: {
            atMs: this.#core.clock.wallMs(),
            type: effect.type,
            address: cell.address,
            data: effect.payload,
          },
        });
        return null;
      case "schedule": {
        const { id, delayMs } = effect;
        this.#core.timers.set(draft, { key: cell.key, id, delayMs, cause: cause?.id ?? null });
        return null;
      }
      case "cancel":
        if (effect.what === "timer") this.#core.timers.clear(draft, cell, effect.id);
        else if (effect.what === "call") this.#core.gateway.cancel(draft, cell, effect.id);
        else this.#core.asks.cancel(draft, cell.address, effect.id);
        return null;
      case "call":
        this.#core.gateway.request(draft, cell, {
          key: cell.key,
          id: effect.id,
          name: effect.name,
          input: effect.input,
          status: "requested",
          cause: cause?.id ?? null,
          requestedAtMs: this.#core.clock.wallMs(),
        }, this.#core.mail.traceFrom(cause));
        return null;
      case "spawn":
        this.#attempt(turn, effect.under, "spawn", cause, () => {
          const child = this.#core.tree.spawn(draft, { ...effect, by: cell.address });
          rememberSpawn(draft, child, this.#core.mail.asCause(cause));
        });
        return null;
      case "stop":
        this.#attempt(turn, effect.address, "stop", cause, () => this.#stop(turn, effect.address));
        return null;
      case "log":
        logOnceDurable(this.#core, turn, effect, cause);
        return null;
      case "run":
        // It begins when the turn is durable; until then only what led to it is of interest.
        return null;
    }
  }

  #send(turn: Turn, effect: SendEffect, cause: Cause | null): MailboxFull | null {
    const { draft, cell } = turn;
    const now = this.#core.clock.wallMs();
    const waitMs = effect.expiresInMs ??
      (effect.ask === null ? null : this.#core.limits.askTimeoutMs);
    const expiresAtMs = waitMs === null ? null : now + waitMs;
    const replyTo = effect.ask === null
      ? null
      : { to: cell.address, ask: effect.ask, expiresAtMs: expiresAtMs! };
    const { type, payload, lane } = effect;
    const letter = { from: cell.address, type, payload, lane, cause, replyTo, expiresAtMs };
    const envelope = this.#core.mail.envelope(effect.to, letter);
    try {
      const receiver = receiverOf(this.#core, draft, effect.to, replyTo !== null);
      checkMessage(receiver, type, JSON.parse(payload));
      if (replyTo) this.#checkCycle(cell, receiver);
      if (!hasRoom(this.#core, draft, receiver, cell.address)) {
        if (canWait(this.#core, turn, receiver)) return new MailboxFull(receiver);
        restFromOverflow(this.#core, cell);
        throw new DreamError(
          "mailbox_full",
          `Cannot send to ${effect.to}: its mailbox is full and there will be no room in time`,
        );
      }
      if (replyTo) this.#openAsk(draft, receiver, envelope, replyTo);
      draft.post(receiver, envelope);
    } catch (thrown) {
      this.#undelivered(turn, envelope, thrown);
    }
    return null;
  }

  /** @throws {DreamError} `deadlock` when whom it asks waits, through others or not, for it */
  #checkCycle(cell: Cell, receiver: Cell): void {
    const cycle = this.#core.asks.cycle(cell.address, receiver.address);
    if (!cycle) return;
    throw new DreamError("deadlock", `Cannot ask ${receiver.address}: ${describeCycle(cycle)}`, {
      details: { cycle },
    });
  }

  #openAsk(draft: Draft, receiver: Cell, envelope: Envelope, replyTo: ReplyTo): void {
    this.#core.asks.open(draft, {
      id: envelope.id,
      asker: replyTo.to,
      ask: replyTo.ask,
      key: receiver.key,
      expiresAtMs: replyTo.expiresAtMs,
      outcome: null,
      settledAtMs: null,
    });
  }

  /** The sender learns it: an ask by its error, anything else by `system.undelivered`. */
  #undelivered(turn: Turn, envelope: Envelope, thrown: unknown): void {
    const { draft, cell } = turn;
    const error = toErrorData(thrown, "undelivered");
    const { replyTo } = envelope;
    this.#core.mail.bury(draft, { ...envelope, replyTo: null }, error.code, error.message);
    const { code, message } = error;
    if (replyTo) {
      const payload = JSON.stringify({ ok: false, error: { code, message } });
      const letter = { kind: "reply" as const, from: "system", type: "", payload };
      draft.post(
        cell,
        this.#core.mail.envelope(cell.address, {
          ...letter,
          correlation: replyTo.ask,
          cause: envelope,
        }),
      );
    } else {
      const told = { to: envelope.to, type: envelope.type, code, message };
      this.#core.mail.system(draft, cell, "system.undelivered", told, envelope);
    }
  }

  #reply(turn: Turn, replyTo: ReplyTo, payload: string, cause: Cause | null): void {
    const { draft, cell } = turn;
    const outcome = JSON.parse(payload);
    if (this.#core.asks.settle(draft, replyTo, outcome, cell, cause)) return;
    const to = this.#core.registry.find(replyTo.to)?.address ?? cell.address;
    const letter = { kind: "reply" as const, from: cell.address, type: "", payload };
    const late = this.#core.mail.envelope(to, { ...letter, correlation: replyTo.ask, cause });
    const message = `${replyTo.to} no longer waits for this reply of ${cell.address}`;
    this.#core.mail.bury(draft, late, "late_reply", message);
  }

  #attempt(turn: Turn, to: string, type: string, cause: Cause | null, act: () => void): void {
    try {
      act();
    } catch (thrown) {
      const { code, message } = toErrorData(thrown, "undelivered");
      const told = { to, type, code, message };
      this.#core.mail.system(turn.draft, turn.cell, "system.undelivered", told, cause);
    }
  }

  #stop(turn: Turn, address: string): void {
    const child = this.#core.registry.get(address);
    if (child.record.spawnedBy !== turn.cell.address) {
      throw new DreamError("denied", `${turn.cell.address} did not spawn ${address}`);
    }
    if (child.hasEnded || child.record.status === "stopped") return;
    this.#core.verbs.stop(turn.draft, child, turn.cell.address);
  }

  /** Messages that the machine had no transition for are kept, with the reason. */
  #buryUnhandled(turn: Turn, frame: TurnedFrame, consumed: readonly Envelope[]): void {
    for (const index of frame.unhandled) {
      const envelope = consumed[index];
      if (!envelope || envelope.kind !== "message") continue;
      const message = `${turn.cell.address} had no transition for "${envelope.type}" in its state`;
      this.#core.mail.bury(turn.draft, envelope, "undelivered", message);
    }
  }

  #complete(draft: Draft, cell: Cell): void {
    const endedAtMs = this.#core.clock.wallMs();
    const record: AgentRecord = { ...cell.record, status: "completed", endedAtMs };
    draft.change({ op: "agent", record });
    draft.event(endedAtMs, "agent.completed", cell.address, {});
    draft.onAccept(() => {
      cell.record = record;
      this.#core.tree.childEnded(cell);
    });
  }

  /** A permanent agent that ended normally starts again with its first input; the mailbox stays. */
  #startAfresh(draft: Draft, cell: Cell): void {
    draft.change({ op: "stateGone", key: cell.key });
    draft.onAccept(() => {
      cell.hasState = false;
    });
  }
}

/**
 * Whether there will be room for the turn if its agent waits. Not when the receiver waits for the
 * sender, be it for a place that the sender holds below their supervisor, and not when one envelope
 * alone makes more than one sender may have there.
 */
function canWait(core: Core, { draft, cell, hand }: Turn, receiver: Cell): boolean {
  if (closesCircle(cell, receiver)) return false;
  const waitsForPlace = receiver.record.status === "pending";
  if (waitsForPlace && parentOf(receiver.address) === parentOf(cell.address)) return false;
  return hand.length > 1 || draft.postedTo(receiver) < shareOf(core.limits.mailbox);
}
