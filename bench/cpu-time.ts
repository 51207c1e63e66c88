/** CPU time by process and thread, from `/proc`: it depends less on who else runs than time. */
import { readdirSync, readFileSync } from "node:fs";
import { familyOf } from "../tests/support/processes.ts";

/** ns of CPU by part of the system, such as `host, agents' threads`. */
export type CpuTimes = Map<string, number>;

/** Threads by the names that Deno and V8 give them; what a worker is depends on the process. */
const threadClasses: readonly [RegExp, string][] = [
  [/^V8 /, "V8's threads"],
  [/^tokio/, "tokio's threads"],
];
const workersOf: Record<string, string> = {
  control: "storage thread",
  host: "agents' threads",
};

/** What a process of the system is, by its command line; null for one that has ended. */
export function roleOf(pid: number, root: number): string | null {
  if (pid === root) return "control";
  try {
    const line = readFileSync(`/proc/${pid}/cmdline`, "utf8");
    if (line.includes("tool-host-main")) return "tool host";
    return /\/host-[0-9a-f]+\.js/.test(line) ? "host" : "other";
  } catch {
    return null;
  }
}

export function threadClass(role: string, name: string, isMain: boolean): string {
  if (isMain) return `${role}, main thread`;
  if (name.startsWith("worker-")) return `${role}, ${workersOf[role] ?? "workers"}`;
  const known = threadClasses.find(([pattern]) => pattern.test(name));
  return `${role}, ${known?.[1] ?? "other threads"}`;
}

/** Of `root` and all processes that it has started; threads that have ended are not in it. */
export function cpuTimes(root: number): CpuTimes {
  const times: CpuTimes = new Map();
  for (const { pid } of familyOf(root)) {
    const role = roleOf(pid, root);
    if (role === null) continue;
    for (const [name, ns] of threadTimes(pid, role)) times.set(name, (times.get(name) ?? 0) + ns);
  }
  return times;
}

function threadTimes(pid: number, role: string): [string, number][] {
  const found: [string, number][] = [];
  for (const thread of listOf(`/proc/${pid}/task`)) {
    const folder = `/proc/${pid}/task/${thread}`;
    try {
      const name = readFileSync(`${folder}/comm`, "utf8").trim();
      const [ns] = readFileSync(`${folder}/schedstat`, "utf8").split(" ");
      found.push([threadClass(role, name, Number(thread) === pid), Number(ns)]);
    } catch {
      // It has ended in this moment.
    }
  }
  return found;
}

function listOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** What was used between two looks. */
export function spent(before: CpuTimes, after: CpuTimes): CpuTimes {
  return new Map([...after].map(([name, ns]) => [name, ns - (before.get(name) ?? 0)]));
}
