/** Programs that stand beside the product in a checkout, run as commands. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { DreamError } from "../errors.ts";

const root = new URL("../../", import.meta.url);

/**
 * Runs a program of the checkout with this terminal; images that hold the product alone have none.
 *
 * @param path from the root of the checkout
 * @returns its exit code
 * @throws {DreamError} `not_found`
 */
export async function runProgram(path: string, args: readonly string[]): Promise<number> {
  const program = fileURLToPath(new URL(path, root));
  if (!existsSync(program)) {
    const folder = path.slice(0, path.indexOf("/") + 1);
    throw new DreamError(
      "not_found",
      `Cannot run ${path}: this installation has no ${folder}, use a checkout of the repository`,
    );
  }
  return await runDeno(["run", "--quiet", "-A", program, ...args]);
}

/**
 * Runs Deno with this terminal and hands on what would end this process, so that the program can
 * take back what it has begun.
 *
 * @returns its exit code
 */
export async function runDeno(
  args: string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<number> {
  const child = new Deno.Command(Deno.execPath(), { ...options, args, stdin: "null" }).spawn();
  // A terminal sends Ctrl-C to the program itself.
  const fromTerminal = Deno.stdin.isTerminal() || Deno.stdout.isTerminal();
  const undo = (["SIGINT", "SIGTERM", "SIGHUP"] as const).map((signal) => {
    const handOn = () => {
      if (signal !== "SIGINT" || !fromTerminal) child.kill(signal);
    };
    Deno.addSignalListener(signal, handOn);
    return () => Deno.removeSignalListener(signal, handOn);
  });
  const { code } = await child.status;
  undo.forEach((each) => each());
  return code;
}
