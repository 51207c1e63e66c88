/** Whether the installed XState has the inner parts that turns rely on. */
import { createMachine, raise } from "xstate";
import { DreamError } from "../errors.ts";
import { Session } from "./session.ts";
import type { InnerMachine } from "./xstate-inner.ts";

const limits = { payloadBytes: 1_000, effectsPerTurn: 10, openPerAgent: 10, stateBytes: 10_000 };

let checked = false;

/**
 * Steps a two-line machine through a turn, a stored state and another turn; once per thread.
 *
 * @throws {DreamError} `internal`, naming the version that is wanted
 */
export function checkXState(): void {
  if (checked) return;
  const machine = createMachine({
    id: "check",
    entry: raise({ type: "late" }, { delay: 1, id: "late" }),
    initial: "a",
    states: { a: { after: { 5: "b" } }, b: { type: "final" } },
  }) as unknown as InnerMachine;
  const options = { machine, system: new Set<string>(), limits };
  let found: string;
  try {
    const first = Session.begin(options, undefined, 0).close();
    const again = Session.restore(options, first.text);
    const kinds = first.effects.map((effect) => effect.kind).join();
    found = `${kinds} ${again.system.timers.rows.size} ${String(again.snapshot.value)}`;
  } catch (error) {
    found = error instanceof Error ? error.message : String(error);
  }
  if (found !== "schedule,schedule 2 a") {
    throw new DreamError(
      "internal",
      `The installed xstate does not suit: wanted xstate ~5.33, found one whose actors answer ` +
        `"${found.slice(0, 200)}"`,
    );
  }
  checked = true;
}
