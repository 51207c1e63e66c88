/** Agents whose turns cost others too much rest before the next one, so that no flood takes all. */
import type { TurnedFrame } from "../actors/protocol.ts";
import type { Cell, Residence } from "./cell.ts";
import type { Core } from "./core.ts";

/** A turn that sends more than this many messages may have to rest before the next. */
const manySends = 64;
/** How long it rests, in times of what its sending took: so no agent takes more than a fifth. */
const restForWork = 4;
/** Rest of an agent whose messages fit nowhere: else it makes dead letters as fast as it can. */
const overflowRestMs = 1_000;

/** After a turn whose effects took the control process `tookMs`. */
export function restAfter(core: Core, cell: Cell, frame: TurnedFrame, tookMs: number): void {
  const { effects } = frame;
  if (effects.length <= manySends) return;
  const sends = effects.filter(({ kind }) => kind === "send" || kind === "spawn").length;
  if (sends > manySends) rest(core, cell, tookMs * restForWork);
}

/** What it sends becomes dead letters, as there is no room and will be none. */
export function restFromOverflow(core: Core, cell: Cell): void {
  rest(core, cell, overflowRestMs);
}

/** Whether its turn is put off, so that those of others come first; it is woken when it may. */
export function isResting(core: Core, cell: Cell, residence: Residence): boolean {
  const { clock, dispatcher } = core;
  const leftMs = residence.restUntilMs - clock.monotonicMs();
  if (leftMs <= 0) return false;
  clock.after(leftMs, () => cell.residence === residence && dispatcher.wake(cell));
  return true;
}

function rest(core: Core, cell: Cell, forMs: number): void {
  const { residence } = cell;
  if (!residence) return;
  residence.restUntilMs = Math.max(residence.restUntilMs, core.clock.monotonicMs() + forMs);
}
