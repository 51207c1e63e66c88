/** Where the time goes: threads and functions by what they are, and that `--profile` runs. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { spent, threadClass } from "../../bench/cpu-time.ts";
import { countSamples } from "../../bench/perf.ts";
import { hasProc } from "../support/processes.ts";

const main = fileURLToPath(new URL("../../bench/main.ts", import.meta.url));

test("threads are told apart by their names and their process", () => {
  expect(threadClass("control", "deno", true)).toBe("control, main thread");
  expect(threadClass("control", "worker-1", false)).toBe("control, storage thread");
  expect(threadClass("host", "worker-12", false)).toBe("host, agents' threads");
  expect(threadClass("host", "V8 DefaultWorke", false)).toBe("host, V8's threads");
});

test("spent() is what was used since, of threads that began in between all", () => {
  const spentNow = spent(new Map([["a", 5], ["gone", 9]]), new Map([["a", 7], ["new", 3]]));
  expect([...spentNow]).toEqual([["a", 2], ["new", 3]]);
});

test("samples are counted by part of the system and function", () => {
  const text = [
    "deno 10/10  7f JS:*'accept file:///srv/turns.ts:28:100 (/tmp/perf-10.map)",
    "worker-3 20/23  7f [unknown] (/opt/deno)",
    "worker-4 20/24  7f [unknown] (/opt/deno)",
    "V8 DefaultWorke 20/22  ff do_futex ([kernel.kallsyms])",
  ].join("\n");
  const samples = countSamples(text, new Map([[10, "control"], [20, "host"]]));
  expect(Object.fromEntries([...samples].map(([part, counts]) => [part, [...counts]]))).toEqual({
    "control, main thread": [["*'accept turns.ts:28:100", 1]],
    "host, agents' threads": [["(deno)", 2]],
    "host, V8's threads": [["(kernel)", 1]],
  });
});

test("--profile tells what each part spends on a message", async (context) => {
  if (!hasProc) context.skip("it reads /proc");
  const args = ["run", "-A", main, "one-way", "--profile", "--quick"];
  const { stdout } = await promisify(execFile)(Deno.execPath(), args);
  expect(stdout).toMatch(/W1 cold: 5000 in \d+ ms/);
  expect(stdout).toMatch(/host, agents' threads\s+\d+\.\d\d μs of CPU each/);
  expect(stdout).toMatch(/together\s+\d+\.\d\d μs of CPU each/);
}, 60_000);
