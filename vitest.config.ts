import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/** Files that measure time or memory, or use all cores themselves: nothing of ours runs beside. */
const alone = [
  "tests/api/counters.test.ts",
  "tests/api/metrics.test.ts",
  "tests/bench/*.test.ts",
  "tests/cli/start-time.test.ts",
  "tests/e2e/load.test.ts",
  "tests/e2e/many-agents.test.ts",
  "tests/host/{faults,runtime,vanish}.test.ts",
  "tests/inspector/{incidents,model}.test.ts",
  "tests/runaways/*.test.ts",
  "tests/storage/many-timers.test.ts",
  "tests/supervisor/{counters,passive}.test.ts",
  "tests/torture/torture.test.ts",
];
const all = ["tests/**/*.test.ts"];

export default defineConfig({
  test: {
    // Forks alone work on Deno: threads and vm pools fail there.
    pool: "forks",
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: {
          name: "beside",
          include: all,
          exclude: alone,
          // Most of the time of a file is spent on waiting for processes that it has started.
          maxWorkers: Math.max(2, availableParallelism() - 1),
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: { name: "alone", include: alone, maxWorkers: 1, sequence: { groupOrder: 2 } },
      },
    ],
  },
});
