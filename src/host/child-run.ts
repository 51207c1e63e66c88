/** Runs a process to its end: a request on stdin, an answer on stdout, a deadline. */
import type { Clock } from "../clock.ts";

export interface ChildRun {
  clock: Clock;
  execPath: string;
  args: readonly string[];
  env: Record<string, string>;
  stdin: string;
  deadlineMs: number;
  /** More on stdout ends the process. */
  mostBytes: number;
}

export interface ChildResult {
  /** `late` and `flooded`: it was ended for that. */
  end: "exited" | "late" | "flooded";
  code: number;
  stdout: string;
  /** The last part only. */
  stderr: string;
}

const stderrBytes = 64 * 1024;

/**
 * With `Deno.Command`, as `node:child_process` of Deno adds `-A` to a `deno run` that has no
 * permission flags.
 */
export async function runChild(run: ChildRun): Promise<ChildResult> {
  const child = new Deno.Command(run.execPath, {
    args: [...run.args],
    clearEnv: true,
    env: run.env,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let end: ChildResult["end"] = "exited";
  let isOver = false;
  const stop = (why: ChildResult["end"]) => {
    if (end === "exited" && !isOver) {
      end = why;
      child.kill("SIGKILL");
    }
  };
  const cancel = run.clock.after(run.deadlineMs, () => stop("late"));
  const stdout = readAll(child.stdout, run.mostBytes, () => stop("flooded"));
  const stderr = readTail(child.stderr);
  // It may end without reading what it was asked.
  const asked = ask(child.stdin, run.stdin).catch(() => {});
  const { code } = await child.status;
  isOver = true;
  cancel();
  await asked;
  return { end, code, stdout: await stdout, stderr: await stderr };
}

async function ask(stdin: WritableStream<Uint8Array>, text: string): Promise<void> {
  const writer = stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
}

async function readAll(
  stream: ReadableStream<Uint8Array>,
  most: number,
  onFlood: () => void,
): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    if (bytes <= most) text += decoder.decode(chunk, { stream: true });
    else onFlood();
  }
  return text;
}

async function readTail(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stream) {
    text = (text + decoder.decode(chunk, { stream: true })).slice(-stderrBytes);
  }
  return text;
}
