/**
 * What was built from files that have not changed since: at a start nothing is bundled, evaluated
 * or described again, which takes most of the time to the first turn.
 */
import { createHash } from "node:crypto";
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** More come from paths that are used once; all are forgotten then. */
const mostKept = 200;
/** What decides beside a module's own files which file an import means. */
const marks = [
  "package.json",
  "package-lock.json",
  join("node_modules", ".package-lock.json"),
  join("node_modules", "xstate", "package.json"),
  join("node_modules", "zod", "package.json"),
];
/** What decides about an agent's imports, and is no input of the runtime. */
const ours = ["./brought.ts", "./bundle.ts", "../actors/read-described.ts"];

interface Kept<T> {
  key: string;
  inputs: string[];
  print: string;
  value: T;
}

export interface BuiltFrom {
  /** Absolute paths. */
  inputs: string[];
  /** Epoch ms. */
  fromMs: number;
}

export class KeptBuilds {
  readonly #folder: string;
  readonly #builtBy: string;

  /** @param folder absolute, where `buildRuntime` has built: what an agent is depends on that */
  constructor(folder: string) {
    this.#folder = join(folder, "built");
    mkdirSync(this.#folder, { recursive: true });
    const files = ours.map((path) => fileURLToPath(new URL(path, import.meta.url)));
    this.#builtBy = hashOf([join(folder, "runtime.json"), ...files].map(readOrNone).join());
  }

  /** Null when there is nothing, or a file has changed. @param what tells uses of one path apart */
  find<T>(what: string, path: string): { value: T; inputs: string[] } | null {
    try {
      const key = this.#keyOf(what, path);
      const kept = JSON.parse(readFileSync(this.#fileOf(key), "utf8")) as Kept<T>;
      const isFresh = kept.key === key && printOf(path, kept.inputs) === kept.print;
      return isFresh ? { value: kept.value, inputs: kept.inputs } : null;
    } catch {
      return null;
    }
  }

  /** @param fromMs when the files were read at the earliest: what has changed since is not kept */
  keep<T>(what: string, path: string, value: T, { inputs, fromMs }: BuiltFrom): void {
    if (inputs.some((file) => changedAtMs(file) >= fromMs)) return;
    const key = this.#keyOf(what, path);
    const kept: Kept<T> = { key, inputs, print: printOf(path, inputs), value };
    if (readdirSync(this.#folder).length >= mostKept) {
      rmSync(this.#folder, { recursive: true });
      mkdirSync(this.#folder);
    }
    const file = this.#fileOf(key);
    try {
      writeFileSync(`${file}.draft`, JSON.stringify(kept), { mode: 0o600 });
      renameSync(`${file}.draft`, file);
    } catch {
      // On a full disk the next start takes longer.
    }
  }

  /** A link that leads elsewhere now makes another key. */
  #keyOf(what: string, path: string): string {
    return hashOf(`${this.#builtBy} ${what} ${path} ${realpathSync(path)}`);
  }

  #fileOf(key: string): string {
    return join(this.#folder, `${key.slice(0, 32)}.json`);
  }
}

/** Some inputs of esbuild are no files. */
function changedAtMs(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.ctimeMs ?? 0;
}

/** Changes with every file, and with what could make an import mean another file. */
function printOf(path: string, inputs: readonly string[]): string {
  const own = [path, ...inputs].filter((file) => !file.split(sep).includes("node_modules"));
  const folders = new Set(own.map((file) => dirname(file)));
  const above = new Set<string>();
  for (const folder of folders) {
    for (let at = folder; !above.has(at); at = dirname(at)) above.add(at);
  }
  return hashOf(JSON.stringify([
    inputs.map(readOrNone),
    [...folders].map((folder) => readdirSync(folder).toSorted()),
    [...above].flatMap((folder) => marks.map((mark) => readOrNone(join(folder, mark)))),
  ]));
}

function readOrNone(path: string): string {
  try {
    return hashOf(readFileSync(path));
  } catch {
    return "none";
  }
}

function hashOf(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}
