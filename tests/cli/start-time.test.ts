/** What people wait for when they type a simple command, beside what Deno itself takes to start. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openHome } from "./run-cli.ts";

const launcher = fileURLToPath(new URL("../../bin/dreamos", import.meta.url));
const fewestRounds = 7;
const mostRounds = 100;

let service: Awaited<ReturnType<typeof openHome>>;
beforeAll(async () => {
  service = await openHome();
});
afterAll(() => service.close());

async function timeMs(program: string, args: string[]): Promise<number> {
  const startedMs = performance.now();
  const { code } = await new Deno.Command(program, { args, stdin: "null" }).output();
  expect(code).toBe(0);
  return performance.now() - startedMs;
}

/** The fastest of all runs: what else the machine does can only make one longer. */
const fastest = { deno: Infinity, version: Infinity, ps: Infinity, logs: Infinity };

async function run(name: keyof typeof fastest, program: string, args: string[]): Promise<void> {
  fastest[name] = Math.min(fastest[name], await timeMs(program, args));
}

const isFast = () => Math.max(fastest.version, fastest.ps, fastest.logs) < 3 * fastest.deno;

test("version, ps and logs take less than three times a bare start of Deno", async () => {
  const empty = join(service.home, "empty.ts");
  await Deno.writeTextFile(empty, "");
  // In turns, so that all meet the same machine. A few rounds do, but on a busy machine.
  for (let round = 0; round < mostRounds && (round < fewestRounds || !isFast()); round++) {
    await run("deno", Deno.execPath(), ["run", empty]);
    await run("version", launcher, ["version"]);
    await run("ps", launcher, ["ps", "--home", service.home]);
    await run("logs", launcher, ["logs", "--home", service.home]);
  }
  expect(fastest.version / fastest.deno).toBeLessThan(3);
  expect(fastest.ps / fastest.deno).toBeLessThan(3);
  expect(fastest.logs / fastest.deno).toBeLessThan(3);
}, 120_000);
