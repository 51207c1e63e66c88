/** `npm run bench` itself, with small counts: that it runs, adds up and says what it must. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const run = promisify(execFile);
const main = fileURLToPath(new URL("../../bench/main.ts", import.meta.url));

async function bench(...args: string[]): Promise<Record<string, unknown>[]> {
  const { stdout } = await run(Deno.execPath(), ["run", "-A", main, "--json", ...args]);
  return stdout.trim().split("\n").map((line) => JSON.parse(line));
}

test("limits and workloads run on the real system and add up", async () => {
  const figures = await bench("--quick", "--runs", "1", "asks", "ring", "recovery");
  const names = figures.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining([
    "L1",
    "L2",
    "L3",
    "W1.inProcess.cold",
    "W1.inProcess.warm",
    "W2.inProcess.p50",
    "W2.http.64.rate",
    "L4",
    "W3.hop",
    "W4.rate",
  ]));
  expect(figures.filter(({ median }) => !(Number(median) > 0))).toEqual([]);
}, 180_000);

test("an unknown workload is refused by name", async () => {
  await expect(bench("tow-way")).rejects.toThrow(/There is no workload tow-way: limits, one-way/);
});
