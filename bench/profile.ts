/**
 * `npm run bench -- NAME --profile`: one run of a workload over HTTP, and what each part of the
 * system spends on a message. With `--functions` also where inside it (needs Linux's `perf`).
 */
import { join } from "node:path";
import { familyOf } from "../tests/support/processes.ts";
import { type CpuTimes, cpuTimes, spent } from "./cpu-time.ts";
import { nameFunctions, recordFunctions, removeNames, writeDeno } from "./perf.ts";
import { startService } from "./service.ts";
import type { Stretch } from "./stretch.ts";
import { workloadSizes } from "./sizes.ts";
import { profileFollowers } from "./followers.ts";

type Place = Parameters<typeof profileFollowers>[0];

const workloads: Record<string, (place: Place, quick: boolean, stretch: Stretch) => unknown> = {
  followers: profileFollowers,
  async "one-way"({ client }, quick, stretch) {
    const { measureOneWay } = await import("./one-way.ts");
    await measureOneWay(client, workloadSizes(quick).profiledOneWay, stretch);
  },
  async asks({ client }, quick, stretch) {
    const { measureAsks } = await import("./asks.ts");
    await measureAsks(client, workloadSizes(quick).asks, stretch);
  },
  async ring({ client }, quick, stretch) {
    const { measureRing } = await import("./ring.ts");
    await measureRing(client, workloadSizes(quick).ring, stretch);
  },
};

export const profiled = Object.keys(workloads);

export interface ProfileOptions {
  quick: boolean;
  functions: boolean;
  print(line: string): void;
}

export async function profile(
  name: string,
  folder: string,
  { quick, functions, print }: ProfileOptions,
): Promise<void> {
  const under = functions ? { program: writeDeno(folder), env: nameFunctions } : undefined;
  const home = join(folder, "home");
  const service = await startService("http", home, under);
  const root = service.pid;
  const stretch: Stretch = async (title, units, act) => {
    const before = cpuTimes(root);
    const started = performance.now();
    const { value, lines } = functions
      ? await recordFunctions(root, folder, act)
      : { value: await act(), lines: [] };
    const ms = performance.now() - started;
    print(`\n${title}: ${units} in ${Math.round(ms)} ms, ${Math.round(units / ms * 1_000)}/s`);
    for (const line of toTable(spent(before, cpuTimes(root)), units)) print(line);
    for (const line of lines) print(line);
    return value;
  };
  try {
    await workloads[name]!({ client: service.client, home }, quick, stretch);
  } finally {
    const pids = familyOf(root).map(({ pid }) => pid);
    await service.stop();
    removeNames(pids);
  }
}

function toTable(times: CpuTimes, units: number): string[] {
  const rows: [string, number][] = [...times].filter(([, ns]) => ns / units > 10)
    .sort(([a], [b]) => a < b ? -1 : 1);
  rows.push(["together", [...times.values()].reduce((sum, ns) => sum + ns, 0)]);
  const width = Math.max(...rows.map(([part]) => part.length));
  return rows.map(([part, ns]) =>
    `  ${part.padEnd(width)}  ${(ns / units / 1_000).toFixed(2).padStart(9)} μs of CPU each`
  );
}
