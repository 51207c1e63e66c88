/** The end of an agent's stay in its thread, in order. */
import type { ShutdownMs } from "../swarm.ts";
import type { Cell } from "./cell.ts";
import type { Core } from "./core.ts";

/**
 * Takes an agent that may not run any more out of its thread: a turn in hand may take `shutdownMs`
 * more, then the thread is killed.
 *
 * @returns how it went; null when it was in no thread
 */
export async function retire(
  core: Core,
  cell: Cell,
  shutdownMs: ShutdownMs,
): Promise<"shutdown" | "killed" | null> {
  const { residence } = cell;
  if (!residence) return null;
  if (shutdownMs !== "brutal") {
    if (residence.hand === null) {
      await core.dispatcher.evict(cell, false);
      return "shutdown";
    }
    const { promise: left } = residence.left ??= Promise.withResolvers<void>();
    const late = Promise.withResolvers<void>();
    const cancel = shutdownMs === "infinity"
      ? () => {}
      : core.clock.after(shutdownMs, late.resolve);
    await Promise.race([left, late.promise]);
    cancel();
  }
  if (cell.residence !== residence) return "shutdown";
  await core.dispatcher.evict(cell, true);
  return "killed";
}
