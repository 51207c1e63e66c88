/**
 * Deno as npm installed it here, and how a program on it is run from Node: with the terminal, the
 * signals and the exit code of the caller. Plain Node 20 without dependencies.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The checkout. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** A signal that comes again within this time is one: npm hands on what the shell already sent. */
const sameSignalMs = 500;

/** Where Deno is, or null: npm's package, or that of the platform when install scripts are off. */
export function findDeno(folder = root) {
  const name = process.platform === "win32" ? "deno.exe" : "deno";
  const libc = process.platform === "linux" ? "-glibc" : "";
  const places = ["deno", `@deno/${process.platform}-${process.arch}${libc}`];
  return places.map((place) => join(folder, "node_modules", place, name)).find(existsSync) ?? null;
}

/** Deno keeps its cache inside node_modules, so that nothing outside the checkout is written. */
export function denoEnv() {
  return {
    ...process.env,
    DENO_DIR: process.env.DENO_DIR ?? join(root, "node_modules", ".cache", "deno"),
    DENO_NO_UPDATE_CHECK: "1",
  };
}

/** Runs `deno run` with `args` and resolves with its exit code; 128 + n after signal n. */
export function runDeno(args, { cwd } = {}) {
  const deno = findDeno();
  if (deno === null) fail(`Deno is not installed in ${root}`, "Run npm ci there.");
  const config = join(root, "deno.json");
  const child = spawn(deno, ["run", "--quiet", "--no-prompt", "--config", config, ...args], {
    cwd,
    stdio: "inherit",
    env: denoEnv(),
  });
  // A terminal sends Ctrl-C to the whole group. Without one, the signal may have been sent to this
  // process alone; where it was sent to the group, the program takes two at once for one.
  const fromTerminal = process.stdin.isTTY || process.stdout.isTTY;
  let last = -Infinity;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      const now = performance.now();
      if ((signal === "SIGINT" && fromTerminal) || now - last < sameSignalMs) return;
      last = now;
      child.kill(signal);
    });
  }
  return new Promise((resolve) => {
    child.on("error", (error) => fail(`Cannot run ${deno}: ${error.message}`, "Run npm ci again."));
    child.on("exit", (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
  });
}

/** One line for people, on stderr. */
export function say(line) {
  process.stderr.write(`dreamos: ${line}\n`);
}

/** Says what went wrong and what to do, and ends with code 1. */
export function fail(what, hint) {
  say(what);
  say(hint);
  process.exit(1);
}
