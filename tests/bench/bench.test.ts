/** `npm run bench` itself, with small counts: that it runs, adds up and says what it must. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { startCli } from "../cli/run-cli.ts";
import { eventually } from "../support/eventually.ts";
import { processesNaming } from "../support/processes.ts";

const run = promisify(execFile);
const main = fileURLToPath(new URL("../../bench/main.ts", import.meta.url));

async function bench(...args: string[]): Promise<{ stdout: string; stderr: string }> {
  return await run(Deno.execPath(), ["run", "-A", main, ...args]);
}

test("limits and workloads run on the real system and add up", async () => {
  const { stdout, stderr } = await bench("--json", "--quick", "--runs", "1", "asks", "recovery");
  const figures = stdout.trim().split("\n").map((line) => JSON.parse(line));
  const names = figures.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining([
    "L1",
    "L1.store",
    "L2",
    "L3",
    "L3.turn",
    "W1.inProcess.cold",
    "W1.inProcess.warm",
    "W2.inProcess.p50",
    "W2.http.64.rate",
    "W4.rate",
  ]));
  const byName = new Map(figures.map((figure) => [figure.name, figure]));
  for (const name of ["W4.lost", "W4.doubled"]) {
    expect(byName.get(name)).toMatchObject({ median: 0, met: true });
    byName.delete(name);
  }
  expect([...byName.values()].filter(({ median }) => !(median > 0))).toEqual([]);
  expect(stderr).toMatch(/^ +\d+ s {2}run 1 of 1, limits: L1 [\d.]+ ms$/m);
}, 180_000);

test("dreamos bench that is ended leaves no process and no folder", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const options = ["--quick", "--runs", "1", "--dir", dir];
    const child = startCli(["bench", "one-way", ...options]);
    let said = "";
    const reading = (async () => {
      for await (const part of child.stderr) said += new TextDecoder().decode(part);
    })();
    await eventually(() => /one-way\.inProcess$/m.test(said), {
      what: "a workload",
      deadlineMs: 60_000,
    });
    child.kill("SIGTERM");
    const [{ code }, table] = await Promise.all([
      child.status,
      new Response(child.stdout).text(),
      reading,
    ]);
    expect({ code, said }).toEqual({
      code: 143,
      said: expect.stringContaining("bench: It was ended by SIGTERM"),
    });
    expect(table).toMatch(/^L1 +ms/m);
    expect([...Deno.readDirSync(dir)]).toEqual([]);
    expect(processesNaming(dir)).toEqual([]);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}, 90_000);

test("an unknown workload is refused by name", async () => {
  await expect(bench("tow-way")).rejects.toThrow(/There is no workload tow-way: limits, one-way/);
});

test("a time of no minutes is refused", async () => {
  await expect(bench("--minutes", "0")).rejects.toThrow(/--minutes 0: wanted a whole number/);
});
