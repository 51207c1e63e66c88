/** Agents whose last turn did not fit into a mailbox, and wait for room there (R9). */
import type { Cell } from "./cell.ts";
import type { Core } from "./core.ts";
import { hasRoomAgain } from "./delivery.ts";

export class Blocked {
  #core: Core;
  #waiting = new WeakMap<Cell, Set<Cell>>();

  constructor(core: Core) {
    this.#core = core;
  }

  /** `cell` waits for room in the mailbox of `receiver`. */
  add(cell: Cell, receiver: Cell): void {
    cell.blockedOn = receiver;
    this.#waiting.set(receiver, (this.#waiting.get(receiver) ?? new Set()).add(cell));
    this.#core.log("info", "blocked", { address: cell.address, on: receiver.address });
  }

  /** The mailbox of `receiver` got emptier, or is no more. */
  look(receiver: Cell): void {
    const waiting = this.#waiting.get(receiver);
    if (!waiting) return;
    const { limits, registry, dispatcher } = this.#core;
    const takesMail = registry.byKey(receiver.key) === receiver && !receiver.hasEnded &&
      receiver.record.status !== "stopped";
    for (const cell of waiting) {
      if (takesMail && !hasRoomAgain(limits.mailbox, receiver, cell.address)) continue;
      waiting.delete(cell);
      cell.blockedOn = null;
      dispatcher.wake(cell);
    }
    if (waiting.size === 0) this.#waiting.delete(receiver);
  }
}

/** Whether `receiver` waits, directly or through others, for the full mailbox of `sender`. */
export function closesCircle(sender: Cell, receiver: Cell): boolean {
  const seen = new Set<Cell>();
  for (let at: Cell | null = receiver; at && !seen.has(at); at = at.blockedOn) {
    if (at === sender) return true;
    seen.add(at);
  }
  return false;
}
