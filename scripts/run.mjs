/**
 * The commands of package.json: makes sure of the installation, then runs one program on Deno.
 * Plain Node 20 without dependencies.
 */
import { denoEnv, fail, root, runDeno } from "./deno.mjs";
import { ensureInstalled } from "./setup.mjs";

const programs = {
  start: ["src/cli/main.ts", "up"],
  test: [
    "node_modules/vitest/vitest.mjs",
    "run",
    "--reporter=default",
    "--reporter=./scripts/tally.mjs",
  ],
  bench: ["bench/main.ts"],
  torture: ["tests/torture/main.ts"],
  sim: ["tests/sim/main.ts"],
  grafana: ["tests/grafana/main.ts"],
  load: ["tests/load/main.ts"],
  container: ["tests/container/main.ts"],
  systemd: ["tests/systemd/main.ts"],
  docs: ["scripts/docs.ts"],
  pictures: ["scripts/pictures.ts"],
};

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
  return runDeno(["-A", ...programs[command], ...args], { cwd: root });
}

process.exitCode = await main(process.argv.slice(2));
