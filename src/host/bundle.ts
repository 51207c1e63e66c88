/**
 * Agent modules and swarm files become data in processes of their own: one that bundles, and one
 * without permissions that evaluates a swarm (R13).
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { type Clock, systemClock } from "../clock.ts";
import { DreamError, type ErrorCode } from "../errors.ts";
import type { BundleAnswer, BundleOutput, BundleRequest } from "./bundler.ts";
import { type ChildResult, runChild } from "./child-run.ts";
import type { Bundle } from "./hosts.ts";

export interface BundleOptions {
  clock?: Clock;
  /** The Deno executable. */
  execPath?: string;
  /** For the bundling and for the evaluation, each. */
  deadlineMs?: number;
}

const bundleProcess = fileURLToPath(new URL("./bundle-process.ts", import.meta.url));
const defaultDeadlineMs = 30_000;
/** Each thread holds its bundle as text and compiled. */
const largestBundle = 16 * 1024 * 1024;
const largestSwarm = 10 * 1024 * 1024;

/**
 * @param modulePath absolute path of an agent's module
 * @throws {DreamError} `bad_bundle` with file, line and column
 */
export async function bundleAgent(
  modulePath: string,
  options: BundleOptions = {},
): Promise<Bundle> {
  return (await bundleAgentFiles(modulePath, options)).bundle;
}

/** As `bundleAgent`, with the absolute paths of all files that went in. */
export async function bundleAgentFiles(
  modulePath: string,
  options: BundleOptions = {},
): Promise<{ bundle: Bundle; inputs: string[] }> {
  const request = { op: "agent", path: modulePath } as const;
  const [{ code, inputs }] = await askBundler(request, "bad_bundle", options) as [BundleOutput];
  const size = new TextEncoder().encode(code).length;
  if (size > largestBundle) {
    throw new DreamError(
      "bad_bundle",
      `Cannot bundle ${modulePath}: it makes ${size} bytes, at most ${largestBundle} are taken`,
    );
  }
  const hash = createHash("sha256").update(code).digest("hex");
  return { bundle: { hash, code }, inputs };
}

/**
 * The source map of `bundle` as JSON, made anew from its files; null when they are no longer what
 * it was made of, or make no bundle.
 *
 * @param modulePath as given to `bundleAgent`
 */
export async function sourceMapOf(
  modulePath: string,
  bundle: Bundle,
  options: BundleOptions = {},
): Promise<string | null> {
  const request = { op: "agent", path: modulePath, wantsMap: true } as const;
  const made = await askBundler(request, "bad_bundle", options).catch(() => null);
  return made?.[0]?.code === bundle.code ? made[0].map : null;
}

/**
 * The data of a swarm file: JSON as it is, TypeScript and JavaScript by their default export.
 * @param path absolute
 * @throws {DreamError} `bad_swarm` with file and line
 */
export async function evaluateSwarm(path: string, options: BundleOptions = {}): Promise<unknown> {
  return (await evaluateSwarmFiles(path, options)).data;
}

/** As `evaluateSwarm`, with the absolute paths of all files that went in. */
export async function evaluateSwarmFiles(
  path: string,
  options: BundleOptions = {},
): Promise<{ data: unknown; inputs: string[] }> {
  if (path.endsWith(".json")) return { data: await readJson(path), inputs: [path] };
  const [{ code, inputs }] = await askBundler({ op: "swarm", path }, "bad_swarm", options) as [
    BundleOutput,
  ];
  const result = await runChild({
    clock: options.clock ?? systemClock,
    execPath: options.execPath ?? Deno.execPath(),
    args: ["run", "--quiet", "--no-prompt", "--no-config", "--no-lock", "--no-remote", "--no-npm"]
      .concat("--ext=js", "-"),
    env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
    stdin: code,
    deadlineMs: options.deadlineMs ?? defaultDeadlineMs,
    mostBytes: largestSwarm,
  });
  return { data: readSwarm(path, result), inputs };
}

async function readJson(path: string): Promise<unknown> {
  const fail = (cause: unknown) => {
    const message = cause instanceof Error ? cause.message : String(cause);
    return new DreamError("bad_swarm", `Cannot read the swarm ${path}: ${message}`);
  };
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch (thrown) {
    throw fail(thrown);
  }
}

function readSwarm(path: string, result: ChildResult): unknown {
  const fail = (what: string) =>
    new DreamError("bad_swarm", `Cannot evaluate the swarm ${path}: ${what}`);
  if (result.end === "late") throw fail("it did not end in time");
  if (result.end === "flooded") throw fail(`it is larger than ${largestSwarm} bytes`);
  if (result.code !== 0) throw fail(firstError(result.stderr) ?? `exit code ${result.code}`);
  let data: { swarm?: unknown };
  try {
    data = JSON.parse(result.stdout) as { swarm?: unknown };
  } catch {
    throw fail("it wrote to stdout, which carries the result");
  }
  if (data.swarm === undefined) throw fail("its default export is not data");
  return data.swarm;
}

/** Deno's message and the place of the file itself, of all it prints. */
function firstError(stderr: string): string | null {
  const lines = stderr.split("\n").map((line) => line.trim());
  const error = lines.find((line) => line.startsWith("error:"))?.slice("error:".length).trim();
  if (!error) return null;
  const at = lines.find((line) => /^at .*:\d+:\d+\)?$/.test(line));
  return at ? `${error} (${at})` : error;
}

/**
 * Builds modules of Dream.OS itself.
 * @param paths absolute
 */
export async function bundleRuntime(
  paths: string[],
  options: BundleOptions = {},
): Promise<BundleOutput[]> {
  return await askBundler({ op: "runtime", paths }, "internal", options);
}

async function askBundler(
  request: BundleRequest,
  code: ErrorCode,
  options: BundleOptions,
): Promise<BundleOutput[]> {
  const what = request.op === "runtime" ? "the runtime" : request.path;
  const fail = (message: string) => new DreamError(code, `Cannot bundle ${what}: ${message}`);
  const result = await runChild({
    clock: options.clock ?? systemClock,
    execPath: options.execPath ?? Deno.execPath(),
    // esbuild's own binary is all it runs; no code of the bundle is evaluated here.
    args: ["run", "--quiet", "--no-prompt", "--allow-read", "--allow-run", "--allow-env"]
      .concat("--allow-sys", bundleProcess),
    env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
    stdin: JSON.stringify(request),
    deadlineMs: options.deadlineMs ?? defaultDeadlineMs,
    mostBytes: 4 * largestBundle,
  });
  if (result.end === "late") throw fail("the bundler did not end in time");
  if (result.end === "flooded") throw fail(`it is larger than ${largestBundle} bytes`);
  if (result.code !== 0) throw fail(firstError(result.stderr) ?? `exit code ${result.code}`);
  const answer = JSON.parse(result.stdout) as BundleAnswer;
  if (!answer.ok) throw fail(answer.message);
  return answer.outputs;
}
