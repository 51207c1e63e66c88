/** bin/dreamos: rights, exit codes, signals, links to it, a checkout without node_modules. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { commands } from "../../src/cli/commands.ts";
import { openHome } from "./run-cli.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const launcher = join(root, "bin/dreamos");

let service: Awaited<ReturnType<typeof openHome>>;
beforeAll(async () => {
  service = await openHome();
});
afterAll(() => service.close());

function start(file: string, args: string[], cwd = root): Deno.ChildProcess {
  return new Deno.Command(file, {
    args,
    cwd,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

async function run(file: string, args: string[], cwd?: string) {
  const { code, stdout, stderr } = await start(file, args, cwd).output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

describe("bin/dreamos", () => {
  it("runs commands from any folder with the rights they need", async () => {
    for (const command of ["ps", "tree", "status", "deadletters"]) {
      const ended = await run(launcher, [command, "--home", service.home], service.home);
      expect(ended).toMatchObject({ code: 0, err: "" });
    }
    const sent = await run(launcher, ["send", "/captain", "echo", "{}", "--home", service.home]);
    expect(sent.code).toBe(0);
  });

  it("hands on the exit code and takes HOME from the folder it is in", async () => {
    const ended = await run(launcher, ["ps"], service.home);
    expect(ended.code).toBe(3);
    expect(ended.err).toContain(join(service.home, "runtime"));
    expect((await run(launcher, ["pss"])).code).toBe(2);
  });

  it.each([["SIGINT", 130], ["SIGTERM", 143]] as const)("hands on %s", async (signal, code) => {
    const asked = Promise.withResolvers<void>();
    service.door.control.onShutdown = asked.resolve;
    // Waits for the end of this very test process, which does not come.
    const child = start(launcher, ["down", "--home", service.home]);
    await asked.promise;
    child.kill(signal);
    const ended = await child.output();
    expect(ended.code).toBe(code);
  });

  it("is found through links, from folders with spaces", async () => {
    const folder = await Deno.makeTempDir({ prefix: "a b " });
    await Deno.symlink(launcher, join(folder, "first"));
    await Deno.symlink("first", join(folder, "second"));
    const ended = await run(join(folder, "second"), ["version", "--json"], folder);
    expect(ended).toMatchObject({ code: 0, err: "" });
    await Deno.remove(folder, { recursive: true });
  });

  it("gives few rights to commands that only ask the service, wherever --home stands", async () => {
    const text = await Deno.readTextFile(launcher);
    const [, list] = /\n {2}'' \| ([a-z |\\\n]+)\)\n {4}rights="--allow-read/.exec(text)!;
    const asking = list!.split("|").map((word) => word.replaceAll(/[\s\\]/g, ""));
    expect(asking.filter((name) => !Object.hasOwn(commands, name))).toEqual([]);
    expect(asking.length).toBeGreaterThan(15);
    // "ps" is no value of --home here, "up" is one.
    const ended = await run(launcher, ["--home", "up", "--json", "ps"], service.home);
    expect(ended.code).toBe(3);
    expect(ended.err).toContain(join(service.home, "up"));
  });

  it("says how to install when node_modules is missing", async () => {
    const bare = await Deno.makeTempDir();
    await Deno.mkdir(join(bare, "bin"));
    await Deno.copyFile(launcher, join(bare, "bin/dreamos"));
    const ended = await run(join(bare, "bin/dreamos"), ["ps"]);
    expect(ended).toMatchObject({ code: 1, out: "" });
    expect(ended.err).toContain("npm ci");
    await Deno.remove(bare, { recursive: true });
  });
});
