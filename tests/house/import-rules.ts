/** Rules of who may import whom, and of what nobody imports. */
import { at, type CodeFile, type Rule, type Violation } from "./source.ts";

interface Import {
  from: string;
  /** As written. */
  target: string;
  index: number;
  isTypeOnly: boolean;
}

/** Import and re-export, side-effect import, dynamic import with a literal. */
const importPattern =
  /^(?:import|export)( type)?\b[^;"]*?\bfrom\s*"([^"\n]+)"|(?:^import|\bimport\()\s*"([^"\n]+)"/gm;

/** `import { type A, type B } from`. */
const onlyTypes = /^(?:import|export) \{(?:\s*type \w+(?: as \w+)?,?)+\s*\}/;

function importsOf({ path, text, code }: CodeFile): Import[] {
  return Array.from(text.matchAll(importPattern))
    // The keyword of a real import is code, not part of a comment or string.
    .filter((match) => /^(?:import|export)/.test(code.slice(match.index)))
    .map((match) => ({
      from: path,
      target: match[2] ?? match[3]!,
      index: match.index,
      isTypeOnly: match[1] !== undefined || onlyTypes.test(match[0]),
    }));
}

/** The path of a relative import from the root of the checkout; null for packages. */
function resolve({ from, target }: Import): string | null {
  if (!target.startsWith(".")) return null;
  return new URL(target, `file:///${from}`).pathname.slice(1);
}

/** Part of the house a file belongs to: `words`, a folder of src, `client`, `up`, `agents`, … */
function partOf(path: string): string {
  if (path === "src/index.ts" || path === "src/testing.ts") return "index";
  if (/^src\/api\/(?:[a-z]+-)?client\.ts$/.test(path)) return "client";
  if (path === "src/cli/up.ts" || path === "src/cli/offline.ts") return "up";
  const [top, folder, deeper] = path.split("/");
  if (top !== "src") return top!;
  return deeper === undefined ? "words" : folder!;
}

const chain = ["words", "actors", "host", "storage", "supervisor", "api"];

/** What each part may import beside itself; parts that are not named here may import all. */
const allowed: Record<string, readonly string[]> = {
  ...Object.fromEntries(chain.map((part, index) => [part, chain.slice(0, index)])),
  supervisor: chain.slice(0, -2).concat("traces"),
  api: chain.slice(0, -1).concat("logs", "traces"),
  logs: ["words"],
  traces: ["words"],
  tools: ["words"],
  client: ["words"],
  cli: ["words", "client"],
  index: ["words", "actors"],
  agents: ["index"],
};

/** Types that the typed client shows: they are gone when it runs. */
const allowedTypes: Record<string, readonly string[]> = { client: [...chain, "logs", "traces"] };

/** Contracts that one part keeps for another. */
const exceptions: readonly { part: string; target: string; why: string }[] = [
  {
    part: "supervisor",
    target: "src/tools/tool-protocol.ts",
    why: "the gateway speaks the tool host's frames",
  },
  { part: "actors", target: "src/index.ts", why: "the thread gives bundles what they import" },
  {
    part: "cli",
    target: "src/logs/read.ts",
    why: "the log is there when no service runs: files, then, as the API reads them",
  },
  { part: "cli", target: "src/cli/up.ts", why: "main.ts loads the command that sees all" },
  { part: "cli", target: "src/cli/offline.ts", why: "what is done to a HOME without a service" },
];

const direction: Rule<CodeFile> = {
  name: "imports go one way: words ← actors ← host ← storage ← supervisor ← api ← client ← cli",
  find: (files) =>
    files.flatMap((file) => importsOf(file).flatMap((one): Violation[] => wrongWay(file, one))),
  planted: [
    {
      path: "src/actors/reach.ts",
      text: 'import type { Store } from "../storage/store.ts"; // PLANTED\n' +
        'import { Clock } from "../clock.ts";\nimport { send } from "./turn.ts";\n',
    },
    {
      path: "agents/a/agent.ts",
      text: 'import { defineAgent } from "../../src/index.ts";\n' +
        'import { DreamError } from "../../src/errors.ts"; // PLANTED\n',
    },
    { path: "src/tools/tool.ts", text: 'import "../storage/memory.ts"; // PLANTED\n' },
    { path: "src/cli/ps.ts", text: 'import { open } from "../storage/libsql.ts"; // PLANTED\n' },
    {
      path: "src/api/client.ts",
      text: 'import type { Page } from "../storage/store.ts";\n' +
        'import { open } from "../storage/store.ts"; // PLANTED\n',
    },
    { path: "src/cli/up.ts", text: 'import { open } from "../storage/libsql.ts";\n' },
    { path: "src/clock.ts", text: 'const lazy = await import("./cli/up.ts"); // PLANTED\n' },
  ],
};

function wrongWay(file: CodeFile, one: Import): Violation[] {
  const target = resolve(one);
  if (target === null) return [];
  const part = partOf(one.from);
  const may = allowed[part];
  const wanted = partOf(target);
  if (may === undefined || wanted === part || may.includes(wanted)) return [];
  if (one.isTypeOnly && allowedTypes[part]?.includes(wanted)) return [];
  if (exceptions.some((exception) => exception.part === part && exception.target === target)) {
    return [];
  }
  return [at(one.from, file.text, one.index, `${part} imports ${wanted}: ${target}`)];
}

function valueTargets(file: CodeFile): (string | null)[] {
  return importsOf(file).filter(({ isTypeOnly }) => !isTypeOnly).map(resolve);
}

const noCycles: Rule<CodeFile> = {
  name: "no import cycles, those of types alone left out: they are gone at run time",
  find(files) {
    const targets = new Map(files.map((file) => [file.path, valueTargets(file)]));
    const done = new Set<string>();
    const found: Violation[] = [];
    const walk = (path: string, trail: readonly string[]): void => {
      const start = trail.indexOf(path);
      if (start >= 0) found.push(`${path}:1 cycle: ${[...trail.slice(start), path].join(" → ")}`);
      if (start >= 0 || done.has(path)) return;
      for (const next of targets.get(path) ?? []) if (next) walk(next, [...trail, path]);
      done.add(path);
    };
    for (const path of targets.keys()) walk(path, []);
    return found;
  },
  planted: [
    { path: "src/a.ts", text: 'import "./b.ts"; // PLANTED\n' },
    { path: "src/b.ts", text: 'import "./c.ts";\n' },
    { path: "src/c.ts", text: 'import { a } from "./a.ts";\n' },
    { path: "src/d.ts", text: 'import type { E } from "./e.ts";\n' },
    { path: "src/e.ts", text: 'import { type D, type F } from "./d.ts";\nimport "./d.ts";\n' },
  ],
};

const exportPattern = /^export (?:async )?(?:const|let|function\*?|class) (\w+)/gm;

const noDeadExports: Rule<CodeFile> = {
  name: "what is exported is used by another file",
  find(files) {
    const isPublic = (path: string) =>
      ["src/index.ts", "src/testing.ts", "src/api/client.ts"].includes(path);
    return files.filter(({ path }) => !isPublic(path)).flatMap((file) =>
      Array.from(file.code.matchAll(exportPattern)).flatMap(({ 1: name, index }) => {
        const word = new RegExp(`\\b${name}\\b`);
        // A list from which the file derives a type is the vocabulary itself.
        if (new RegExp(`\\btypeof ${name}\\b`).test(file.code)) return [];
        const isUsed = files.some((other) => other.path !== file.path && word.test(other.code));
        return isUsed ? [] : [at(file.path, file.text, index, `nobody uses ${name}`)];
      })
    );
  },
  planted: [
    {
      path: "src/storage/dead.ts",
      text: "export function useless() {} // PLANTED\nexport const used = 1;\n" +
        "export const kinds = [] as const;\nexport type Kind = (typeof kinds)[number];\n",
    },
    { path: "src/storage/live.ts", text: 'import { used } from "./dead.ts";\n' },
  ],
};

export const importRules = [direction, noCycles, noDeadExports];

/** Names of the packages that files import, each with one importer. */
export function importedPackages(files: readonly CodeFile[]): Map<string, string> {
  const packages = new Map<string, string>();
  for (const one of files.flatMap(importsOf)) {
    if (/^(?:\.|node:|data:|file:|https?:)/.test(one.target)) continue;
    const name = one.target.split("/").slice(0, one.target.startsWith("@") ? 2 : 1).join("/");
    packages.set(name, one.from);
  }
  return packages;
}
