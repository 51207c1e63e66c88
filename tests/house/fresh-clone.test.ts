/**
 * The newcomer's way: tracked files alone, the commands that README names, Ctrl-C. The installation
 * is this checkout's own; a real one is done by .ci/run, which starts on a clean clone.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { dirname } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkout } from "./source.ts";

const root = decodeURIComponent(checkout.pathname);
let folder: string;
let clone: string;

beforeAll(async () => {
  folder = await Deno.makeTempDir();
  clone = `${folder}/clone`;
  const listed = execFileSync("git", ["ls-files", "-z"], { cwd: root, encoding: "utf8" });
  for (const path of listed.split("\0").filter((path) => path !== "")) {
    await Deno.mkdir(dirname(`${clone}/${path}`), { recursive: true });
    await Deno.copyFile(`${root}${path}`, `${clone}/${path}`);
  }
});
afterAll(() => Deno.remove(folder, { recursive: true }));

/** Started as a shell would: in a process group of its own, which Ctrl-C reaches as a whole. */
function start(file: string, args: string[], env: Record<string, string> = {}) {
  const child = spawn(file, args, {
    cwd: clone,
    env: { ...Deno.env.toObject(), DREAMOS_HOME: `${folder}/home`, ...env },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = { out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (text) => output.out += text);
  child.stderr.setEncoding("utf8").on("data", (text) => output.err += text);
  return { child, output };
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    process.kill(-child.pid!, signal);
  } catch {
    // The group has ended.
  }
}

/** Resolves with the first line on stdout that is a JSON object; npm prints some before. */
async function readyLine(started: ReturnType<typeof start>): Promise<{ url: string; pid: number }> {
  const { child, output } = started;
  const signal = AbortSignal.timeout(30_000);
  for (;;) {
    const line = output.out.split("\n").slice(0, -1).find((line) => line.startsWith("{"));
    if (line) return JSON.parse(line);
    if (child.exitCode !== null) throw new Error(`It ended early: ${output.err}${output.out}`);
    await Promise.race([once(child.stdout!, "data", { signal }), once(child, "close", { signal })]);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe("a fresh clone", () => {
  test("says in plain words that it could not be installed", async () => {
    const { child, output } = start("node", ["scripts/run.mjs", "start"], {
      npm_config_registry: "http://127.0.0.1:9",
      npm_config_cache: `${folder}/npm-cache`,
      npm_config_fetch_retries: "0",
      npm_execpath: "",
    });
    const [code] = await once(child, "close");
    expect(output.err).toMatch(
      /^dreamos: Installing into node_modules \(nothing is installed yet\)/,
    );
    expect(output.err).toContain("dreamos: npm ci failed: it ended with code 1");
    expect(output.err).toContain("Check the network");
    expect({ code, out: output.out }).toEqual({ code: 1, out: "" });
  });

  test("refuses a command that it does not have", async () => {
    const { child, output } = start("node", ["scripts/run.mjs", "strat"]);
    const [code] = await once(child, "close");
    expect(output.err).toContain("Cannot run strat");
    expect(code).toBe(1);
  });

  describe("with its packages", () => {
    beforeAll(() => Deno.symlink(`${root}node_modules`, `${clone}/node_modules`));

    test.each(
      [
        ["Ctrl-C, which reaches npm, its shell and the service", "SIGINT", true],
        ["SIGTERM to npm alone", "SIGTERM", false],
      ] as const,
    )("comes up without installing; %s drains it, exit 0", async (_, signal, toAll) => {
      const started = start("npm", ["start", "--", "--json", "--port", "0"]);
      try {
        const closed = once(started.child, "close");
        const { url, pid } = await readyLine(started);
        const health = await fetch(`${url}/healthz`);
        await health.body?.cancel();
        expect(health.status).toBe(200);
        if (toAll) signalGroup(started.child, signal);
        // Deno's `child.kill` would report the signal as the end, whatever the end was.
        else process.kill(started.child.pid!, signal);
        const [code, killedBy] = await closed;
        expect({ code, killedBy, alive: isAlive(pid) }).toEqual({
          code: 0,
          killedBy: null,
          alive: false,
        });
        expect(started.output.err).not.toContain("Installing");
      } finally {
        signalGroup(started.child, "SIGKILL");
      }
    });
  });
});
