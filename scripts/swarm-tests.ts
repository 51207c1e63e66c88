/**
 * Compiles and tests a swarm outside of this checkout with what is installed here: `dreamos`,
 * `xstate`, `zod` and `vitest` are those of this installation, so that a swarm needs no packages of
 * its own. Run by `dreamos test`: FOLDER, then file filters; `--no-check` leaves compiling out,
 * `--json` prints one document instead of what vitest shows to people.
 */
import { relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { startVitest } from "vitest/node";
import { sourcesOf } from "./swarm-sources.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const [folder, ...rest] = Deno.args;
const isJson = rest.includes("--json");
const filters = rest.filter((arg) => arg !== "--no-check" && arg !== "--json");

interface Told {
  file: string;
  name: string;
  state: string;
  errors: string[];
}

const compiler = rest.includes("--no-check") ? "" : await compile(folder!);
const { passed, tests } = compiler === "" ? await runTests(folder!) : { passed: false, tests: [] };
if (isJson) console.log(JSON.stringify({ ok: passed, compiler: compiler || null, tests }));
Deno.exit(passed ? 0 : 1);

/**
 * Wrong message types are errors of the compiler, so a test run begins with it.
 *
 * @returns what is wrong, which people have been told then; nothing when nothing is
 */
async function compile(folder: string): Promise<string> {
  const files = await sourcesOf(folder);
  if (files.length === 0) return "";
  const map = await Deno.makeTempFile({ suffix: ".json" });
  try {
    const here = (path: string) => new URL(path, import.meta.url).href;
    const imports = {
      dreamos: here("../src/index.ts"),
      "dreamos/testing": here("../src/testing.ts"),
      // By way of files of this checkout, as a package is looked for beside the file that names it.
      xstate: here("given/xstate.ts"),
      zod: here("given/zod.ts"),
      vitest: here("given/vitest.ts"),
    };
    // Files of this checkout find their packages by themselves.
    const scopes = { [`${pathToFileURL(folder)}/`]: imports };
    await Deno.writeTextFile(map, JSON.stringify({ scopes }));
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["check", "--quiet", "--config", `${root}deno.json`, "--import-map", map, ...files],
      ...isJson ? { env: { NO_COLOR: "1" } } : {},
    }).output();
    if (!isJson) await Deno.stderr.write(stderr);
    return success ? "" : new TextDecoder().decode(stderr).trim() || "deno check failed";
  } finally {
    await Deno.remove(map);
  }
}

async function runTests(folder: string): Promise<{ passed: boolean; tests: Told[] }> {
  const modules = `${root}node_modules`;
  const vitest = await startVitest("test", filters, {
    root: folder,
    config: false,
    watch: false,
    include: ["**/*.test.ts"],
    // Forks alone work on Deno.
    pool: "forks",
    passWithNoTests: false,
    fsModuleCache: false,
    // One that says nothing.
    ...isJson ? { reporters: [{}] } : {},
  }, {
    root: folder,
    cacheDir: `${modules}/.cache/vite`,
    resolve: {
      alias: [
        { find: /^dreamos$/, replacement: `${root}src/index.ts` },
        { find: /^dreamos\/testing$/, replacement: `${root}src/testing.ts` },
        { find: /^(xstate|zod)$/, replacement: `${modules}/$1` },
        { find: /^vitest$/, replacement: `${modules}/vitest/dist/index.js` },
      ],
    },
  });
  const modulesRun = vitest.state.getTestModules();
  const tests = modulesRun.flatMap((module) => {
    const file = relative(folder, module.moduleId);
    const broken = module.errors().map(({ message }) => message);
    const own = broken.length > 0 ? [{ file, name: "", state: "failed", errors: broken }] : [];
    const all = [...module.children.allTests()].map((test) => {
      const { state, errors = [] } = test.result();
      return { file, name: test.fullName, state, errors: errors.map(({ message }) => message) };
    });
    return [...own, ...all];
  });
  const passed = vitest.state.getCountOfFailedTests() === 0 &&
    vitest.state.getUnhandledErrors().length === 0 &&
    modulesRun.length > 0 && modulesRun.every((module) => module.ok());
  await vitest.close();
  return { passed, tests };
}
