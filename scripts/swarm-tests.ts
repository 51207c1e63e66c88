/**
 * Compiles and tests a swarm outside of this checkout with what is installed here: `dreamos`,
 * `xstate`, `zod` and `vitest` are those of this installation, so that a swarm needs no packages of
 * its own. Run by `dreamos test`: FOLDER, then file filters; `--no-check` leaves compiling out.
 */
import { fileURLToPath, pathToFileURL } from "node:url";
import { startVitest } from "vitest/node";
import { sourcesOf } from "./swarm-sources.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const [folder, ...rest] = Deno.args;
const filters = rest.filter((arg) => arg !== "--no-check");
const checked = rest.includes("--no-check") || await compile(folder!);
const passed = checked && await runTests(folder!);
Deno.exit(passed ? 0 : 1);

/** Wrong message types are errors of the compiler, so a test run begins with it. */
async function compile(folder: string): Promise<boolean> {
  const files = await sourcesOf(folder);
  if (files.length === 0) return true;
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
    const { success } = await new Deno.Command(Deno.execPath(), {
      args: ["check", "--quiet", "--config", `${root}deno.json`, "--import-map", map, ...files],
    }).spawn().status;
    return success;
  } finally {
    await Deno.remove(map);
  }
}

async function runTests(folder: string): Promise<boolean> {
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
  const isGood = vitest.state.getCountOfFailedTests() === 0 &&
    vitest.state.getUnhandledErrors().length === 0 &&
    vitest.state.getTestModules().length > 0 &&
    vitest.state.getTestModules().every((module) => module.ok());
  await vitest.close();
  return isGood;
}
