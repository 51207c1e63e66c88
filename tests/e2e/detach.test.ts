/** `dreamos up --detach`, `status` and `down`: a service without a terminal. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCli } from "../cli/run-cli.ts";
import { eventually } from "../support/eventually.ts";
import { processesNaming } from "../support/processes.ts";

const lamp = fileURLToPath(new URL("../fixtures/swarm-inspected/swarm.ts", import.meta.url));
let folder: string;
let home: string;
beforeAll(async () => {
  folder = await Deno.makeTempDir();
  home = join(folder, "a home");
});
afterAll(async () => {
  await runCli(["down", "--home", home]);
  await Deno.remove(folder, { recursive: true });
});

const up = (...args: string[]) =>
  runCli(["up", "--detach", "--home", home, "--port", "0", ...args]);

test("what is wrong is said at once, with the exit code of the failure", async () => {
  const config = await up("--limit", "mailbx=1");
  expect(config).toMatchObject({ code: 78, out: "" });
  expect(config.err).toContain("did you mean --limit mailbox?");
  const swarm = await up("--swarm", join(folder, "none.ts"), "--json");
  expect(swarm).toMatchObject({ code: 78, out: "" });
  expect(JSON.parse(swarm.err).error.code).toBe("bad_swarm");
  await Deno.writeTextFile(join(folder, "file"), "");
  const place = await runCli(["up", "--detach", "--home", join(folder, "file")]);
  expect(place).toMatchObject({ code: 78, out: "" });
  expect((await runCli(["up", "--wait", "1s", "--home", home])).code).toBe(2);
}, 60_000);

test("it returns when all is up, and the service has neither terminal nor parent", async () => {
  const done = await up(lamp, "--limit", "mailbox=9", "--limit", "drainMs=1s");
  expect(done.err).toBe("Starting …\n");
  expect(done.code).toBe(0);
  const pid = Number(/^Dream.OS is up, as process (\d+)\n/.exec(done.out)![1]);
  expect(done.out).toContain(`dreamos down --home '${home}'`);
  // The arguments arrived there.
  expect((await runCli(["status", "/lamp", "--home", home])).code).toBe(0);
  if (Deno.build.os === "linux") {
    const stat = await Deno.readTextFile(`/proc/${pid}/stat`);
    const [, , , session, terminal] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    // A terminal's end is told to its session only.
    expect([session, terminal]).toEqual([String(pid), "0"]);
  }
  const status = await runCli(["status", "--home", home, "--json"]);
  expect(JSON.parse(status.out)).toMatchObject({ pid, version: expect.any(String) });
  const twice = await up("--json");
  expect(twice.code).toBe(1);
  expect(JSON.parse(twice.err).error.code).toBe("home_in_use");
  expect((await runCli(["status", "--home", home])).out).toMatch(/started +\d+m?s ago/);
}, 90_000);

test("down returns when nothing of it is left", async () => {
  const ended = await runCli(["down", "--home", home]);
  expect(ended).toMatchObject({ code: 0, err: "" });
  await eventually(() => processesNaming(home).length === 0);
  expect((await runCli(["status", "--home", home])).code).toBe(3);
}, 60_000);

test("it says when the start takes longer than one waits", async () => {
  const late = await up(lamp, "--wait", "1ms", "--json");
  expect(late).toMatchObject({ code: 6, out: "" });
  expect(JSON.parse(late.err).error).toMatchObject({
    code: "not_ready",
    details: { pid: expect.any(Number) },
  });
  await eventually(async () => (await runCli(["status", "--home", home])).code === 0);
  expect((await runCli(["down", "--home", home])).code).toBe(0);
}, 90_000);
