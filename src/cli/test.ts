import { existsSync, realpathSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { DreamError } from "../errors.ts";
import { runDeno } from "./checkout-program.ts";
import type { Command } from "./command.ts";

const root = new URL("../../", import.meta.url);

export const testCommand: Command = {
  usage: "[FOLDER] [FILTER…]",
  summary: "compile a swarm and run its tests, with what is installed here",
  about: [
    "Every *.test.ts below FOLDER (default: the current folder) is run by vitest; FILTER picks",
    "those whose path holds it. dreamos, xstate, zod and vitest need not be installed there.",
    "--json prints one document: whether all is well, what the compiler said, and each test.",
  ],
  options: { "no-check": { type: "boolean", help: "run tests without compiling first" } },
  examples: ["dreamos test my-swarm", "dreamos test . lamp"],
  isLocal: true,
  takes: [0, 20],
  async run({ args: [given = ".", ...filters], options, cwd, env, json }) {
    const folder = resolve(cwd, given);
    if (!existsSync(folder) || !statSync(folder).isDirectory()) {
      throw new DreamError("not_found", `Cannot test ${folder}: there is no such folder`);
    }
    const program = fileURLToPath(new URL("scripts/swarm-tests.ts", root));
    const more = options["no-check"] === true ? ["--no-check"] : [];
    if (json) more.push("--json");
    const config = fileURLToPath(new URL("deno.json", root));
    const args = ["run", "--quiet", "-A", "--config", config, program, realpathSync(folder)];
    return await runDeno([...args, ...filters, ...more], {
      cwd: folder,
      env: { ...env, DENO_NO_UPDATE_CHECK: "1" },
    });
  },
};
