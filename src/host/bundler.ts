/**
 * Makes one text of a module and what it imports. Runs in a process of its own (bundle-process.ts),
 * as the control process never touches agent or swarm code (R13).
 */
import {
  build,
  type BuildFailure,
  type BuildOptions,
  type Message,
  type OnResolveResult,
  type Plugin,
} from "esbuild";
import { basename, dirname, isAbsolute, resolve } from "node:path";
import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { clashOf } from "./brought.ts";
import { englishOnly } from "./english-only.ts";

/** What the bundle process is asked. Paths are absolute. */
export type BundleRequest =
  /** With a source map where an error of the bundle is to be found in its author's files. */
  | { op: "agent"; path: string; wantsMap?: boolean }
  | { op: "swarm"; path: string }
  /** Code of Dream.OS itself, for hosts and threads. */
  | { op: "runtime"; paths: string[] };

export type BundleAnswer =
  | { ok: true; outputs: BundleOutput[] }
  /** `message` says where: file, line, column and what is wrong there. */
  | { ok: false; message: string };

export interface BundleOutput {
  code: string;
  /** Absolute paths of all files that went in. */
  inputs: string[];
  /** JSON, its sources relative to the folder of the module; null when not asked for. */
  map: string | null;
}

/** The public door of Dream.OS; agents of this repository import it by path, others by name. */
const door = fileURLToPath(new URL("../index.ts", import.meta.url));
/** What `loadBundle` gives to an agent, so that agent and runtime share one copy. */
const provided = new Set([
  "dreamos",
  "xstate",
  "xstate/actions",
  "xstate/actors",
  "xstate/guards",
  "zod",
  "zod/v4",
]);
const unreachable = /^(node|npm|jsr|https?|file):/;

const common = {
  bundle: true,
  write: false,
  metafile: true,
  platform: "browser",
  // A worker has no document: packages with a build for each are to give that of workers.
  conditions: ["deno", "worker", "module"],
  target: "esnext",
  charset: "utf8",
  legalComments: "none",
  logLevel: "silent",
  // A tsconfig near the module must not change what it means.
  tsconfigRaw: "{}",
} as const satisfies BuildOptions;

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** Maps the door to the name `dreamos` and refuses what a thread cannot reach. */
function agentImports(): Plugin {
  const realDoor = realPath(door);
  return {
    name: "agent-imports",
    setup(plugin) {
      plugin.onResolve({ filter: /.*/ }, (args) => {
        if (args.kind === "entry-point") return null;
        if (provided.has(args.path)) return give(args.path, args.resolveDir);
        if (unreachable.test(args.path)) {
          const text = `An agent cannot import "${args.path}": ` +
            "it reaches the outside by calls alone, and packages by their bare name";
          return { errors: [{ text }] };
        }
        const isPath = args.path.startsWith(".") || isAbsolute(args.path);
        if (isPath && realPath(resolve(args.resolveDir, args.path)) === realDoor) {
          return { path: "dreamos", external: true };
        }
        return null;
      });
    },
  };
}

/** The thread's own copy; a package that was written for another major version keeps its own. */
function give(path: string, folder: string): OnResolveResult | null {
  const clash = clashOf(path, folder);
  if (clash === null) return { path, external: true };
  if (clash.isInPackage) return null;
  const { name, brought, given } = clash;
  const text = `An agent gets ${name} ${given} from Dream.OS, but its folder brings ${name} ` +
    `${brought}; write for ${given} and install that: npm install ${name}@${given}`;
  return { errors: [{ text }] };
}

/** A swarm is data: of Dream.OS it needs the one function that gives back what it is given. */
function swarmImports(): Plugin {
  const realDoor = realPath(door);
  return {
    name: "swarm-imports",
    setup(plugin) {
      plugin.onResolve({ filter: /.*/ }, (args) => {
        if (args.path.startsWith("node:")) return { path: args.path, external: true };
        const isPath = args.path.startsWith(".") || isAbsolute(args.path);
        const isDoor = isPath && realPath(resolve(args.resolveDir, args.path)) === realDoor;
        return args.path === "dreamos" || isDoor ? { path: "dreamos", namespace: "door" } : null;
      });
      plugin.onLoad({ filter: /.*/, namespace: "door" }, () => ({
        contents: "export const defineSwarm = (swarm) => swarm;",
      }));
    },
  };
}

function optionsFor(request: Exclude<BundleRequest, { op: "runtime" }>): BuildOptions {
  const { path } = request;
  if (request.op === "agent") {
    return {
      ...common,
      entryPoints: [path],
      // Comments that name the modules then hold no path of this machine, and the hash is stable.
      absWorkingDir: dirname(path),
      format: "cjs",
      minifySyntax: true,
      plugins: [agentImports()],
      // Beside the code, so that the hash is the same with and without; nothing is written.
      ...request.wantsMap && { sourcemap: "external", sourcesContent: false, outfile: "agent.js" },
    };
  }
  return {
    ...common,
    stdin: {
      contents: `import swarm from ${JSON.stringify(`./${basename(path)}`)};\n` +
        "await Deno.stdout.write(new TextEncoder().encode(JSON.stringify({ swarm })));",
      resolveDir: dirname(path),
      sourcefile: "swarm-reader.js",
    },
    absWorkingDir: dirname(path),
    format: "esm",
    // Deno reads it, so that an error names the line of the swarm file.
    sourcemap: "inline",
    // stdout belongs to the result.
    banner: { js: "console.log = console.info = console.debug = console.error;" },
    plugins: [swarmImports()],
  };
}

function runtimeOptions(path: string): BuildOptions {
  return {
    ...common,
    entryPoints: [path],
    absWorkingDir: dirname(path),
    format: "esm",
    minify: true,
    // One character of another alphabet would double what each thread keeps of its source.
    charset: "ascii",
    external: ["node:*"],
    plugins: [englishOnly()],
  };
}

export async function makeBundle(request: BundleRequest): Promise<BundleAnswer> {
  const all = request.op === "runtime" ? request.paths.map(runtimeOptions) : [optionsFor(request)];
  try {
    return { ok: true, outputs: await Promise.all(all.map(buildOne)) };
  } catch (thrown) {
    const errors = (thrown as Partial<BuildFailure>).errors;
    if (!errors?.length) throw thrown;
    return { ok: false, message: describeErrors(errors, all[0]!.absWorkingDir!) };
  }
}

async function buildOne(options: BuildOptions): Promise<BundleOutput> {
  const result = await build({ ...options, write: false, metafile: true });
  const isMap = ({ path }: { path: string }) => path.endsWith(".map");
  return {
    code: result.outputFiles.find((file) => !isMap(file))!.text,
    map: result.outputFiles.find(isMap)?.text ?? null,
    inputs: Object.keys(result.metafile.inputs).map((path) =>
      resolve(options.absWorkingDir!, path)
    ),
  };
}

const mostErrors = 3;

function describeErrors(errors: readonly Message[], folder: string): string {
  const lines = errors.slice(0, mostErrors).map(({ text, location }) => {
    const words = text.startsWith("Top-level await")
      ? "Top-level await is not for agents: invoke fromPromise logic, or a call()"
      : text;
    if (!location) return words;
    // esbuild counts columns from 0, editors from 1.
    const at = `${resolve(folder, location.file)}:${location.line}:${location.column + 1}`;
    return `${at}: ${words}`;
  });
  if (errors.length > mostErrors) lines.push(`and ${errors.length - mostErrors} more`);
  return lines.join("; ");
}
