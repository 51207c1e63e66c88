#!/usr/bin/env node
/**
 * The `dreamos` command for Node and npm: runs src/cli/main.ts on the Deno of this checkout, with
 * the terminal, the signals and the exit code of the caller. Plain Node 20 without dependencies.
 */
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { join } from "node:path";
import { fail, findDeno, root } from "../scripts/setup.mjs";

/** Only these start or end processes; all others read HOME and talk to loopback. */
const needsAll = new Set(["up", "down"]);
const clientRights = [
  "--allow-read",
  "--allow-env",
  "--allow-net=127.0.0.1,localhost,[::1]",
];

const deno = findDeno();
if (deno === null) {
  fail(`Deno is not installed in ${root}`, `Run npm ci there, then the same command again.`);
}
const args = process.argv.slice(2);
const rights = args.some((arg) => needsAll.has(arg)) ? ["-A"] : clientRights;
const child = spawn(
  deno,
  [
    "run",
    "--quiet",
    "--no-prompt",
    "--config",
    join(root, "deno.json"),
    ...rights,
    join(root, "src", "cli", "main.ts"),
    ...args,
  ],
  {
    stdio: "inherit",
    env: {
      ...process.env,
      DENO_DIR: process.env.DENO_DIR ?? join(root, "node_modules", ".cache", "deno"),
      DENO_NO_UPDATE_CHECK: "1",
    },
  },
);

// A terminal sends Ctrl-C to the whole group: handed on as well, it would count as the second one,
// which ends a drain at once. Without a terminal the signal was sent to this process alone.
const fromTerminal = process.stdin.isTTY || process.stdout.isTTY;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    if (signal !== "SIGINT" || !fromTerminal) child.kill(signal);
  });
}
child.on("error", (error) => fail(`Cannot run ${deno}: ${error.message}`, "Run npm ci again."));
child.on("exit", (code, signal) => {
  process.exitCode = code ?? 128 + constants.signals[signal];
});
