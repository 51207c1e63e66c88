/**
 * What one step of the system will change: collected first, so that it can still be refused, then
 * committed whole (R2). Memory is changed when the draft is accepted, the outside world when it is
 * durable (R3).
 */
import type { Envelope } from "../actors/envelope.ts";
import type { Change, EventRow } from "../storage/store.ts";
import type { Cell } from "./cell.ts";
import { isBounded } from "./mailbox.ts";

export class Draft {
  readonly changes: Change[] = [];
  readonly mail: { cell: Cell; envelope: Envelope }[] = [];
  readonly accepted: (() => void)[] = [];
  readonly durable: (() => void)[] = [];
  /** Nobody waits for it to be durable: it may share the transaction of a later one. */
  isPatient = false;
  /** Names of things that this draft has settled, so that none is settled twice. */
  readonly marks = new Set<string>();
  /** Agents that this draft starts, by address: messages of the same turn find them. */
  readonly spawned = new Map<string, Cell>();
  /** Bounded envelopes by receiver, counted before they are in its mailbox. */
  readonly #posted = new Map<Cell, number>();

  change(...changes: Change[]): this {
    this.changes.push(...changes);
    return this;
  }

  /** Puts `envelope` into the mailbox of `cell`; its `seq` is given when the draft is accepted. */
  post(cell: Cell, envelope: Envelope): this {
    this.mail.push({ cell, envelope });
    if (isBounded(envelope)) this.#posted.set(cell, (this.#posted.get(cell) ?? 0) + 1);
    return this;
  }

  event(atMs: number, type: string, address: string | null, data: unknown): this {
    const row: EventRow = { atMs, type, address, data: JSON.stringify(data) };
    return this.change({ op: "event", row });
  }

  /** Does something in memory as soon as the draft is accepted. */
  onAccept(act: () => void): this {
    this.accepted.push(act);
    return this;
  }

  /** Does something outside once the draft is durable. */
  onDurable(act: () => void): this {
    this.durable.push(act);
    return this;
  }

  /** Bounded envelopes that this draft adds to `cell`. */
  postedTo(cell: Cell): number {
    return this.#posted.get(cell) ?? 0;
  }
}
