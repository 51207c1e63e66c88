/** package.json, deno.json and the lock file say one thing, and all of it is used. */
import { describe, expect, test } from "vitest";
import { verbRefusals } from "../../src/verbs.ts";
import { errorKinds } from "../../src/errors.ts";
import { importedPackages } from "./import-rules.ts";
import { checkout, isCode, readCode, readSources } from "./source.ts";

interface Package {
  name: string;
  version: string;
  license: string;
  exports: Record<string, string>;
  bin: Record<string, string>;
  scripts: Record<string, string>;
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
}

interface LockEntry {
  version?: string;
  resolved?: string;
  optionalDependencies?: Record<string, string>;
}

const sources = await readSources();
const codes = sources.filter(({ path }) => isCode(path)).map(readCode);
const pack: Package = await readJson("package.json");
const deno: Package = await readJson("deno.json");
const lock: { packages: Record<string, LockEntry> } = await readJson("package-lock.json");

async function readJson(path: string) {
  return JSON.parse(await Deno.readTextFile(new URL(path, checkout)));
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(new URL(path, checkout)).then(() => true, () => false);
}

describe("package.json and deno.json", () => {
  test.each(["name", "version", "license", "exports"] as const)("agree on %s", (field) => {
    expect(deno[field]).toEqual(pack[field]);
  });

  test("name files that exist", async () => {
    const named = [...Object.values(pack.exports), ...Object.values(pack.bin)];
    const missing = [];
    for (const path of named) if (!await exists(path)) missing.push(path);
    expect(missing).toEqual([]);
  });

  test("have scripts that run files of this checkout", async () => {
    const text = sources.find(({ path }) => path === "scripts/run.mjs")!.text;
    const programs = Array.from(text.matchAll(/"([\w./-]+\.(?:ts|mjs))"/g), (match) => match[1]!)
      .filter((path) => !path.startsWith("."));
    const missing = [];
    for (const path of programs) if (!await exists(path)) missing.push(path);
    expect({ missing, some: programs.includes("src/cli/main.ts") }).toEqual({
      missing: [],
      some: true,
    });
    const named = Object.entries(pack.scripts).filter(([name, line]) =>
      line !== `exec node scripts/run.mjs ${name}` || !text.includes(name)
    );
    expect(named).toEqual([]);
  });

  test("have the version that CHANGELOG.md tells of first", async () => {
    const changes = await Deno.readTextFile(new URL("CHANGELOG.md", checkout));
    expect(/^## (\d+\.\d+\.\d+)/m.exec(changes)?.[1]).toBe(pack.version);
  });
});

/** Dependencies that are not versions but ranges, tags or addresses. */
function unpinned(dependencies: Record<string, string>): string[] {
  return Object.entries(dependencies)
    .filter(([, version]) => !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version))
    .map(([name]) => name);
}

describe("dependencies", () => {
  test("are pinned exactly", () => {
    expect(unpinned({ ...pack.dependencies, ...pack.devDependencies })).toEqual([]);
    expect(unpinned({ a: "^1.0.0", b: "1.x", c: "latest", d: "1.2.3" })).toEqual(["a", "b", "c"]);
  });

  /** Used without an import: the runtime itself, and types that TypeScript finds by itself. */
  const withoutImport = /^(?:deno|@types\/.*)$/;

  test("are imported somewhere, and what is imported is declared", () => {
    const imported = importedPackages(codes);
    const declared = new Set(Object.keys({ ...pack.dependencies, ...pack.devDependencies }));
    const unused = [...declared].filter((name) => !imported.has(name) && !withoutImport.test(name));
    const undeclared = [...imported].filter(([name]) =>
      !declared.has(name) && !declared.has(`@types/${name}`)
    );
    expect({ unused, undeclared }).toEqual({ unused: [], undeclared: [] });
  });

  test("of the running system are not development packages", () => {
    const running = codes.filter(({ path }) => /^(?:src|agents|bin)\//.test(path));
    const missing = [...importedPackages(running)].filter(([name]) =>
      !Object.hasOwn(pack.dependencies, name) &&
      !Object.hasOwn(pack.devDependencies, `@types/${name}`)
    );
    expect(missing).toEqual([]);
  });

  test("each have a reason in ARCHITECTURE.md", async () => {
    const page = await Deno.readTextFile(new URL("ARCHITECTURE.md", checkout));
    const silent = Object.keys({ ...pack.dependencies, ...pack.devDependencies })
      .filter((name) => !page.includes(`\`${name}\``));
    expect(silent).toEqual([]);
    const list = page.slice(page.indexOf("## Dependencies"));
    // `one`, `two`: reason; `three`: reason
    const parts = list.split(/^- |;/m).filter((part) => part.includes(":"));
    const named = parts.flatMap((part) =>
      Array.from(part.split(":")[0]!.matchAll(/`([^`]+)`/g), (match) => match[1]!)
    );
    const gone = named.filter((name) =>
      !Object.hasOwn({ ...pack.dependencies, ...pack.devDependencies }, name)
    );
    expect({ gone, some: named.includes("xstate") }).toEqual({ gone: [], some: true });
  });
});

describe("package-lock.json", () => {
  const entries = Object.entries(lock.packages);

  test("names no place that packages came from", () => {
    expect(entries.filter(([, entry]) => entry.resolved !== undefined)).toEqual([]);
  });

  test("is of this package.json", () => {
    const { dependencies, devDependencies } = lock.packages[""] as unknown as Package;
    expect({ dependencies, devDependencies }).toEqual({
      dependencies: pack.dependencies,
      devDependencies: pack.devDependencies,
    });
  });

  test("holds the packages of every platform, or npm ci refuses it", () => {
    const missing = entries.flatMap(([, entry]) => Object.keys(entry.optionalDependencies ?? {}))
      .filter((name) => !entries.some(([path]) => path.endsWith(`node_modules/${name}`)));
    expect(missing).toEqual([]);
  });
});

describe("error codes", () => {
  /** Codes that nothing raises yet, each with its reason. */
  const notYet: Partial<Record<keyof typeof errorKinds, string>> = {};
  /** Made of verb and status; tests/supervisor/verb-matrix.test.ts raises each. */
  const made = verbRefusals;

  test("are all raised by src or agents", () => {
    const files = sources.filter(({ path }) =>
      /^(?:src|agents)\/.*\.ts$/.test(path) && path !== "src/errors.ts"
    );
    const unused = Object.keys(errorKinds).filter((code) =>
      !Object.hasOwn(notYet, code) && !Object.hasOwn(made, code) &&
      !files.some(({ text }) => text.includes(`"${code}"`))
    );
    expect(unused).toEqual([]);
  });

  test("that wait for their use still do", () => {
    const raised = Object.keys(notYet).filter((code) =>
      codes.some(({ path, text }) => path !== "src/errors.ts" && text.includes(`"${code}"`))
    );
    expect(raised).toEqual([]);
  });
});
