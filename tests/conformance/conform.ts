/**
 * Holds the turn engine to XState itself: the same machine lives once in `createActor` on a
 * simulated clock and in turns, and after every step all must show the same tree of states, the
 * same microsteps and events between actors, the same emits, logs, sends, replies and delays.
 */
import { expect } from "vitest";
import type { ConformOptions, Step } from "./case.ts";
import { runLive } from "./live.ts";
import type { Seen } from "./look.ts";
import { type Mode, runTurns } from "./turns.ts";

export { send, settle, wait } from "./case.ts";
export { envelope } from "./envelope.ts";

const modes: Mode[] = ["warm", "cold", "lost"];

/** @throws when a run in turns shows anything that live XState does not */
export async function conform(
  make: () => object,
  steps: Step[],
  options: ConformOptions = {},
): Promise<void> {
  const live = await runLive(make(), steps, options);
  expect(live.length).toBe(steps.length + 1);
  for (const mode of modes) {
    const turns = await runTurns(make(), steps, options, mode);
    compare(live, turns, steps, options, mode);
  }
}

function compare(
  live: readonly Seen[],
  turns: readonly Seen[],
  steps: readonly Step[],
  options: ConformOptions,
  mode: Mode,
): void {
  const repeats = mode === "lost" && options.repeats === true;
  for (const [i, seen] of live.entries()) {
    const step = steps[i - 1];
    const where = `${mode}, step ${i}: ${JSON.stringify(step ?? "start")}`;
    const turn = turns[i]!;
    // Outside logic that answers at once answers in a turn of its own: look when all is quiet.
    const isQuiet = step !== undefined && "settle" in step;
    if (options.traces === false && !isQuiet && i < steps.length) continue;
    if (repeats) {
      if (isQuiet) expect(valueOf(turn), `value ${where}`).toEqual(valueOf(seen));
      continue;
    }
    expect(turn.tree, `tree ${where}`).toEqual(seen.tree);
    if (options.traces === false) continue;
    expect(turn.said, `emits and logs ${where}`).toEqual(seen.said);
    expect(turn.sent, `sent and replied ${where}`).toEqual(seen.sent);
    expect(turn.timers, `delays ${where}`).toEqual(seen.timers);
    expect(turn.trace, `trace ${where}`).toEqual(seen.trace);
  }
}

function valueOf({ tree }: Seen): unknown {
  const { status, value } = tree as { status: unknown; value: unknown };
  return { status, value };
}
