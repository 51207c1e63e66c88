/**
 * Every block of code in docs/ is run: files are written, compiled and tested, commands are run in
 * a shell against a real service, and what is shown is compared with what is printed.
 */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { runCli } from "../cli/run-cli.ts";
import { readSources } from "../house/source.ts";
import { eventually } from "../support/eventually.ts";
import { isRunning, kill9, markOf, processesNaming } from "../support/processes.ts";
import { type Block, blocksOf, type Command, commandsOf, isAsShown } from "./pages.ts";

const root = new URL("../../", import.meta.url);

/** Pages whose blocks are run here. */
const run = ["first-agent.md", "xstate-users.md"];
async function read(page: string): Promise<Block[]> {
  return blocksOf(page, await Deno.readTextFile(new URL(`docs/${page}`, root)));
}

test("no block of docs/ is left out: each other page has a test that names it", async () => {
  const tests = (await readSources()).filter(({ path }) => path.startsWith("tests/"));
  for await (const { name } of Deno.readDir(new URL("docs/", root))) {
    if (!name.endsWith(".md") || run.includes(name)) continue;
    if ((await read(name)).length === 0) continue;
    const by = tests.filter(({ text }) => text.includes(`docs/${name}`)).map(({ path }) => path);
    expect(by, `docs/${name} has blocks that nothing runs`).not.toEqual([]);
  }
});

test("what is shown is compared, and not only looked at", () => {
  const shown = ["{", '  "cups": 1', "}"];
  expect(isAsShown(shown, '{\n  "cups": 1\n}\n')).toBe(true);
  expect(isAsShown(shown, '{\n  "cups": 2\n}\n')).toBe(false);
  expect(isAsShown([], "something\n")).toBe(false);
  expect(isAsShown(["…", "b…", "…"], "a\nbc\nd\n")).toBe(true);
  expect(isAsShown(["…", "b…", "…"], "a\nc\nd\n")).toBe(false);
});

/** A folder with the page's files, and a shell in it that knows `dreamos`. */
class Desk {
  readonly folder: string;
  readonly #bin: string;

  private constructor(folder: string, bin: string) {
    this.folder = folder;
    this.#bin = bin;
  }

  static async open(blocks: readonly Block[]): Promise<Desk> {
    const base = await Deno.realPath(await Deno.makeTempDir());
    const desk = new Desk(join(base, "desk"), join(base, "bin"));
    await Deno.mkdir(desk.folder);
    await Deno.mkdir(desk.#bin);
    const main = fileURLToPath(new URL("src/cli/main.ts", root));
    const script = `#!/bin/sh\nexec "${Deno.execPath()}" run --quiet -A "${main}" "$@"\n`;
    await Deno.writeTextFile(join(desk.#bin, "dreamos"), script, { mode: 0o755 });
    for (const { lang, info, text } of blocks) {
      if (lang !== "ts") continue;
      const path = join(desk.folder, info);
      await Deno.mkdir(dirname(path), { recursive: true });
      await Deno.writeTextFile(path, text);
    }
    return desk;
  }

  #shell(command: string): Deno.ChildProcess {
    const env = Object.entries(Deno.env.toObject())
      .filter(([name]) => !name.startsWith("DREAMOS_") && name !== "FORCE_COLOR");
    return new Deno.Command("sh", {
      args: ["-c", `exec 2>&1; ${command}`],
      cwd: this.folder,
      clearEnv: true,
      env: {
        ...Object.fromEntries(env),
        NO_COLOR: "1",
        PATH: `${this.#bin}:${Deno.env.get("PATH")}`,
      },
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
  }

  /** Runs one command as a reader would, who types no faster than what is killed is gone. */
  async run({ command, wanted }: Command): Promise<void> {
    const { stdout } = await this.#shell(command).output();
    const seen = new TextDecoder().decode(stdout);
    expect(isAsShown(wanted, seen), `$ ${command}\n${seen}`).toBe(true);
    if (!command.startsWith("kill ")) return;
    const mark = await Deno.readTextFile(join(this.folder, "runtime/service.json"));
    await eventually(() => markOf(JSON.parse(mark).pid) === null, {
      what: `the end by ${command}`,
    });
  }

  async close(): Promise<void> {
    await eventually(
      () => processesNaming(this.folder).every((mark) => !(kill9(mark) || isRunning(mark))),
      { what: "the end of what the page started" },
    );
    await Deno.remove(dirname(this.folder), { recursive: true });
  }
}

describe.each(run)("docs/%s", (page) => {
  test("names its files, and has blocks that can be run alone", async () => {
    for (const { line, lang, info } of await read(page)) {
      expect(["ts", "console"], `${page}:${line}`).toContain(lang);
      if (lang === "ts") expect(info, `${page}:${line}`).toMatch(/^[\w/-]+(\.test)?\.ts$/);
    }
  });

  test("compiles, passes its own tests, and prints what it shows", async () => {
    const blocks = await read(page);
    const desk = await Desk.open(blocks);
    try {
      const tested = await runCli(["test"], { cwd: desk.folder });
      expect(tested.code, tested.out + tested.err).toBe(0);
      for (const block of blocks.filter(({ lang }) => lang === "console")) {
        for (const command of commandsOf(block)) await desk.run(command);
      }
    } finally {
      await desk.close();
    }
  }, 240_000);
});
