/** A small fixed slice of `npm run torture`. */
import { expect, test } from "vitest";
import { runTorture } from "./scenario.ts";
import { printScorecard } from "./scorecard.ts";

test("kills of all three kinds lose nothing, double nothing and leave nothing behind", {
  timeout: 120_000,
}, async () => {
  const lines: string[] = [];
  const card = await runTorture({
    rounds: 3,
    files: 60,
    agents: 8,
    seed: 20,
    keep: false,
    onLine: (line) => lines.push(line),
    signal: AbortSignal.timeout(110_000),
  });
  expect(card.failures, `${lines.join("\n")}\n${printScorecard(card)}`).toEqual([]);
  expect(Object.keys(card.kills).sort()).toEqual(["control", "host", "tool host"]);
  expect(card.messages.acknowledged).toBeGreaterThan(100);
  expect(card.files.documents).toBeGreaterThanOrEqual(60);
});
