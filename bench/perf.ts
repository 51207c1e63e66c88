/** Which functions take the time, by Linux's `perf` and the names that V8 gives it. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { familyOf } from "../tests/support/processes.ts";
import { roleOf, threadClass } from "./cpu-time.ts";

const run = promisify(execFile);
/** Deno's own way to hand flags to V8; hosts get a cleared environment, so a script sets it. */
export const nameFunctions = { DENO_V8_FLAGS: "--perf-basic-prof" };
/** Functions shown of each part of the system. */
const mostShown = 20;
/** Share of all samples below which a function is left out. */
const leastShown = 0.001;

/** A program that is Deno, with functions named to `perf`. */
export function writeDeno(folder: string): string {
  const file = join(folder, "deno.sh");
  const [[name, value]] = Object.entries(nameFunctions) as [[string, string]];
  writeFileSync(file, `#!/bin/sh\nexport ${name}=${value}\nexec '${Deno.execPath()}' "$@"\n`);
  chmodSync(file, 0o755);
  return file;
}

/** Samples of all processes below `root` while `act` runs; @returns lines for people */
export async function recordFunctions<T>(
  root: number,
  folder: string,
  act: () => Promise<T>,
): Promise<{ value: T; lines: string[] }> {
  const file = join(folder, "perf.data");
  const pids = familyOf(root).map(({ pid }) => pid);
  const roles = new Map(pids.map((pid) => [pid, roleOf(pid, root) ?? "ended"]));
  const recorder = spawn("perf", ["record", "-q", "-F", "999", "-o", file, "-p", pids.join(",")], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const ended = once(recorder, "exit");
  const value = await act().finally(() => recorder.kill("SIGINT"));
  await ended;
  const { stdout } = await run("perf", ["script", "-i", file, "-F", "comm,pid,tid,ip,sym,dso"], {
    maxBuffer: 1024 * 1024 * 1024,
  });
  return { value, lines: toLines(countSamples(stdout, roles)) };
}

/** V8 writes the names where `perf` looks for them, and leaves them there. */
export function removeNames(pids: readonly number[]): void {
  for (const pid of pids) rmSync(`/tmp/perf-${pid}.map`, { force: true });
}

/** Part of the system → function → samples. */
type Samples = Map<string, Map<string, number>>;

const sample = /^\s*(.+?)\s+(\d+)\/(\d+)\s+[0-9a-f]+\s+(.+?)\s+\((\S*)\)\s*$/;

export function countSamples(text: string, roles: ReadonlyMap<number, string>): Samples {
  const found: Samples = new Map();
  for (const line of text.split("\n")) {
    const [, name, pid, tid, symbol, file] = sample.exec(line) ?? [];
    if (file === undefined) continue;
    const role = roles.get(Number(pid)) ?? "other";
    const part = threadClass(role, name!, pid === tid);
    const counts = found.get(part) ?? new Map<string, number>();
    const short = shorten(symbol!, file);
    counts.set(short, (counts.get(short) ?? 0) + 1);
    found.set(part, counts);
  }
  return found;
}

/**
 * V8 writes `JS:*name file:///folder/file.js:line:column`; the mark before the name says how it was
 * compiled. Of what is no function of a script the file is told: V8's own code, which interprets,
 * compiles and collects, is all `(deno)`.
 */
function shorten(symbol: string, file: string): string {
  const from = file.replace(/.*\//, "").replace("[kernel.kallsyms]", "kernel");
  if (!from.startsWith("perf-") || symbol === "[unknown]") return `(${from})`;
  return symbol.replace(/^JS:/, "").replace(/\S*\/([^/\s]+)$/, "$1").slice(0, 100);
}

function toLines(samples: Samples): string[] {
  const total = (counts: Map<string, number>) => counts.values().reduce((sum, n) => sum + n, 0);
  const all = samples.values().reduce((sum, counts) => sum + total(counts), 0);
  const percent = (count: number) => `${(count / all * 100).toFixed(1).padStart(5)} %`;
  return [...samples].sort((a, b) => total(b[1]) - total(a[1])).flatMap(([part, counts]) => [
    `${percent(total(counts))}  ${part}`,
    ...[...counts].filter(([, count]) => count / all >= leastShown)
      .sort((a, b) => b[1] - a[1]).slice(0, mostShown)
      .map(([name, count]) => `  ${percent(count)}  ${name}`),
  ]);
}
