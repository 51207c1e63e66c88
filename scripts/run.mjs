/**
 * The commands of package.json: makes sure of the installation, then runs one program on Deno.
 * Plain Node 20 without dependencies.
 */
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { join } from "node:path";
import { ensureInstalled, fail, findDeno, root } from "./setup.mjs";

const vitest = [
  "node_modules/vitest/vitest.mjs",
  "run",
  "--reporter=default",
  "--reporter=./scripts/tally.mjs",
];
const programs = {
  start: ["src/cli/main.ts", "up"],
  test: vitest,
  bench: ["bench/main.ts"],
  torture: ["tests/torture/main.ts"],
  sim: ["tests/sim/main.ts"],
  docs: ["scripts/errors-page.ts"],
};

/** A signal that comes again within this time is one key press: npm repeats the terminal's. */
const sameSignalMs = 500;

/**
 * Runs a program and resolves with its exit code. Signals are handed on, as they may have been
 * sent to this process alone; the program must take two within a second for one.
 */
function runProgram(file, args, env = process.env) {
  const child = spawn(file, args, { cwd: root, stdio: "inherit", env });
  let last = -Infinity;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      const now = performance.now();
      if (now - last < sameSignalMs) return;
      last = now;
      child.kill(signal);
    });
  }
  return new Promise((resolve) => {
    child.on("error", (error) => fail(`Cannot run ${file}: ${error.message}`, "Run npm ci again."));
    child.on("exit", (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
  });
}

/** Deno keeps its cache inside node_modules, so that nothing outside the checkout is written. */
function denoEnv() {
  return {
    ...process.env,
    DENO_DIR: process.env.DENO_DIR ?? join(root, "node_modules", ".cache", "deno"),
    DENO_NO_UPDATE_CHECK: "1",
    DENO_NO_PROMPT: "1",
  };
}

async function main([command, ...args]) {
  const major = Number(process.versions.node.split(".")[0]);
  if (major < 20) {
    fail(`Cannot run on Node ${process.versions.node}: wanted 20 or newer`, "See nodejs.org.");
  }
  if (command !== "check" && !Object.hasOwn(programs, command)) {
    const known = [...Object.keys(programs), "check"].join("|");
    fail(`Cannot run ${command ?? "nothing"}`, `Usage: node scripts/run.mjs ${known} [args…]`);
  }
  ensureInstalled({ dev: command !== "start" });
  if (command === "check") {
    const { runCheck } = await import("./check.mjs");
    return runCheck(denoEnv());
  }
  return runProgram(findDeno(), ["run", "-A", ...programs[command], ...args], denoEnv());
}

process.exitCode = await main(process.argv.slice(2));
