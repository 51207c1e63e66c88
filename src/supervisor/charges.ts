/** Batches whose turns the store refused: charged when memory has been loaded anew (R3). */
import type { Envelope } from "../actors/envelope.ts";
import type { Change } from "../storage/store.ts";
import type { Cell } from "./cell.ts";

export class Charges {
  #changes: Change[] = [];

  /** One attempt more for each envelope of the batch. */
  add({ key }: Cell, hand: readonly Envelope[]): void {
    for (const { lane, seq, attempt } of hand) {
      this.#changes.push({ op: "attempt", key, lane, seq, attempt: attempt + 1 });
    }
  }

  take(): Change[] {
    return this.#changes.splice(0);
  }
}
