/** Random machines × random events × a loss of the thread anywhere: traces equal to live XState. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { send, type Step, wait } from "./case.ts";
import { runLive } from "./live.ts";
import type { Seen } from "./look.ts";
import { build, eventCount, randomMachine } from "./random-machine.ts";
import { runTurns } from "./turns.ts";

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.nat(eventCount - 1).map((n) => send(`e${n}`)) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 4 }).map(wait) },
);

const isActive = ({ tree }: Seen) => (tree as { status: string }).status === "active";

/** Where live XState loses sight of a child and lets it run on, turns stop it and say so. */
const hasLeaked = ({ said }: Seen) => JSON.stringify(said).includes("its parent has lost it");

it("random machines, random events, a restore anywhere", async () => {
  let compared = 0;
  await fc.assert(
    fc.asyncProperty(
      randomMachine,
      randomMachine,
      fc.array(fc.tuple(step, fc.boolean()), { minLength: 4, maxLength: 14 }),
      async (root, child, plan) => {
        const make = () => build(root, build(child, null));
        const steps = plan.map(([one]) => one);
        const live = await runLive(make(), steps, {});
        // Live XState leaks the children of a machine that fails: up to there it counts.
        const end = live.findIndex((seen) => !isActive(seen));
        const until = end === -1 ? steps.length : Math.max(0, end - 1);
        const some = steps.slice(0, until);
        if (end === 0) return;
        const loses = (i: number) => plan[i]![1];
        for (const mode of ["warm", "cold"] as const) {
          const turns = await runTurns(make(), some, {}, mode, loses);
          for (const [i, turn] of turns.entries()) {
            if (hasLeaked(turn)) break;
            expect(turn, `${mode}, step ${i}`).toEqual(live[i]);
          }
          compared += turns.length;
        }
      },
    ),
    { numRuns: 300, seed: 20_260_101, endOnFailure: true },
  );
  expect(compared).toBeGreaterThan(1_000);
}, 120_000);
