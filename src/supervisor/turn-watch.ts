/**
 * Who follows the turns of agents. Lossy and in memory: what a follower sees is durable, but nobody
 * waits for it, and nothing is kept for those who come later.
 */
import { isWithin } from "../address.ts";
import type { Envelope } from "../actors/envelope.ts";
import type { TurnedFrame } from "../actors/protocol.ts";
import type { Cell } from "./cell.ts";
import type { TurnFollower, TurnView } from "./turn-views.ts";

export class TurnWatch {
  #followers = new Map<TurnFollower, string>();

  /** Follows `address` and all below it. @returns how to end it */
  follow(address: string, follower: TurnFollower): () => void {
    this.#followers.set(follower, address);
    return () => void this.#followers.delete(follower);
  }

  /** What to tell about a turn once it is durable; null when nobody follows its agent. */
  about(cell: Cell, hand: readonly Envelope[], frame: TurnedFrame, atMs: number) {
    if (this.#followers.size === 0) return null;
    const { address } = cell;
    const followers = [...this.#followers].filter(([, at]) => isWithin(address, at));
    if (followers.length === 0) return null;
    // By the time that it is durable the agent may be further.
    const turn = cell.turns + 1;
    return () => {
      const view = viewTurn(cell, turn, hand, frame, atMs);
      for (const [follower] of followers) if (this.#followers.has(follower)) follower.turn(view);
    };
  }

  /** The process ends: nothing more comes. */
  close(): void {
    for (const follower of this.#followers.keys()) follower.end();
    this.#followers.clear();
  }
}

function viewTurn(
  cell: Cell,
  turn: number,
  hand: readonly Envelope[],
  { consumed, state, summary }: TurnedFrame,
  atMs: number,
): TurnView {
  const { value, tags, status } = summary;
  return {
    address: cell.address,
    kind: cell.record.agent,
    chart: cell.kind.manifest.chart ?? null,
    turn,
    atMs,
    status,
    value: value as TurnView["value"],
    tags,
    envelopes: hand.slice(0, consumed).map(({ id, kind, from, type, payload }) => ({
      id,
      kind,
      from,
      type,
      payload: JSON.parse(payload),
    })),
    root: JSON.parse(state.text).root ?? null,
  };
}
