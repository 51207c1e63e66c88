/** One process of the tool host, from its start to its end: command line, frames, exit. */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import type { Duplex, Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import type { Clock } from "../clock.ts";
import { DreamError } from "../errors.ts";
import { LogLines } from "../log-lines.ts";
import { noteProcess } from "../processes.ts";
import { readFromToolHost } from "./tool-frames.ts";
import type { FromToolHost, ToToolHost } from "./tool-protocol.ts";
import { encodeFrame, FrameReader } from "./wire.ts";

export interface ProcessEnd {
  pid: number;
  /** In words: what it was ended for, or how it ended by itself. */
  why: string;
}

export interface ToolProcessOptions {
  clock: Clock;
  execPath: string;
  /** For the note to the next control process, and Deno's cache. */
  folder: string;
  /** Absolute folders that tools and adapters may read. */
  read: readonly string[];
  onFrame(frame: FromToolHost): void;
  onLog(line: string): void;
  onExit(end: ProcessEnd): void;
}

const main = fileURLToPath(new URL("./tool-host-main.ts", import.meta.url));
/** A process whose socket has closed ends by itself within this time. */
const closedMs = 1_000;

export class ToolProcess {
  #child: ChildProcess;
  /** Missing when the process could not be started. */
  #socket: Duplex | undefined;
  #options: ToolProcessOptions;
  #why: string | null = null;
  readonly pid: number;
  readonly gone: Promise<void>;

  constructor(options: ToolProcessOptions) {
    this.#options = options;
    this.#child = start(options);
    this.pid = this.#child.pid ?? 0;
    const forget = this.#note();
    this.#socket = this.#child.stdio?.[3] as Duplex | undefined;
    const gone = Promise.withResolvers<void>();
    this.gone = gone.promise;
    let hasEnded = false;
    const end = (how: string) => {
      if (hasEnded) return;
      hasEnded = true;
      forget();
      this.#socket?.destroy();
      gone.resolve();
      options.onExit({ pid: this.pid, why: this.#why ?? how });
    };
    this.#child.once("exit", (code, signal) => end(signal ?? `exit code ${code}`));
    this.#child.once("error", (error) => end(`it could not be started: ${error.message}`));
    this.#listen();
  }

  /** @returns whether there is somebody to hear it */
  send(message: ToToolHost): boolean {
    if (!this.#socket || this.#socket.destroyed) return false;
    this.#socket.write(encodeFrame(message));
    return true;
  }

  /** Ends it for something that an honest tool host does not do. */
  refuse(why: string): void {
    this.#why ??= why;
    this.#child.kill("SIGKILL");
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.gone;
  }

  /** Without a note, as on a full disk, it still ends by itself when its socket closes. */
  #note(): () => void {
    try {
      if (this.pid !== 0) return noteProcess(this.#options.folder, this.pid);
    } catch (error) {
      this.#log(`its process could not be noted: ${error instanceof Error ? error.name : "error"}`);
    }
    return () => {};
  }

  #listen(): void {
    const frames = new FrameReader();
    this.#socket?.on("data", (piece: Uint8Array) => {
      if (this.#why !== null) return;
      for (const frame of this.#read(frames, piece)) {
        if (this.#why === null) this.#options.onFrame(frame);
      }
    });
    this.#socket?.on("error", () => this.refuse("its socket broke"));
    this.#socket?.on("close", () => {
      const cancel = this.#options.clock.after(closedMs, () => this.refuse("its socket closed"));
      this.gone.then(cancel);
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) this.#listenTo(stream);
  }

  *#read(frames: FrameReader, piece: Uint8Array): Generator<FromToolHost> {
    try {
      for (const data of frames.push(piece)) yield readFromToolHost(data);
    } catch (error) {
      if (!(error instanceof DreamError)) throw error;
      this.refuse(error.message);
    }
  }

  #listenTo(stream: Readable | null): void {
    if (!stream) return;
    const lines = new LogLines(this.#options.clock, (line) => this.#log(line));
    stream.on("data", (piece: Uint8Array) => lines.push(piece));
    stream.on("close", () => lines.end());
  }

  #log(line: string): void {
    if (line.trim()) this.#options.onLog(line);
  }
}

function start({ execPath, folder, read }: ToolProcessOptions): ChildProcess {
  const bad = read.find((path) => path.includes(","));
  if (bad !== undefined) {
    throw new DreamError("bad_swarm", `Cannot grant reading of ${bad}: wanted no comma in a path`);
  }
  // Without any permission flag Deno's `spawn` would add `-A`: this one is always there.
  const rights = `--allow-read=${["./tool-host-main.ts", ...read].join(",")}`;
  const flags = ["--quiet", "--no-prompt", "--no-config", "--no-lock", "--no-remote", "--no-npm"];
  return spawn(execPath, ["run", ...flags, rights, main], {
    cwd: fileURLToPath(new URL(".", import.meta.url)),
    stdio: ["ignore", "pipe", "pipe", "pipe"],
    env: { DENO_DIR: join(folder, "deno"), DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" },
  });
}
