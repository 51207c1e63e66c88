/**
 * One file per running process, so that the next control process can make sure that the processes
 * of the last one are gone (R7). A pid alone could meanwhile be somebody else's: the start time and
 * the boot are kept beside it.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Clock, systemClock } from "./clock.ts";

const pollMs = 20;
/** A killed process is gone within milliseconds; a kernel short of memory may take longer. */
const goneWithinMs = 10_000;

/** What tells a process from a later one of the same pid; null when it does not run. */
export function processIdentity(pid: number): string | null {
  const stat = readProc(pid, "stat");
  if (stat !== null) {
    // The name in brackets may hold anything, brackets and spaces included.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (fields[0] === "Z" || fields[0] === "X") return null;
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return `${boot}:${fields[19]}`;
  }
  if (Deno.build.os === "linux" || Deno.build.os === "windows") return null;
  try {
    const options = { encoding: "utf8", env: { LC_ALL: "C" } } as const;
    const started = execFileSync("/bin/ps", ["-o", "lstart=", "-p", String(pid)], options);
    return started.trim() || null;
  } catch {
    return null;
  }
}

function readProc(pid: number, file: string): string | null {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return null;
  }
}

/** Resident memory, bytes; null where the system does not tell. */
export function processRssBytes(pid: number): number | null {
  const match = /^VmRSS:\s+(\d+) kB$/m.exec(readProc(pid, "status") ?? "");
  return match ? Number(match[1]) * 1024 : null;
}

/** CPU time that a process has had, seconds; null where the system does not tell. */
export function processCpuSeconds(pid: number): number | null {
  const stat = readProc(pid, "stat");
  if (stat === null) return null;
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  // User and system time; Linux shows both in hundredths of a second on every machine.
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/**
 * Worker threads in a Deno process, those included that nobody knows of (nested ones, ones that
 * would not stop); null where the system does not tell.
 */
export function countWorkerThreads(pid: number): number | null {
  try {
    return readdirSync(`/proc/${pid}/task`)
      .filter((task) => readProc(pid, `task/${task}/comm`)?.startsWith("worker-")).length;
  } catch {
    return null;
  }
}

/** Notes a process that must not outlive this one. @returns removes the note */
export function noteProcess(folder: string, pid: number): () => void {
  const identity = processIdentity(pid);
  const file = join(folder, String(pid));
  mkdirSync(folder, { recursive: true });
  if (identity !== null) writeFileSync(file, identity);
  return () => rmSync(file, { force: true });
}

/**
 * Ends the processes noted in `folder` that still run, and waits until they are gone.
 * @returns how many there were
 * @throws {Error} when one is still there after 10 s
 */
export async function endNotedProcesses(
  folder: string,
  clock: Clock = systemClock,
): Promise<number> {
  let ended = 0;
  for (const { file, pid, identity } of readNotes(folder)) {
    const isThere = () => processIdentity(pid) === identity;
    if (isThere()) {
      ended++;
      const until = clock.monotonicMs() + goneWithinMs;
      try {
        Deno.kill(pid, "SIGKILL");
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
      while (isThere()) {
        if (clock.monotonicMs() > until) {
          throw new Error(`Cannot end the old process ${pid}: it is still there after 10 s`);
        }
        await new Promise<void>((resolve) => clock.after(pollMs, resolve));
      }
    }
    rmSync(file, { force: true });
  }
  return ended;
}

/** The processes noted in `folder`, and whether each is still there; nothing is changed. */
export function notedProcesses(folder: string): { pid: number; isThere: boolean }[] {
  return readNotes(folder).map(({ pid, identity }) => (
    { pid, isThere: processIdentity(pid) === identity }
  ));
}

function readNotes(folder: string): { file: string; pid: number; identity: string }[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  return names.filter((name) => /^\d+$/.test(name)).map((name) => {
    const file = join(folder, name);
    return { file, pid: Number(name), identity: readFileSync(file, "utf8") };
  });
}
