/** History and backups of a store that has grown: a small one here, a million by hand. */
import { expect, test } from "vitest";
import { measureLargeStore } from "../../bench/large-store.ts";

test("history answers at once, and a backup does not keep commits waiting", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const { answers, backupBytes, commits } = await measureLargeStore(20_000, folder);
    for (const [name, { medianMs }] of Object.entries(answers)) {
      expect([name, medianMs < 100]).toEqual([name, true]);
    }
    expect(backupBytes).toBeGreaterThan(100_000);
    expect(commits.during.count).toBeGreaterThan(10);
    // Generous: the disk of a test machine is everybody's.
    expect(commits.during.longestMs).toBeLessThan(3_000);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}, 120_000);
