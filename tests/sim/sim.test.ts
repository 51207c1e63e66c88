/** A fixed set of simulated worlds: those that found something once, and some more. */
import { describe, expect, test } from "vitest";
import { bugs } from "./bugs.ts";
import { readOptions } from "./options.ts";
import { planted, readSource } from "./plant.ts";
import { runSeed } from "./run-seed.ts";
import { loadKind } from "./world.ts";

/** Each found a bug once, with this many steps. */
const found: [seed: number, steps: number][] = [
  [1, 3_000],
  [17, 2_000],
  [21, 5_000],
  [78, 3_000],
  [102, 3_000],
  [110, 3_000],
  [133, 3_000],
  [186, 5_000],
  [230, 3_000],
  [275, 3_000],
  [212, 3_000],
  [251, 3_000],
  [292, 3_000],
  [561, 3_000],
];
const steps = 2_000;

describe("a simulated world", () => {
  const more = Array.from({ length: 35 }, (_, i) => [i + 1_001, steps] as const);
  test.each([...found, ...more])(
    "seed %i keeps every promise over %i steps",
    async (seed, count) => {
      const outcome = await runSeed(seed, count, await loadKind());
      expect(outcome.broken).toBeNull();
      expect(outcome.steps).toBeGreaterThanOrEqual(count);
    },
    60_000,
  );

  test("is the same for the same seed, and another for another", async () => {
    const kind = await loadKind();
    const first = await runSeed(3, steps, kind);
    expect(await runSeed(3, steps, kind)).toEqual(first);
    expect((await runSeed(4, steps, kind)).hash).not.toBe(first.hash);
  }, 60_000);
});

test.each(bugs)("$name can be planted", async (bug) => {
  const text = await readSource(bug);
  expect(planted(text, bug)).not.toBe(text);
});

describe("options", () => {
  test("are read", () => {
    expect(readOptions([])).toEqual({
      seeds: 200,
      steps: 5_000,
      seed: 1,
      bugs: false,
      first: false,
    });
    expect(readOptions(["--seeds", "3", "--steps", "9", "--seed", "7", "--bugs"]))
      .toEqual({ seeds: 3, steps: 9, seed: 7, bugs: true, first: false });
  });

  test.each([["--seed"], ["--seeds", "0"], ["--steps", "many"], ["--steps", "1.5"], [
    "--speed",
    "1",
  ]])(
    "%s %s is refused",
    (...args) => expect(readOptions(args)).toMatch(/^Cannot simulate/),
  );
});
