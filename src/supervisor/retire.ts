/** The end of an agent's stay in its thread, in order. */
import type { ShutdownMs } from "../swarm.ts";
import type { Cell } from "./cell.ts";
import type { Core } from "./core.ts";

/**
 * Takes an agent that may not run any more out of its thread: a turn in hand may take `shutdownMs`
 * more, then the thread is killed.
 *
 * @returns whether it was killed
 */
export async function retire(core: Core, cell: Cell, shutdownMs: ShutdownMs): Promise<boolean> {
  const { residence } = cell;
  if (!residence) return false;
  if (shutdownMs !== "brutal") {
    if (residence.hand === null) {
      await core.dispatcher.evict(cell, false);
      return false;
    }
    const { promise: left } = residence.left ??= Promise.withResolvers<void>();
    const late = Promise.withResolvers<void>();
    const cancel = shutdownMs === "infinity"
      ? () => {}
      : core.clock.after(shutdownMs, late.resolve);
    await Promise.race([left, late.promise]);
    cancel();
  }
  if (cell.residence !== residence) return false;
  await core.dispatcher.evict(cell, true);
  return true;
}
