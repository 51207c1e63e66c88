/**
 * Everything that must hold before a change goes in: format, lint, types, tests. `.ci/run` and
 * `npm run check` are this. Plain Node 20 without dependencies.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findDeno, root } from "./deno.mjs";

const code = ["src", "agents", "tests", "bench", "scripts", "vitest.config.ts"];

/**
 * A step that takes longer hangs. The longest, all tests, takes 11 minutes on two quiet cores and
 * may take twice that when they are shared. Two steps that hang are still ended and told within
 * the 90 minutes that CI has for everything.
 */
const longestStepMs = 30 * 60 * 1000;

/**
 * Runs all steps, a failed one too lets the next ones run. The last line is `N passed, N failed`:
 * every test and every other step counts as one.
 *
 * @returns the exit code: 0 when nothing failed
 */
export async function runCheck(env) {
  const deno = findDeno();
  const checked = code.filter((path) => existsSync(join(root, path)));
  const steps = [
    { name: "format", file: deno, args: ["fmt", "--check"] },
    { name: "lint", file: deno, args: ["lint"] },
    { name: "types", file: deno, args: ["check", ...checked] },
  ];
  const total = { passed: 0, failed: 0 };
  for (const step of steps) {
    const isGood = await runStep(step, env) === 0;
    total[isGood ? "passed" : "failed"]++;
  }
  const tests = await runTests(env);
  total.passed += tests.passed;
  total.failed += tests.failed;
  console.log(`${total.passed} passed, ${total.failed} failed`);
  return total.failed === 0 ? 0 : 1;
}

/** Runs the command that README names and reads its true numbers from the tally it leaves. */
async function runTests(env) {
  const folder = mkdtempSync(join(tmpdir(), "dreamos-check-"));
  const file = join(folder, "tally.json");
  try {
    const isWindows = process.platform === "win32";
    const step = { name: "npm test", file: isWindows ? "npm.cmd" : "npm", args: ["test"] };
    const exitCode = await runStep(step, { ...env, HOUSE_TALLY: file });
    const tally = readTally(file);
    // The exit code has the last word: an error outside a test fails the run too.
    if (exitCode !== 0 && tally.failed === 0) tally.failed = 1;
    return tally;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readTally(file) {
  try {
    const { passed, failed } = JSON.parse(readFileSync(file, "utf8"));
    return { passed, failed };
  } catch {
    return { passed: 0, failed: 1 };
  }
}

function runStep({ name, file, args }, env) {
  console.log(`── ${name}`);
  const started = performance.now();
  const child = spawn(file, args, {
    cwd: root,
    env,
    stdio: ["ignore", "inherit", "inherit"],
    timeout: longestStepMs,
    shell: file.endsWith(".cmd"),
  });
  const stop = (signal) => child.kill(signal);
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  return new Promise((resolve) => {
    const end = (exitCode, word) => {
      process.off("SIGTERM", stop);
      process.off("SIGINT", stop);
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      console.log(`── ${name}: ${word} in ${seconds} s\n`);
      resolve(exitCode);
    };
    child.on("error", (error) => end(1, `failed (${error.message})`));
    child.on("exit", (exitCode, signal) => {
      end(exitCode ?? 1, exitCode === 0 ? "passed" : `FAILED (${signal ?? `code ${exitCode}`})`);
    });
  });
}
