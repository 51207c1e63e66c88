/** What holds for every command of the table: help, JSON, refusals, exit codes, closed pipes. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { groups } from "../../src/cli/command.ts";
import { commands } from "../../src/cli/commands.ts";
import { printCommandHelp } from "../../src/cli/help.ts";
import { readUpTo } from "../../src/cli/pages.ts";
import type { Tint } from "../../src/cli/tints.ts";
import { errorKinds } from "../../src/errors.ts";
import { blocksOf } from "../docs/pages.ts";
import { openHome, runCli, startCli } from "./run-cli.ts";

const launcher = fileURLToPath(new URL("../../bin/dreamos", import.meta.url));

let service: Awaited<ReturnType<typeof openHome>>;
let folder: string;
beforeAll(async () => {
  service = await openHome();
  folder = await Deno.makeTempDir();
});
afterAll(async () => {
  await service.close();
  await Deno.remove(folder, { recursive: true });
});

const names = Object.keys(commands);
const args = (text: string) => text.split(" ");

/** One good use of each command that wants arguments, with what it ends with. */
const uses: Record<string, { args: string[]; code?: number }> = {
  ask: { args: args("/captain echo {}") },
  backup: { args: ["copy.backup"], code: 1 },
  checkpoints: { args: ["/captain"] },
  completion: { args: ["bash"] },
  delete: { args: ["/nobody"], code: 5 },
  deploy: { args: ["none.ts"], code: 1 },
  drain: { args: ["/captain"] },
  export: { args: ["messages"] },
  history: { args: ["/captain"] },
  init: { args: ["a-swarm"] },
  pause: { args: ["/captain"] },
  recall: { args: ["close"] },
  restart: { args: ["/captain"] },
  restore: { args: ["none.backup"], code: 5 },
  resume: { args: ["/captain"] },
  send: { args: args("/captain echo {}") },
  service: { args: ["print"] },
  spawn: { args: args("counter --as /workers/json") },
  stop: { args: ["/captain"] },
  token: { args: ["list"] },
  trace: { args: ["0af7651916cd43dd8448eb211c80319c"], code: 5 },
};

/** Not run here: they run for long, or draw; where they are tried instead. */
const elsewhere: Record<string, string> = {
  up: "tests/support/service.ts reads its JSON",
  down: "tests/cli/down.test.ts",
  inspect: "tests/e2e/inspect.test.ts",
  test: "tests/e2e/init.test.ts",
  torture: "tests/torture/torture.test.ts",
  bench: "tests/bench/bench.test.ts",
};

const run = (...words: string[]) =>
  runCli([...words, "--json"], { cwd: folder, env: { DREAMOS_HOME: service.home } });

function errorOf(text: string): { code: string; message: string; hint: string } {
  return JSON.parse(text.trimEnd().split("\n").at(-1)!).error;
}

describe.each(names.filter((name) => !(name in elsewhere)))("%s --json", (name) => {
  test("prints JSON alone on stdout, or an error as JSON alone on stderr", async () => {
    const command = await commands[name]!.load();
    const use = uses[name] ?? { args: [] };
    expect(use.args.length, `${name} wants an entry in uses`)
      .toBeGreaterThanOrEqual(command.takes[0]);
    const ended = await run(name, ...use.args);
    if (ended.code === 0) {
      expect(ended.err).toBe("");
      for (const line of ended.out.split("\n").slice(0, -1)) expect(JSON.parse(line)).toBeDefined();
    } else if (ended.out === "") {
      expect(ended.err.split("\n")).toHaveLength(2);
      const error = errorOf(ended.err);
      expect(error).toMatchObject({ message: expect.any(String), hint: expect.any(String) });
      expect(errorKinds[error.code as keyof typeof errorKinds].exit).toBe(ended.code);
      expect(use.code, `${name}: ${error.message}`).toBeDefined();
    } else {
      // A finding is no error: it is told on stdout.
      expect(JSON.parse(ended.out)).toBeDefined();
      expect(ended.code).toBe(1);
    }
  });
});

test("programs that run as commands tell what they refuse as JSON, too", async () => {
  const refused = { bench: ["bench", "no-such-workload"], torture: ["torture", "--agents", "501"] };
  for (const [name, words] of Object.entries(refused)) {
    const { code, out, err } = await run(...words);
    expect({ name, code, out }).toEqual({ name, code: 2, out: "" });
    expect(err.trimEnd().split("\n")).toHaveLength(1);
    expect(errorOf(err)).toMatchObject({ code: "usage", hint: expect.any(String) });
  }
});

describe.each(names)("%s", (name) => {
  test("refuses what it does not know, with 2", async () => {
    const ended = await run(name, "--no-such-option");
    expect(ended).toMatchObject({ code: 2, out: "" });
    expect(errorOf(ended.err)).toMatchObject({ code: "usage" });
  });

  test("has a group, and help with examples, in lines that fit", async () => {
    expect(Object.keys(groups)).toContain(commands[name]!.group);
    const command = await commands[name]!.load();
    const show = (json: boolean) => {
      const lines: string[] = [];
      const print = (text = "") => lines.push(text);
      const terminal = {
        ...{ print, note: print, status: print, isClosed: false, columns: null },
        tint: (_: Tint, text: string) => text,
      };
      expect(printCommandHelp(name, command, terminal, json)).toBe(0);
      return lines;
    };
    expect(show(false).join("\n")).toMatch(/^Examples?:\n {2}\S/m);
    expect(show(false).filter((line) => line.length > 118)).toEqual([]);
    const [json, ...none] = show(true);
    expect(JSON.parse(json!)).toMatchObject({ name, examples: expect.any(Array) });
    expect(none).toEqual([]);
  });

  test("says that nothing runs, with 3 and the next step", async () => {
    const command = await commands[name]!.load();
    if (command.isLocal || name === "inspect") return;
    const words = uses[name]?.args ?? [];
    const ended = await runCli([name, ...words, "--home", join(folder, "nothing")], {
      cwd: folder,
    });
    expect(ended).toMatchObject({ code: 3, out: "" });
    expect(ended.err).toContain("Nothing runs in");
    expect(ended.err).toContain("hint: Start it: dreamos up");
  });
});

test("exit codes are those of the design, and the help of every command names them", async () => {
  const exits = new Set(Object.values(errorKinds).map(({ exit }) => exit as number));
  expect([...exits].sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 70, 78]);
  const { out } = await runCli(["ps", "--help"]);
  expect((await runCli(["ps", "--help", "--json"])).out).toBe((await run("help", "ps")).out);
  for (const code of exits) expect(out).toMatch(new RegExp(`Exit codes:.*\\b${code} `));
});

test("docs/commands.md has the exit codes, and an error as it is", async () => {
  const page = await Deno.readTextFile(new URL("../../docs/commands.md", import.meta.url));
  const codes = Array.from(page.matchAll(/^\| (\d+) +\|/gm), (match) => Number(match[1]));
  const exits = Object.values(errorKinds).map(({ exit }) => exit as number);
  expect(codes).toEqual([...new Set([0, ...exits])].sort((a, b) => a - b));
  const [block] = blocksOf("commands.md", page);
  const shown = JSON.parse(block!.text).error;
  const { err } = await runCli(["ps", "--json", "--home", join(folder, "nothing")]);
  expect(Object.keys(errorOf(err))).toEqual(Object.keys(shown));
  expect(errorOf(err)).toMatchObject({ code: shown.code, hint: shown.hint });
});

test("a reader that leaves is no failure", async () => {
  // Large enough that it does not fit into a pipe at once.
  const rows = Array.from({ length: 3_000 }, (_, i) => ({
    atMs: 1_700_000_000_000 + i,
    type: "agent.failed",
    address: "/w/1",
    data: JSON.stringify({ text: "x".repeat(200) }),
  }));
  await service.door.control.store.commit(rows.map((row) => ({ op: "event" as const, row })));
  const follow = ["events", "--since", "0", "--follow"];
  for (const words of [["events", "--since", "0"], follow, ["help"], ["status", "--json"]]) {
    const child = startCli([...words, "--home", service.home]);
    const reader = child.stdout.getReader();
    await reader.read();
    await reader.cancel();
    const [{ code }, err] = await Promise.all([
      child.status,
      new Response(child.stderr).text(),
    ]);
    expect({ words, code, err }).toEqual({ words, code: 0, err: "" });
  }
});

test("output that cannot be written is told in one line", async (context) => {
  if (Deno.build.os !== "linux") context.skip("only Linux has a device that is always full");
  const { code, stderr } = await new Deno.Command("sh", {
    args: ["-c", 'exec "$0" tree --home "$1" > /dev/full', launcher, service.home],
  }).output();
  expect(code).toBe(1);
  expect(new TextDecoder().decode(stderr)).toMatch(
    /^dreamos: storage_unavailable: Cannot write the output: its disk is full\nhint: .*\n$/,
  );
});

test("lists go on beyond one page of the API, to the limit that is asked for", async () => {
  const all = Array.from({ length: 2_500 }, (_, i) => i);
  const read = ({ limit, cursor = "0" }: { limit: number; cursor?: string }) => {
    expect(limit).toBeLessThanOrEqual(1_000);
    const end = Number(cursor) + limit;
    const nextCursor = end < all.length ? String(end) : null;
    return Promise.resolve({ items: all.slice(Number(cursor), end), nextCursor });
  };
  expect(await readUpTo(1_700, read)).toEqual({ items: all.slice(0, 1_700), nextCursor: "1700" });
  expect(await readUpTo(9_000, read)).toEqual({ items: all, nextCursor: null });
});

test("nothing is coloured for pipes, NO_COLOR or dumb terminals", async () => {
  const all: Record<string, string>[] = [{}, { NO_COLOR: "1" }, { TERM: "dumb" }];
  for (const env of all) {
    const { out } = await runCli(["tree", "--home", service.home], { env });
    expect(out).not.toContain("\x1b");
  }
});
