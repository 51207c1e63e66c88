/** The closing line of `npm test`: true numbers, from a real run of vitest. */
import { execFile } from "node:child_process";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkout } from "./source.ts";

const root = decodeURIComponent(checkout.pathname);
let folder: string;

const files = {
  "good.test.mjs": 'import { test } from "vitest";\ntest("a", () => {});\ntest("b", () => {});\n' +
    'test("c", (context) => context.skip("not on this machine"));\n',
  "bad.test.mjs": 'import { test } from "vitest";\ntest("a", () => { throw new Error("no"); });\n',
  "unloadable.test.mjs": 'import "./gone.mjs";\n',
  "config.mjs": 'export default { test: { pool: "forks", include: ["**/*.test.mjs"] } };\n',
};

beforeAll(async () => {
  folder = await Deno.makeTempDir();
  await Deno.symlink(`${root}node_modules`, `${folder}/node_modules`);
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeTextFile(`${folder}/${name}`, text);
  }
});
afterAll(() => Deno.remove(folder, { recursive: true }));

async function runTests(...names: string[]) {
  const vitest = [`${root}node_modules/vitest/vitest.mjs`, "run", "--config", "config.mjs"];
  const args = ["run", "-A", ...vitest, `--reporter=${root}scripts/tally.mjs`, ...names];
  const env = { ...Deno.env.toObject(), HOUSE_TALLY: `${folder}/tally.json` };
  const ended = await new Promise<{ code: number; lines: string[] }>((resolve) =>
    execFile(Deno.execPath(), args, { cwd: folder, env }, (error, stdout) => {
      resolve({ code: error ? Number(error.code) : 0, lines: stdout.trimEnd().split("\n") });
    })
  );
  return { ...ended, tally: JSON.parse(await Deno.readTextFile(`${folder}/tally.json`)) };
}

test("counts failed tests, and files that could not be loaded as one each", async () => {
  const { code, lines, tally } = await runTests();
  expect(lines.slice(-2)).toEqual(["1 skipped", "2 passed, 2 failed"]);
  expect({ code, tally }).toEqual({ code: 1, tally: { passed: 2, failed: 2, skipped: 1 } });
});

test("ends with 0 when nothing failed", async () => {
  const { code, lines } = await runTests("good");
  expect({ code, last: lines.at(-1) }).toEqual({ code: 0, last: "2 passed, 0 failed" });
});
