/** What a store tells of all that agents wait for: timers, calls and asks, page by page. */
import type { Address } from "../address.ts";
import type { AskRow, CallRow, TimerRow } from "./store.ts";

export type TimerOf = TimerRow & { address: Address };
export type CallOf = CallRow & { address: Address };
/** With who was asked; null when nothing knows it any more. */
export type AskOf = AskRow & { address: Address | null };

/** Of an address and all below it; `/` is all. */
interface Subtree {
  under: Address;
  limit: number;
}

/** The last one of the page before. */
export type TimerPlace = Pick<TimerRow, "dueAtMs" | "key" | "id">;
export type CallPlace = Pick<CallRow, "key" | "id">;

export interface OpenWork {
  /** The next due on the wall clock first. */
  timers(query: Subtree & { after: TimerPlace | null }): Promise<TimerOf[]>;
  /** By agent, then by id. */
  calls(
    query: Subtree & { after: CallPlace | null; status: CallRow["status"] | null },
  ): Promise<CallOf[]>;
  /** Newest first. `before` and `since` are ids, which begin with their time. */
  asks(
    query: Subtree & { before: string | null; since: string | null; isOpen: boolean | null },
  ): Promise<AskOf[]>;
}
