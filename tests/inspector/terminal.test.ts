/** The inspector in a real terminal: odd sizes, odd names, lost services, and every way to end. */
import process from "node:process";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test, type TestContext } from "vitest";
import { type OpenDoor, openDoorTo } from "../api/open-door.ts";
import { runCli, writeMark } from "../cli/run-cli.ts";
import { eventually } from "../support/eventually.ts";
import { familyOf } from "../support/processes.ts";
import { missingTmux, Tmux } from "../support/tmux.ts";
import { OddControl } from "./odd-control.ts";
import { agent, pool, tree } from "./scene.ts";

const launcher = fileURLToPath(new URL("../../bin/dreamos", import.meta.url));
const missing = await missingTmux();
let home: string;
let control: OddControl;
let door: OpenDoor<OddControl>;
let tmux: Tmux;

const few = tree(agent("/captain"), pool("/workers", [agent("/workers/a"), agent("/workers/b")]));

beforeEach(async () => {
  if (missing) return;
  home = await Deno.makeTempDir();
  await openService(few);
  tmux = await Tmux.open();
});

afterEach(async () => {
  await tmux?.close();
  await door?.shutdown();
  if (home) await Deno.remove(home, { recursive: true });
});

async function openService(shown: typeof few): Promise<void> {
  control = new OddControl(shown);
  door = openDoorTo(control, control.tokens);
  await writeMark(home, door.url, Deno.pid, door.token);
}

async function inspect(inTerminal = tmux, ...args: string[]): Promise<void> {
  await inTerminal.command(`${launcher} inspect --home ${home} ${args.join(" ")}`);
  await inTerminal.until(/Dream\.OS up/);
}

const needsTmux = (context: TestContext) => {
  if (missing) context.skip(missing);
};

/** The shell has its terminal back: its screen, its cursor, and letters are seen when typed. */
async function isRestored(code: number): Promise<void> {
  await eventually(async () => !await tmux.isFullScreen(), { what: "the shell's own screen" });
  await tmux.command('echo "code $?"; stty -a | grep -cE " -(echo|icanon|isig)( |$)"');
  await tmux.until(new RegExp(`^code ${code}\\n0$`, "m"));
  expect(await tmux.cursor()).not.toBeNull();
}

async function pidOfInspector(): Promise<number> {
  const shell = await tmux.pid();
  const family = await eventually(() => {
    const found = familyOf(shell).filter(({ pid }) => pid !== shell);
    return found.length > 0 && found;
  });
  return family[0]!.pid;
}

describe("endings give the terminal back", () => {
  test("q, Ctrl-C, SIGTERM, SIGHUP, Ctrl-Z and fg", async (context) => {
    needsTmux(context);
    await tmux.command("echo before");
    await inspect();
    await tmux.press("C-z");
    await tmux.until(/Stopped/);
    expect(await tmux.isFullScreen()).toBe(false);
    await isRestored(148);
    await tmux.command("fg");
    await tmux.until(/● captain/);
    await tmux.press("j");
    await tmux.press("q");
    await isRestored(0);
    expect(await tmux.screen()).toContain("before");
    for (const [signal, code] of [["SIGTERM", 143], ["SIGHUP", 129], ["SIGINT", 130]] as const) {
      await inspect();
      process.kill(await pidOfInspector(), signal);
      await isRestored(code);
    }
    await inspect();
    await tmux.press("C-c");
    await isRestored(0);
  }, 60_000);

  test("a crash of its own, and says which", async (context) => {
    needsTmux(context);
    control.isDamaged = true;
    await inspect(tmux, "/captain");
    await tmux.press("Enter");
    await tmux.until(/\[1 machine\]/);
    await tmux.press("3");
    await tmux.until(/dreamos: internal:/);
    await tmux.command("clear");
    await isRestored(0);
  }, 60_000);
});

describe("what it cannot do is told", () => {
  test("without a terminal, on a dumb one, without a service", async (context) => {
    needsTmux(context);
    expect(await runCli(["inspect", "--home", home])).toMatchObject({
      code: 2,
      out: "",
      err: expect.stringMatching(/no_terminal: .*not both a terminal\nhint: Use dreamos tree/),
    });
    await tmux.command(`TERM=dumb ${launcher} inspect --home ${home}; echo "code $?"`);
    const screen = await tmux.until(/code 2/);
    expect(screen).toMatch(/no_terminal: .*TERM=dumb[^]*Use dreamos tree/);
    await tmux.command(`clear; ${launcher} inspect --home ${home}/none; echo "code $?"`);
    expect(await tmux.until(/code 3/)).toMatch(/not_running/);
  }, 60_000);
});

describe("sizes and names", () => {
  test("20×5, and resizing while it draws", async (context) => {
    needsTmux(context);
    await inspect();
    let turns = 0;
    const sizes = [[20, 5], [200, 60], [33, 9], [1, 1], [120, 12], [20, 5]] as const;
    for (const [columns, rows] of sizes) {
      await tmux.resize(columns, rows);
      for (let i = 0; i < 5; i++) {
        control.tell({
          agents: [{
            ...{ address: "/workers/a", kind: "worker", status: "running", mailboxDepth: ++turns },
            ...{ oldestAtMs: null, turnsPerS: turns, restarts: 0, hostPid: null },
            ...{ blockedOn: null, error: null },
          }],
        });
        await tmux.screen();
      }
    }
    await tmux.until((screen) =>
      /^Dream\.OS up.*\n● \/\n {2}● captain\n {2}● workers\n\? help/.test(screen)
    );
    await tmux.resize(80, 24);
    await tmux.until(new RegExp(`a +running +${turns} `));
    await tmux.until(/^\? help/m);
  }, 60_000);

  test(
    "wide and right-to-left names, 300 characters, 10,000 agents, two screens",
    async (context) => {
      needsTmux(context);
      const [long, longer] = ["x".repeat(120), "y".repeat(128)];
      const many = Array.from({ length: 9_999 }, (_, i) => agent(`/many/w-${i}`));
      control.shown = tree(
        pool("/日本語", [agent("/日本語/作家"), agent("/日本語/עברית"), agent("/日本語/العربية")]),
        pool(`/${long}`, [agent(`/${long}/${longer}`, { status: "parked" })]),
        pool("/many", many),
        agent("/captain"),
      );
      const other = await Tmux.open({ columns: 120, rows: 30 });
      try {
        await Promise.all([inspect(), inspect(other)]);
        const screen = await tmux.until(/作家/);
        const rows = screen.split("\n").filter((line) => /running|parked/.test(line));
        expect(rows.slice(0, 4).map((line) => line.trim().replaceAll(/ +/g, " "))).toEqual([
          "● / running",
          "● 日本語 running",
          "● 作家 running",
          "● עברית running",
        ]);
        await tmux.press("n");
        await tmux.press("Enter");
        await tmux.until(/■ …y+ {2}parked/);
        await other.press("G");
        await other.until(/w-9998 .*\n {2}● captain/);
        await other.press("p");
        await eventually(() => control.verbs.some(({ address }) => address === "/captain"));
        await tmux.until(/Dream\.OS up/);
      } finally {
        await other.close();
      }
    },
    60_000,
  );

  test("tree into a reader that leaves", async (context) => {
    needsTmux(context);
    control.shown = tree(
      pool("/many", Array.from({ length: 10_000 }, (_, i) => agent(`/many/${i}`))),
    );
    await tmux.command(`${launcher} tree --home ${home} | head -1; echo "code \${PIPESTATUS[0]}"`);
    expect(await tmux.until(/code 0/)).toMatch(/^\/ running type=supervisor.*\ncode 0$/m);
    await tmux.command(`clear; ${launcher} tree --home ${home} | tail -1`);
    await tmux.until(/^ {4}\/many\/9999 running type=agent kind=worker$/m);
  }, 60_000);
});

describe("a service that goes away", () => {
  test("is said while it is silent and while it is gone; it connects again", async (context) => {
    needsTmux(context);
    await inspect();
    const silence = Promise.withResolvers<void>();
    control.answers = silence.promise;
    await tmux.until(/SERVICE LOST.*has not answered/, { deadlineMs: 20_000 });
    // What was known stays.
    expect(await tmux.screen()).toContain("● captain");
    silence.resolve();
    await tmux.until((screen) => !screen.includes("SERVICE LOST") && /Dream\.OS up/.test(screen));
    await door.shutdown();
    await tmux.until(/SERVICE LOST/);
    await openService(tree(agent("/another")));
    await tmux.until(/^Dream\.OS up[^]*● another/, { deadlineMs: 20_000 });
  }, 90_000);
});
