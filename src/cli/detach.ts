/** `dreamos up --detach`: the same command in a session of its own, and waiting until it is up. */
import { spawn } from "node:child_process";
import { closeSync, fstatSync, ftruncateSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { systemClock } from "../clock.ts";
import { DreamError, isErrorCode } from "../errors.ts";
import type { Home } from "../home.ts";

const root = new URL("../../", import.meta.url);
const lookEveryMs = 25;
/** Of older starts that are kept beside the newest. */
const mostBytes = 1024 * 1024;

export interface Detached {
  url: string;
  tokenFile: string;
  pid: number;
  safeMode?: string;
  /** What the process prints, for the case that it ends by itself. */
  outputFile: string;
}

/**
 * Starts `dreamos up` with `args` and resolves when it is ready. It has no terminal, and the end of
 * this one does not reach it.
 *
 * @throws {DreamError} what the start was refused with; `not_ready` when it takes longer than
 * `waitMs`, and goes on
 */
export async function startDetached(
  args: readonly string[],
  options: { home: Home; cwd: string; waitMs: number },
): Promise<Detached> {
  const { home, cwd, waitMs } = options;
  const outputFile = join(home.path, "logs", "up.log");
  const { pid, from, ended } = launch(args, cwd, outputFile);
  const until = systemClock.monotonicMs() + waitMs;
  for (;;) {
    const over = ended();
    // Looked at after the end was asked for: nothing can be missed between.
    const output = readFileSync(outputFile).subarray(from).toString("utf8");
    const ready = readyOf(output, pid);
    if (ready) return { ...ready, outputFile };
    if (over !== null) throw failureOf(output, over, outputFile);
    if (systemClock.monotonicMs() > until) {
      throw new DreamError(
        "not_ready",
        `Process ${pid} is not ready ${waitMs} ms after its start; it goes on: see ${outputFile}`,
        { details: { pid } },
      );
    }
    await new Promise<void>((resolve) => systemClock.after(lookEveryMs, resolve));
  }
}

function launch(args: readonly string[], cwd: string, outputFile: string) {
  let output: number;
  let from: number;
  try {
    mkdirSync(join(outputFile, "..", ".."), { recursive: true, mode: 0o700 });
    mkdirSync(join(outputFile, ".."), { recursive: true, mode: 0o700 });
    // Another one that runs here may still write to it.
    output = openSync(outputFile, "a", 0o600);
    from = fstatSync(output).size;
    if (from > mostBytes) {
      ftruncateSync(output);
      from = 0;
    }
  } catch (error) {
    const { code } = error as { code?: string };
    throw new DreamError("bad_config", `Cannot write ${outputFile}: ${code ?? "unknown error"}`);
  }
  const main = fileURLToPath(new URL("src/cli/main.ts", root));
  const config = fileURLToPath(new URL("deno.json", root));
  const deno = ["run", "--quiet", "--no-prompt", "--config", config, "-A", main];
  const child = spawn(Deno.execPath(), [...deno, "up", "--json", ...args], {
    cwd,
    detached: true,
    stdio: ["ignore", output, output],
  });
  closeSync(output);
  child.unref();
  let failure: Error | null = null;
  child.on("error", (error) => failure = error);
  /** The exit code, or null while it runs. */
  const ended = () => failure ? 1 : child.signalCode ? 1 : child.exitCode;
  return { pid: child.pid ?? 0, from, ended };
}

function readyOf(output: string, pid: number): Omit<Detached, "outputFile"> | null {
  for (const line of output.split("\n").slice(0, -1)) {
    const data = parse(line);
    if (data?.event === "ready" && data.pid === pid) {
      const { event: _event, ...ready } = data;
      return ready as unknown as Omit<Detached, "outputFile">;
    }
  }
  return null;
}

function failureOf(output: string, code: number, outputFile: string): DreamError {
  for (const line of output.trimEnd().split("\n").reverse()) {
    const error = parse(line)?.error as { code?: unknown; message?: unknown } | undefined;
    if (error && isErrorCode(error.code)) {
      return new DreamError(error.code, String(error.message));
    }
  }
  return new DreamError(
    code === 70 ? "intensity_reached" : "internal",
    `The start ended with code ${code}: see ${outputFile}`,
  );
}

function parse(line: string): Record<string, unknown> | null {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
