/**
 * Agents that keep themselves busy with their own messages and get nowhere (R7): no turn of theirs
 * is too long and none fails, so that only their number tells.
 */
import type { Envelope } from "../actors/envelope.ts";
import type { TurnedFrame } from "../actors/protocol.ts";
import type { ErrorData } from "../errors.ts";
import type { Cell } from "./cell.ts";

/** Turns in a row, each caused by nothing but an own message without delay, the state the same. */
const mostTurns = 1_000;

/** How long an agent has gone round, and the state that it is in. */
export interface Loop {
  turns: number;
  bundle: string;
  text: string;
}

/**
 * What `frame` makes of `cell.loop`, to be kept when the turn is accepted; null when anything else
 * has caused the turn. A turn that sends itself nothing works a queue off and is not counted.
 */
export function loopAfter(
  cell: Pick<Cell, "address" | "loop">,
  hand: readonly Envelope[],
  frame: TurnedFrame,
): Loop | null {
  if (!isOwnDoing(cell, hand, frame.consumed)) return null;
  const { loop } = cell;
  const { bundle, text } = frame.state;
  if (loop?.text !== text || loop.bundle !== bundle) return { turns: 0, bundle, text };
  const goesOn = frame.effects.some((effect) =>
    effect.kind === "send" && effect.to === cell.address
  );
  return goesOn ? { ...loop, turns: loop.turns + 1 } : loop;
}

/** Why the turn is not to be accepted; null for a turn like any other. */
export function loopFault(
  cell: Cell,
  loop: Loop | null,
  hand: readonly Envelope[],
): ErrorData | null {
  if (loop === null || loop.turns <= mostTurns) return null;
  return {
    code: "looping",
    message:
      `${cell.address} has taken ${mostTurns} turns in a row for its own "${hand[0]!.type}" ` +
      "and is in the state it was in: give the circle an end, or send with a delay",
  };
}

/** Timers and results are no messages: what waits is not looping. */
function isOwnDoing(
  cell: Pick<Cell, "address">,
  hand: readonly Envelope[],
  consumed: number,
): boolean {
  for (let i = 0; i < consumed; i++) {
    const { kind, from } = hand[i]!;
    if (kind !== "message" || from !== cell.address) return false;
  }
  return consumed > 0;
}
