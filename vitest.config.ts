import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    // Forks alone work on Deno: threads and vm pools fail there.
    pool: "forks",
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
