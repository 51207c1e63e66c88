import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { defaultLimits } from "../../src/limits.ts";
import { LogBook } from "../../src/logs/book.ts";
import { fillDisk, mountSmallDisk, unmountSmallDisk } from "../support/small-disk.ts";

const disk = await Deno.makeTempDir();
const why = await mountSmallDisk(disk, 2);

afterAll(async () => {
  if (why === null) await unmountSmallDisk(disk);
  await Deno.remove(disk, { recursive: true });
});
it("a full disk costs lines, never the log, and is told of", async (context) => {
  if (why !== null) context.skip(`no file system can be mounted here: ${why}`);
  const folder = join(disk, "logs");
  const book = new LogBook({
    ...{ folder, clock: systemClock, level: "info" },
    limits: { ...defaultLimits, logFileBytes: 300_000 },
  });
  book.log("info", "before");
  await fillDisk(join(disk, "filler"));
  for (let n = 0; n < 5_000; n++) book.log("info", `line ${n}`, { text: "x".repeat(n % 700) });
  const kept = book.newest;
  expect(kept).toBeLessThan(1_000);
  expect(() => book.setLevel("/a", "debug")).toThrow();
  rmSync(join(disk, "filler"));
  for (let n = 0; n < 100; n++) book.log("info", `after ${n}`);
  const { items } = await book.page({}, { limit: 1_000 });
  expect(items[0]).toMatchObject({ message: "after 99", seq: kept + 101 });
  expect(items[100]).toMatchObject({ level: "error", lost: 5_001 - kept });
  expect(items.map(({ seq }) => seq)).toEqual(items.map((_, i) => kept + 101 - i));
  await book.close();
  const text = readFileSync(join(folder, "dreamos.jsonl"), "utf8");
  for (const line of text.trimEnd().split("\n")) JSON.parse(line);
});
