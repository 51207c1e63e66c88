/** `dreamos service`: what systemd says of its units, and where they are put. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchdAgent, systemdUnit } from "../../src/cli/service-units.ts";
import { errorKinds } from "../../src/errors.ts";
import { findCommand, parseCommandLine } from "../../src/cli/arguments.ts";
import { commands } from "../../src/cli/commands.ts";
import { blocksOf } from "../docs/pages.ts";
import { runCli } from "./run-cli.ts";

const launcher = fileURLToPath(new URL("../../bin/dreamos", import.meta.url));
const missing = "systemd-analyze is not installed: systemd does not judge the units";
let folder: string;
beforeAll(async () => {
  folder = await Deno.makeTempDir();
});
afterAll(() => Deno.remove(folder, { recursive: true }));

const hasAnalyze = await new Deno.Command("systemd-analyze", { args: ["--version"] }).output()
  .then(({ success }) => success, () => false);

/** What systemd finds wrong with a unit. */
async function verify(text: string, user: boolean): Promise<string> {
  const file = join(folder, "dreamos.service");
  await Deno.writeTextFile(file, text);
  const { code, stdout, stderr } = await new Deno.Command("systemd-analyze", {
    args: ["verify", "--man=no", ...user ? ["--user"] : [], file],
    env: { XDG_RUNTIME_DIR: folder },
  }).output();
  const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  return code === 0 ? said : `${code}: ${said}`;
}

const place = { launcher, home: "/var/lib/a 50% $HOME", args: ["--swarm", "/srv/it's.ts"] };

test("systemd finds nothing wrong with the units", async (context) => {
  if (!hasAnalyze) context.skip(missing);
  expect(await verify(systemdUnit(place, "root"), false)).toBe("");
  expect(await verify(systemdUnit(place, null), true)).toBe("");
  const unit = systemdUnit(place, "root");
  expect(await verify(unit.replace("WatchdogSec", "WatchdogSecs"), false)).toContain("Unknown key");
  expect(await verify(unit.replace(launcher, "/no/dreamos"), false)).toContain("not executable");
});

test("codes that no restart helps are not restarted, 70 is, within a limit", () => {
  for (const user of [null, "dreamos"]) {
    const lines = systemdUnit(place, user).split("\n");
    expect(lines).toContain("Restart=on-failure");
    const { bad_config, usage, intensity_reached } = errorKinds;
    expect(lines).toContain(`RestartPreventExitStatus=${usage.exit} ${bad_config.exit}`);
    expect(intensity_reached.exit).toBe(70);
    expect(lines).toContain("StartLimitBurst=5");
    const exec = lines.find((line) => line.startsWith("ExecStart="))!;
    expect(exec.slice(exec.indexOf(" up "))).toBe(
      ' up --home "/var/lib/a 50%% $$HOME" --swarm "/srv/it\'s.ts"',
    );
  }
});

test("launchd's agent is XML with the same command", () => {
  const text = launchdAgent({ launcher: "/a&b", home: "/<h>", args: [] });
  expect(text).toContain("<string>/a&amp;b</string>\n    <string>up</string>");
  expect(text).toContain("<string>/&lt;h&gt;/logs/up.log</string>");
  // Each tag is closed, in the reverse order.
  const open: string[] = [];
  for (const [, close, name, own] of text.matchAll(/<(\/?)([a-z]+)[^>]*?(\/?)>/g)) {
    if (own) continue;
    if (close) expect(open.pop()).toBe(name);
    else open.push(name!);
  }
  expect(open).toEqual([]);
});

test("the examples in service/ are what the command prints", async () => {
  const read = (name: string) =>
    Deno.readTextFile(new URL(`../../service/${name}`, import.meta.url));
  const example = { launcher: "/opt/dreamos/bin/dreamos", home: "/var/lib/dreamos", args: [] };
  expect(await read("dreamos.service")).toBe(systemdUnit(example, "dreamos"));
  const own = { ...example, home: "/opt/dreamos-home" };
  expect(await read("os.dream.dreamos.plist")).toBe(launchdAgent(own));
});

test("each dreamos command of docs/service.md is one that can be given", async () => {
  const page = await Deno.readTextFile(new URL("../../docs/service.md", import.meta.url));
  const lines = blocksOf("service.md", page).flatMap(({ text }) => text.split("\n"))
    .filter((line) => line.startsWith("dreamos "));
  expect(lines.length).toBeGreaterThan(5);
  for (const line of lines) {
    const words = line.replace(/\s*[#>].*/, "").split(/\s+/).slice(1);
    const { name, rest } = findCommand(words);
    const command = await commands[name!]!.load();
    expect(parseCommandLine(name!, command, rest), line).toHaveProperty("args");
  }
});

test("print and install", async () => {
  const home = join(folder, "home");
  const env = { HOME: folder, XDG_CONFIG_HOME: "" };
  const printed = await runCli(["service", "print", "systemd", "--home", home]);
  expect(printed).toMatchObject({ code: 0, err: "" });
  expect(printed.out).toBe(systemdUnit({ launcher, home, args: [] }, null));
  const install = ["service", "install", "systemd", "--home", home];
  const done = await runCli([...install, "--json"], { env });
  const { file, next } = JSON.parse(done.out);
  expect(file).toBe(join(folder, ".config/systemd/user/dreamos.service"));
  expect(await Deno.readTextFile(file)).toBe(printed.out);
  expect(next).toContain("systemctl --user enable --now dreamos");
  const again = await runCli(install, { env });
  expect(again.code).toBe(78);
  expect(again.err).toContain("it is there already; --force writes over it");
  expect((await runCli([...install, "--force"], { env })).code).toBe(0);
  const apple = await runCli(["service", "install", "launchd", "--home", home], { env });
  expect(apple.out).toContain("launchctl bootstrap");
  for (const args of [["start"], ["print", "upstart"], ["install", "--user", "me"]]) {
    expect((await runCli(["service", ...args], { env })).code).toBe(2);
  }
});
