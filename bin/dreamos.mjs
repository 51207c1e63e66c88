#!/usr/bin/env node
/** The `dreamos` command for Node and npm. Plain Node 20 without dependencies. */
import { join } from "node:path";
import { root, runDeno } from "../scripts/deno.mjs";

/** Only these start or end processes or write files; all others read HOME and talk to loopback. */
const needsAll = new Set(["up", "down", "init", "test", "backup", "restore"]);
const clientRights = [
  "--allow-read",
  "--allow-env",
  "--allow-net=127.0.0.1,localhost,[::1]",
];

const args = process.argv.slice(2);
// Tests need vitest, which a service does without.
if (args.find((arg) => !arg.startsWith("-")) === "test") {
  const { ensureInstalled } = await import("../scripts/setup.mjs");
  ensureInstalled({ dev: true });
}
const rights = args.some((arg) => needsAll.has(arg)) ? ["-A"] : clientRights;
process.exitCode = await runDeno([...rights, join(root, "src", "cli", "main.ts"), ...args]);
