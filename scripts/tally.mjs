/**
 * Reporter for vitest that ends a run with the plain line `N passed, N failed`, and leaves the
 * numbers in the file that HOUSE_TALLY names. Counts what vitest itself keeps apart as failed
 * too: files that could not be loaded and errors outside every test.
 */
import { writeFileSync } from "node:fs";
import process from "node:process";

export default class Tally {
  onTestRunEnd(modules, unhandledErrors) {
    const tally = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) {
      tally.failed += module.errors().length;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === "passed" || state === "failed") tally[state]++;
        else tally.skipped++;
      }
    }
    const file = process.env.HOUSE_TALLY;
    if (file) writeFileSync(file, JSON.stringify(tally));
    // Vitest's own summary is written after this hook returns.
    process.on("exit", () => {
      if (tally.skipped > 0) console.log(`${tally.skipped} skipped`);
      console.log(`${tally.passed} passed, ${tally.failed} failed`);
    });
  }
}
