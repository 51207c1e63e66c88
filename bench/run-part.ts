/** Runs one part in a process and a folder of its own, and ends what it leaves behind. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { familyOf, kill9, processesNaming } from "../tests/support/processes.ts";

const script = fileURLToPath(new URL("./run-once.ts", import.meta.url));

export interface PartRun {
  part: string;
  quick: boolean;
  /** Folder for the databases; the system's temp folder by default. */
  dir: string | undefined;
  /** It is given up then, or when `signal` says so. */
  mostMs: number;
  signal: AbortSignal;
  /** Told as soon as it is known. */
  onValue(name: string, value: number): void;
}

/** @throws {Error} when it fails, is ended, or takes longer than it may */
export async function runPart(
  { part, quick, dir, mostMs, signal, onValue }: PartRun,
): Promise<void> {
  signal.throwIfAborted();
  const folder = await Deno.makeTempDir({ dir, prefix: "dreamos-bench-" });
  const args = ["run", "-A", script, part, folder, ...(quick ? ["--quick"] : [])];
  const child = spawn(Deno.execPath(), args, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "exit").then(([code]) => code as number | null);
  let isLate = false;
  const end = () => {
    for (const mark of familyOf(child.pid!).reverse()) kill9(mark);
  };
  const timer = setTimeout(() => {
    isLate = true;
    end();
  }, mostMs);
  signal.addEventListener("abort", end);
  try {
    for await (const line of createInterface(child.stdout)) {
      const { name, value } = JSON.parse(line) as { name: string; value: number };
      onValue(name, value);
    }
    const code = await ended;
    signal.throwIfAborted();
    if (isLate) throw new Error(`${part} was ended: the time is used up`);
    if (code !== 0) throw new Error(`${part} failed with code ${code}`);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", end);
    for (const mark of processesNaming(folder)) kill9(mark);
    await Deno.remove(folder, { recursive: true });
  }
}
