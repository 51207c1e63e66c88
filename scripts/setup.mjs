/**
 * Makes sure that node_modules holds exactly what package-lock.json names, Deno included. Plain
 * Node 20 without dependencies: it runs before anything is installed.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { fail, findDeno, root, say } from "./deno.mjs";

/**
 * What stands between `folder` and a right installation, in words, or null. npm writes
 * node_modules/.package-lock.json when an installation is complete; it is compared package by
 * package with package-lock.json, so that no record of ours can be out of date.
 */
export function whatIsMissing(folder = root, { dev = true } = {}) {
  const wanted = readJson(join(folder, "package-lock.json"))?.packages;
  if (!wanted) return "package-lock.json is missing or damaged";
  const found = readJson(join(folder, "node_modules", ".package-lock.json"))?.packages;
  if (!found) return "nothing is installed yet";
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === "" || entry.link) continue;
    const name = path.slice("node_modules/".length);
    const there = found[path];
    if (!there) {
      if (entry.optional || entry.devOptional || entry.peer || (entry.dev && !dev)) continue;
      return `${name} is missing`;
    }
    if (there.version !== entry.version) {
      return `${name} is ${there.version}, wanted ${entry.version}`;
    }
    if (differs(there.integrity, entry.integrity)) {
      return `${name} ${entry.version} is not the one that package-lock.json names`;
    }
  }
  const extra = Object.keys(found).find((path) => !Object.hasOwn(wanted, path));
  if (extra) return `${extra.slice("node_modules/".length)} is installed but not wanted`;
  return findDeno(folder) ? null : "Deno's program file is missing";
}

function differs(found, wanted) {
  return found !== undefined && wanted !== undefined && found !== wanted;
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return null;
  }
}

/** Installs when something is missing; a right installation costs a few milliseconds. */
export function ensureInstalled({ dev }) {
  const reason = whatIsMissing(root, { dev });
  if (reason === null) return;
  const started = performance.now();
  say(`Installing into node_modules (${reason}). This is done once and takes up to a minute …`);
  // Engine warnings are left out: versions are pinned, and the code runs on Deno, not on Node.
  const args = ["ci", "--loglevel=error", "--no-audit", "--no-fund"];
  if (dev) args.push("--include=dev");
  const done = runNpm(args);
  if (done.error || done.status !== 0) {
    const how = done.error ? done.error.message : `it ended with code ${done.status ?? "none"}`;
    fail(
      `npm ci failed: ${how}`,
      "The first start needs npm and a connection to its registry. Check the network (and npm's " +
        "proxy settings), then run the same command again.",
    );
  }
  const left = whatIsMissing(root, { dev });
  if (left !== null) {
    fail(
      `npm ci ended well, but ${left}`,
      `Deno has packages for Linux (glibc), macOS and Windows; this is ${process.platform} ` +
        `${process.arch}. If npm leaves out optional packages here (omit=optional), allow them.`,
    );
  }
  say(`Installed in ${((performance.now() - started) / 1000).toFixed(1)} s.`);
}

/** Output goes to stderr: the first line on stdout belongs to the command. */
function runNpm(args) {
  const options = { cwd: root, stdio: ["ignore", 2, 2] };
  const npm = process.env.npm_execpath;
  if (npm && /npm-cli\.c?js$/.test(npm)) {
    return spawnSync(process.execPath, [npm, ...args], options);
  }
  return spawnSync("npm", args, { ...options, shell: process.platform === "win32" });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  ensureInstalled({ dev: process.argv.includes("--dev") });
}
