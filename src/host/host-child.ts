/** Starts the process of a host: its command line is its sandbox (R5). */
import { type ChildProcess, spawn } from "node:child_process";
import { basename, dirname, join } from "node:path";
import type { Duplex } from "node:stream";
import type { Clock } from "../clock.ts";
import { DreamError } from "../errors.ts";
import { LogLines } from "../log-lines.ts";

export interface HostChildOptions {
  clock: Clock;
  /** The Deno executable. */
  execPath: string;
  /** For Deno's cache of compiled code, and the note to the next control process. */
  folder: string;
  /** The built main file of hosts, and that of their threads, which the host may read. */
  runtime: { host: string; thread: string };
  heapMb: number;
  /** Absolute folders that its threads may read. */
  read: readonly string[];
  onLog(line: string): void;
}

/**
 * Halves of the young generation of each thread, MiB. V8 lets them grow to 16 in a thread that
 * works; with 1 an agent does its turns as fast and holds some MiB less.
 */
const youngMb = 1;
/** Output pipes are given this long to empty after the process is gone. */
const outputMs = 100;

export interface HostChild {
  process: ChildProcess;
  socket: Duplex;
  /** How the process ended, once it is gone and its output is read. */
  exited: Promise<{ how: string; outOfMemory: boolean }>;
}

/** Deno cuts lists of paths at commas and knows no way to write one. */
function pathList(paths: readonly string[]): string {
  const bad = paths.find((path) => path.includes(","));
  if (bad === undefined) return paths.join(",");
  throw new DreamError("bad_swarm", `Cannot grant reading of ${bad}: wanted a path without commas`);
}

/** @throws {DreamError} `host_lost`, `bad_swarm` for a folder that cannot be granted */
export function startHostChild(options: HostChildOptions): HostChild {
  const { clock, execPath, folder, runtime, read } = options;
  // `Deno.Command` has no third pipe. Where no permission flag stands, Deno's `spawn` adds `-A` by
  // itself: the flag below must always be there.
  const child = spawn(execPath, [
    "run",
    "--quiet",
    "--no-prompt",
    "--no-config",
    "--no-lock",
    "--no-remote",
    "--no-npm",
    "--unstable-worker-options",
    `--v8-flags=--max-old-space-size=${options.heapMb},--max-semi-space-size=${youngMb}`,
    // Relative, so that it may stand in a list wherever HOME is.
    `--allow-read=${pathList([`./${basename(runtime.thread)}`, ...read])}`,
    runtime.host,
  ], {
    cwd: dirname(runtime.thread),
    stdio: ["ignore", "pipe", "pipe", "pipe"],
    env: {
      DENO_DIR: join(folder, "deno"),
      DENO_NO_UPDATE_CHECK: "1",
      NO_COLOR: "1",
      // Else glibc gives each thread an arena of its own, and what it freed once stays there.
      MALLOC_ARENA_MAX: "2",
    },
  });
  if (child.pid === undefined) {
    // Told again, as an event; unheard it would end this process.
    child.on("error", () => {});
    throw new DreamError("host_lost", `Cannot start a host: ${execPath} cannot be run`);
  }
  let outOfMemory = false;
  for (const stream of [child.stdout!, child.stderr!]) {
    const lines = new LogLines(clock, (line) => {
      outOfMemory ||= /JavaScript (heap )?out of memory/.test(line);
      options.onLog(line);
    });
    stream.on("data", (chunk: Uint8Array) => lines.push(chunk));
    stream.on("close", () => lines.end());
  }
  const exited = new Promise<{ how: string; outOfMemory: boolean }>((resolve) => {
    child.on("exit", (code, signal) => {
      const tell = () => {
        const how = signal ? `ended by ${signal}` : `exit code ${code}`;
        resolve({ how: outOfMemory ? `out of memory, ${how}` : how, outOfMemory });
      };
      const cancel = clock.after(outputMs, tell);
      child.on("close", () => {
        cancel();
        tell();
      });
    });
  });
  return { process: child, socket: child.stdio[3] as Duplex, exited };
}
