/** One process of the tool host, from its start to its end: command line, frames, exit. */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";
import { DreamError } from "../errors.ts";
import { noteProcess } from "../processes.ts";
import { readFromToolHost } from "./tool-frames.ts";
import type { FromToolHost, ToToolHost } from "./tool-protocol.ts";
import { encodeFrame, FrameReader } from "./wire.ts";

export interface ToolProcessOptions {
  execPath: string;
  /** For the note to the next control process, and Deno's cache. */
  folder: string;
  /** Absolute folders that tools and adapters may read. */
  read: readonly string[];
  onFrame(frame: FromToolHost): void;
  onLog(line: string): void;
  onExit(): void;
}

const main = fileURLToPath(new URL("./tool-host-main.ts", import.meta.url));
const longestLine = 500;

export class ToolProcess {
  #child: ChildProcess;
  #socket: Duplex;
  readonly pid: number;
  readonly gone: Promise<void>;

  constructor(options: ToolProcessOptions) {
    this.#child = start(options);
    this.pid = this.#child.pid ?? 0;
    const forget = noteProcess(options.folder, this.pid);
    this.#socket = this.#child.stdio[3] as Duplex;
    this.#listen(options);
    this.gone = new Promise((resolve) => {
      const end = () => {
        forget();
        this.#socket.destroy();
        resolve();
        options.onExit();
      };
      this.#child.once("exit", end);
    });
  }

  send(message: ToToolHost): void {
    if (!this.#socket.destroyed) this.#socket.write(encodeFrame(message));
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.gone;
  }

  #listen(options: ToolProcessOptions): void {
    const frames = new FrameReader();
    this.#socket.on("data", (piece: Uint8Array) => {
      try {
        for (const data of frames.push(piece)) options.onFrame(readFromToolHost(data));
      } catch (error) {
        options.onLog(error instanceof DreamError ? error.message : "a frame could not be read");
        this.#child.kill("SIGKILL");
      }
    });
    this.#socket.on("error", () => this.#child.kill("SIGKILL"));
    this.#child.on("error", (error) => options.onLog(`could not be started: ${error.message}`));
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on("data", (piece: Uint8Array) => {
        const text = new TextDecoder().decode(piece.subarray(0, 4_096));
        for (const line of text.split("\n")) {
          if (line.trim()) options.onLog(line.slice(0, longestLine));
        }
      });
    }
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
