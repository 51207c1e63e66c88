/** What agents print, as lines of the log: whose it is, and no more than a bounded rate. */
import type { PrintedFrame } from "../actors/protocol.ts";
import { RateBound } from "../rate-bound.ts";
import type { Cell, Residence } from "./cell.ts";
import type { Core } from "./core.ts";
import { placeOf } from "./turn-log.ts";

/** Twice what an honest thread hands on: beyond that, it has found its own way to the port. */
const perSecond = 131_072;
const lineCost = 64;

export class Prints {
  #core: Core;
  #bounds = new WeakMap<Cell, RateBound>();

  constructor(core: Core) {
    this.#core = core;
  }

  hear(cell: Cell, stay: Residence, { level, text, dropped }: PrintedFrame): void {
    if (cell.residence !== stay) return;
    const bound = this.#boundOf(cell);
    if (!bound.takes(text.length + lineCost)) return;
    if (dropped > 0) return this.#drop(cell, dropped);
    const { hand } = stay;
    // Of several envelopes nobody can say which one it was printed for.
    const place = hand === null
      ? { address: cell.address }
      : placeOf(cell, hand.length === 1 ? hand[0]! : null);
    this.#core.log(level, text, { ...place, from: "print" });
  }

  #boundOf(cell: Cell): RateBound {
    const known = this.#bounds.get(cell);
    if (known) return known;
    const { clock } = this.#core;
    const bound = new RateBound(clock, perSecond, (count) => this.#drop(cell, count));
    this.#bounds.set(cell, bound);
    return bound;
  }

  #drop(cell: Cell, dropped: number): void {
    const { address } = cell;
    this.#core.log("warn", `(${dropped} lines left out)`, {
      address,
      dropped,
      from: "print",
    });
  }
}
