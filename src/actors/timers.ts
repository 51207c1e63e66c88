/**
 * XState's scheduler as rows: a delay is an effect now and an envelope later; the event waits in
 * the state. The odd corners follow XState: two sends under one id both fire, `cancel` reaches the
 * last, and when the first has fired the second can no longer be cancelled.
 */
import type { EventObject } from "xstate";
import { DreamError } from "../errors.ts";
import type { Outbox } from "./outbox.ts";
import { longestMs } from "./read-effects.ts";
import { type InnerActor, placeOf } from "./xstate-inner.ts";

export interface TimerRow {
  /** Id per start. */
  id: string;
  /** XState's id of the send; names the place in the machine. */
  name: string;
  /** Session ids of sender and receiver. */
  from: string;
  to: string;
  event: EventObject;
  /** Beyond the reach of `cancel`. */
  orphan: boolean;
  /** The stored form of the event, made once. */
  saved: unknown;
}

export class Timers {
  readonly rows = new Map<string, TimerRow>();
  readonly #outbox: Outbox;

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  schedule(
    source: InnerActor,
    target: InnerActor,
    event: EventObject,
    delay: number,
    name: string | undefined,
  ): void {
    if (!(delay <= longestMs && delay >= -longestMs)) {
      throw new DreamError(
        "not_durable",
        `The delay of "${event.type}" of ${placeOf(source)} is ${delay} ms; ` +
          "only finite ones can be stored, of at most a hundred years. " +
          "Leave the delay out where nothing is to come",
        { details: { path: placeOf(source) } },
      );
    }
    const from = source.sessionId;
    const id = this.#outbox.newId("t");
    const row = { id, name: name ?? id, from, to: target.sessionId, event };
    if (name !== undefined) this.#orphan(from, name);
    this.rows.set(id, { ...row, orphan: false, saved: undefined });
    this.#outbox.push({
      kind: "schedule",
      at: this.#outbox.at,
      id,
      delayMs: Math.max(0, Math.ceil(delay)),
    });
  }

  cancel(source: InnerActor, name: string): void {
    for (const row of this.rows.values()) {
      if (row.from === source.sessionId && row.name === name && !row.orphan) this.#end(row);
    }
  }

  /** The actor has ended: its timers go, and those beyond reach that only it would have heard. */
  cancelAll(source: InnerActor): void {
    for (const row of this.rows.values()) {
      if (row.from !== source.sessionId) continue;
      if (!row.orphan || row.to === source.sessionId) this.#end(row);
    }
  }

  /** Takes the row whose time has come; null when it is not live. */
  take(id: string): TimerRow | null {
    const row = this.rows.get(id);
    if (!row) return null;
    this.rows.delete(id);
    this.#orphan(row.from, row.name);
    return row;
  }

  #orphan(from: string, name: string): void {
    for (const row of this.rows.values()) {
      if (row.from === from && row.name === name) row.orphan = true;
    }
  }

  #end(row: TimerRow): void {
    this.rows.delete(row.id);
    if (!this.#outbox.withdraw("schedule", row.id)) this.#outbox.cancel("timer", row.id);
  }
}
