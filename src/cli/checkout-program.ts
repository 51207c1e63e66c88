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
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "-A", program, ...args],
    stdin: "null",
  }).spawn();
  return (await child.status).code;
}
