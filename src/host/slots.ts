/**
 * What the control process asked one host to hold, by slot, and thereby what it believes of it: a
 * message that does not fit the phase of its slot is a violation (R5).
 */
import type { Described, FromThread } from "../actors/protocol.ts";
import { DreamError, isErrorCode } from "../errors.ts";
import type { SlotMessage } from "./host-protocol.ts";
import type { ThreadEvents, ThreadLoss } from "./hosts.ts";

interface Waiting<T> {
  done(value: T): void;
  fail(error: DreamError): void;
}

export type Slot =
  | { phase: "loading"; events: ThreadEvents } & Waiting<void>
  | { phase: "describing" } & Waiting<Described>
  | { phase: "live"; events: ThreadEvents }
  /** Released or killed: what it still says is passed over until the host confirms. */
  | { phase: "leaving"; done(): void };

export class Slots {
  readonly #slots = new Map<number, Slot>();

  /** Slots in use, leaving ones included. */
  get size(): number {
    return this.#slots.size;
  }

  phase(id: number): Slot["phase"] | null {
    return this.#slots.get(id)?.phase ?? null;
  }

  countAgents(): number {
    let count = 0;
    for (const { phase } of this.#slots.values()) {
      if (phase === "loading" || phase === "live") count++;
    }
    return count;
  }

  /** Slots whose threads the host may not have told of yet. */
  countExpected(): number {
    let count = 0;
    for (const { phase } of this.#slots.values()) {
      if (phase === "loading" || phase === "describing") count++;
    }
    return count;
  }

  open(id: number, slot: Slot): void {
    this.#slots.set(id, slot);
  }

  /** Resolves when the host has confirmed, or is gone; null for a slot that is not in use. */
  leave(id: number): Promise<void> | null {
    const before = this.#slots.get(id);
    if (!before) return null;
    return new Promise((resolve) => {
      const done = () => {
        if (before.phase === "leaving") before.done();
        resolve();
      };
      this.#slots.set(id, { phase: "leaving", done });
    });
  }

  /** Whether a turn frame of this slot is in order; it is passed over when `drop`. */
  admits(id: number): "take" | "drop" | "violation" {
    const phase = this.#slots.get(id)?.phase;
    if (phase === "live") return "take";
    return phase === "leaving" ? "drop" : "violation";
  }

  take(id: number, frame: FromThread): void {
    const slot = this.#slots.get(id);
    if (slot?.phase === "live") slot.events.onFrame(frame);
  }

  /** @returns false for a message that this slot cannot send */
  apply(message: SlotMessage): boolean {
    const slot = this.#slots.get(message.slot);
    switch (slot?.phase) {
      case "leaving":
        // "placed" was on its way when the slot was given up; anything else is its last word.
        if (message.op !== "placed") this.#free(message.slot, slot.done);
        return true;
      case "loading":
        return this.#applyLoading(slot, message);
      case "describing":
        if (message.op === "described") {
          this.#free(message.slot, () => slot.done(message.described));
        } else if (message.op === "ended") {
          this.#free(message.slot, () => slot.fail(endedWhileLoading(message.message)));
        } else return false;
        return true;
      case "live":
        if (message.op !== "ended") return false;
        this.#free(message.slot, () => {
          const alone = this.#slots.size === 0;
          slot.events.onLost({ reason: "exited", message: message.message, alone });
        });
        return true;
      default:
        return false;
    }
  }

  /** The host is lost: everybody in it hears so; leaving slots wait for the end of the process. */
  lose(reason: ThreadLoss["reason"], message: string): void {
    const alone = this.#slots.size === 1;
    for (const [id, slot] of this.#slots) {
      if (slot.phase === "leaving") continue;
      this.#slots.delete(id);
      if (slot.phase === "live") slot.events.onLost({ reason, message, alone });
      else slot.fail(new DreamError("host_lost", message, { details: { alone } }));
    }
  }

  /** The process is gone. */
  close(): void {
    for (const slot of this.#slots.values()) if (slot.phase === "leaving") slot.done();
    this.#slots.clear();
  }

  /** The host is stopped on purpose: agents hear nothing, those who wait for a thread do. */
  stop(message: string): void {
    for (const slot of this.#slots.values()) {
      if (slot.phase === "loading" || slot.phase === "describing") {
        slot.fail(new DreamError("host_lost", message));
      }
    }
  }

  #applyLoading(slot: Slot & { phase: "loading" }, message: SlotMessage): boolean {
    const id = message.slot;
    if (message.op === "placed") {
      this.#slots.set(id, { phase: "live", events: slot.events });
      slot.done();
    } else if (message.op === "unfit") {
      const { name, message: text } = message.error;
      const why = isErrorCode(name) ? text : `${name}: ${text}`;
      const code = name === "not_durable" ? name : "bad_bundle";
      this.#free(id, () => slot.fail(new DreamError(code, why)));
    } else if (message.op === "ended") {
      this.#free(id, () => slot.fail(endedWhileLoading(message.message)));
    } else return false;
    return true;
  }

  #free(id: number, then: () => void): void {
    this.#slots.delete(id);
    then();
  }
}

function endedWhileLoading(message: string): DreamError {
  return new DreamError("bad_bundle", `The thread ended while it loaded the bundle: ${message}`);
}
