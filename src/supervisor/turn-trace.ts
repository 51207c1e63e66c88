/** Turns with the spans of sampled traces, and a line for each where somebody wants to see them. */
import type { Envelope } from "../actors/envelope.ts";
import type { TurnedFrame } from "../actors/protocol.ts";
import { hasSampled, type TurnSpans } from "../traces/traces.ts";
import type { Cell } from "./cell.ts";
import type { Core } from "./core.ts";
import { placeOf } from "./turn-log.ts";
import { MailboxFull, type Turns } from "./turns.ts";

/** Accepts the turn, whose sends and calls go on with its spans. */
export function acceptTraced(
  core: Core,
  turns: Turns,
  cell: Cell,
  hand: readonly Envelope[],
  frame: TurnedFrame,
): Promise<void> | MailboxFull {
  if (core.log.wants?.("debug", cell.address)) logTurn(core, cell, hand, frame);
  const spans = spansOf(core, cell, hand, frame.consumed);
  if (spans === null) return turns.accept(cell, hand, frame);
  core.mail.spans = spans;
  try {
    const committed = turns.accept(cell, hand, frame);
    // A turn that has to wait for room comes again.
    if (!(committed instanceof MailboxFull)) committed.then(() => spans.end(), () => {});
    return committed;
  } finally {
    core.mail.spans = null;
  }
}

/** The turn in hand is thrown away. */
export function traceFailure(
  core: Core,
  cell: Cell,
  hand: readonly Envelope[],
  code: string,
): void {
  spansOf(core, cell, hand, hand.length)?.end(code);
}

function spansOf(
  { traces, clock }: Core,
  cell: Cell,
  hand: readonly Envelope[],
  count: number,
): TurnSpans | null {
  const { residence, origins: { spawnedFor } } = cell;
  // The first turn of an agent is of the message that it was spawned for.
  const isFirst = hand.length === 0 && spawnedFor !== null;
  if (isFirst ? !hasSampled([spawnedFor], 1) : !hasSampled(hand, count)) return null;
  return traces.turn(isFirst ? [spawnedFor] : hand.slice(0, count), {
    address: cell.address,
    agent: cell.record.agent,
    turn: cell.turns + 1,
    tookMs: residence === null ? 0 : clock.monotonicMs() - residence.sinceMs,
  });
}

function logTurn(core: Core, cell: Cell, hand: readonly Envelope[], frame: TurnedFrame): void {
  const consumed = hand.slice(0, frame.consumed);
  core.log("debug", "turn", {
    ...placeOf(cell, consumed[0] ?? null),
    envelopes: consumed.map(({ kind, type }) => type || kind).slice(0, 20).join(" "),
    effects: frame.effects.length,
    state: frame.summary.status,
  });
}
