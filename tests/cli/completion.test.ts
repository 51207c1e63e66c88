/** Completion as people meet it: real shells in a real terminal, and what they are told. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { commands } from "../../src/cli/commands.ts";
import { placesOf } from "../../src/cli/usage-places.ts";
import { optionsOf } from "../../src/cli/arguments.ts";
import { missingTmux, Tmux } from "../support/tmux.ts";
import { openHome, runCli } from "./run-cli.ts";

const bin = fileURLToPath(new URL("../../bin", import.meta.url));
let service: Awaited<ReturnType<typeof openHome>>;
let folder: string;
beforeAll(async () => {
  service = await openHome();
  folder = await Deno.makeTempDir();
  await Deno.writeTextFile(join(folder, "my-swarm.ts"), "");
  await Deno.mkdir(join(folder, "my-home"));
});
afterAll(async () => {
  await service.close();
  await Deno.remove(folder, { recursive: true });
});

/** What is offered after `dreamos WORDS`, the last word being typed. */
async function offered(...words: string[]): Promise<{ offers: string[]; paths: string | null }> {
  const ended = await runCli(["completion", "offers", "--json", "--", ...words], {
    env: { DREAMOS_HOME: service.home },
    cwd: folder,
  });
  expect(ended).toMatchObject({ code: 0, err: "" });
  const { offers, paths } = JSON.parse(ended.out);
  return { offers: offers.map(({ text }: { text: string }) => text), paths };
}

describe("what is offered", () => {
  test.each<[string[], string[]]>([
    [["sta"], ["status"]],
    [["status", "/c"], ["/captain"]],
    [["send", "/captain", ""], ["echo"]],
    [["send", "--la"], ["--lane"]],
    [["send", "--lane", "h"], ["high"]],
    [["send", "--lane=h"], ["--lane=high"]],
    [["--home", "x", "pau"], ["pause"]],
    [["ps", "--json", "--js"], []],
    [["deadletters", "re"], ["replay"]],
    [["deadletters", "show", ""], ["1"]],
    [["deadletters", "replay", "7", ""], ["1"]],
    [["spawn", "count", "--as", "/w"], ["/workers"]],
    [["config", "get", "por"], ["port"]],
    [["service", "print", "sy"], ["systemd"]],
    [["help", "vers"], ["version"]],
    [["send", "--", "--la"], []],
    [["nonsense", ""], []],
  ])("%j", async (words, wanted) => {
    expect((await offered(...words)).offers).toEqual(wanted);
  });

  test("paths are left to the shell", async () => {
    expect(await offered("deploy", "")).toMatchObject({ paths: "files" });
    expect(await offered("up", "--swarm=m")).toMatchObject({ paths: "files" });
    expect(await offered("ps", "--home", "")).toMatchObject({ offers: [], paths: "folders" });
    expect(await offered("init", "")).toMatchObject({ paths: "folders" });
  });

  test("without a service, or with one that does not answer, nothing is, and soon", async () => {
    const silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const url = `http://127.0.0.1:${(silent.addr as Deno.NetAddr).port}`;
    expect((await offered("status", "--url", url, "--token", "t", "")).offers).toEqual([]);
    silent.close();
    expect((await offered("status", "--url", url, "--token", "t", "")).offers).toEqual([]);
    expect((await offered("status", "--home", folder, "")).offers).toEqual([]);
  });

  test("the usage of every command can be read", async () => {
    for (const [name, { load }] of Object.entries(commands)) {
      const command = await load();
      const places = placesOf(command.usage, [], optionsOf(command));
      const strange = places.filter((place) => !/^(?:[a-z-]+|[A-Z-]+)$/.test(place));
      expect(strange, `${name}: ${command.usage}`).toEqual([]);
      expect(places.length === 0, name).toBe(command.takes[1] === 0);
    }
  });
});

/** Each with nothing of anybody's own configuration, and how it learns to complete. */
const shells: [program: string[], setup: string][] = [
  [["bash", "--norc", "--noprofile", "-i"], "source <(dreamos completion bash)"],
  [
    ["zsh", "-f", "-i"],
    "autoload -U compinit && compinit -u -D && source <(dreamos completion zsh)",
  ],
  [["fish", "--no-config", "-i"], "dreamos completion fish | source"],
];

async function missingShell(name: string): Promise<string | null> {
  const isThere = await new Deno.Command(name, { args: ["--version"] }).output()
    .then(({ success }) => success, () => false);
  return isThere ? null : `${name} is not installed: completion in it is not tried`;
}

describe.each(shells)("in %j", (program, setup) => {
  test("commands, options, values, addresses and paths", async (context) => {
    const missing = await missingShell(program[0]!) ?? await missingTmux();
    if (missing) context.skip(missing);
    const PATH = `${bin}:${Deno.env.get("PATH")}`;
    const env = { PATH, DREAMOS_HOME: service.home, HOME: folder, PS1: "> " };
    const shell = await Tmux.open({ program, env, cwd: folder, columns: 160, rows: 50 });
    const see = (what: string, look: (lines: string[]) => boolean) =>
      shell.until((screen) => look(screen.split("\n")), { what });
    try {
      await shell.type(`${setup} && echo "o""k"`);
      await shell.press("Enter");
      await see("the script is loaded", (lines) => lines.some((line) => line === "ok"));
      const cases: [string, string][] = [
        ["dreamos stat", "dreamos status "],
        ["dreamos status /cap", "dreamos status /captain"],
        ["dreamos send /captain ec", "dreamos send /captain echo"],
        ["dreamos send --lane no", "dreamos send --lane normal"],
        ["dreamos send --lane=no", "dreamos send --lane=normal"],
        ["dreamos up --wat", "dreamos up --watch"],
        ["dreamos deploy my-s", "dreamos deploy my-swarm.ts"],
        ["dreamos up --swarm=my-s", "dreamos up --swarm=my-swarm.ts"],
        ["dreamos ps --home my-h", "dreamos ps --home my-home/"],
      ];
      for (const [typed, whole] of cases) {
        await shell.type(typed);
        await shell.press("Tab");
        await see(
          `${typed} becomes ${whole}`,
          (lines) =>
            lines.some((line) => line.replace(/^[^>#]*[>#] ?/, "").startsWith(whole.trimEnd())),
        );
        await shell.press("C-u", "C-l");
        await see("a clean line", (lines) => !lines.some((line) => line.includes(typed)));
      }
    } finally {
      await shell.close();
    }
  }, 60_000);
});
