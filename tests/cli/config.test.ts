/** `dreamos config`: what holds and why, and a file that no slip gets into. */
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { configKeys } from "../../src/config.ts";
import { runCli } from "./run-cli.ts";

let home: string;
beforeEach(async () => {
  home = join(await Deno.makeTempDir(), "home");
});
afterEach(() => Deno.remove(join(home, ".."), { recursive: true }));

const run = (args: string[], env: Record<string, string> = {}) =>
  runCli(["config", ...args, "--home", home], { env });
const file = () => Deno.readTextFile(join(home, "config.json")).then(JSON.parse);

test("lists every key with its value and where it comes from; secrets stay hidden", async () => {
  expect((await run(["set", "port", "7500"])).code).toBe(0);
  expect((await run(["set", "mailbox", "50"])).code).toBe(0);
  const env = {
    DREAMOS_LIMITS_MAILBOX: "60",
    DREAMOS_TOKEN: "very-secret",
    DREAMOS_URL: "http://a",
  };
  const { items, variables } = JSON.parse((await run(["--json"], env)).out);
  expect(items.map(({ key }: { key: string }) => key)).toEqual(configKeys);
  const by = Object.fromEntries(items.map((item: { key: string }) => [item.key, item]));
  expect(by.port).toMatchObject({ value: 7500, origin: join(home, "config.json"), isOwn: true });
  expect(by["limits.mailbox"]).toMatchObject({ value: 60, origin: "DREAMOS_LIMITS_MAILBOX" });
  expect(by["limits.drainMs"]).toMatchObject({ value: 10_000, origin: "default", isOwn: false });
  expect(variables).toContainEqual({ name: "DREAMOS_TOKEN", value: "(hidden)" });
  const { out } = await run(["list", "--set"], env);
  expect(out).toMatch(/^KEY +FROM +VALUE\nport +\S+config\.json +7500\n/);
  expect(out).toMatch(/limits\.mailbox +DREAMOS_LIMITS_MAILBOX +60\n/);
  expect(out).not.toContain("very-secret");
  expect(out).not.toContain("drainMs");
});

test("sets, gets and unsets; the file is its owner's, durations stay as written", async () => {
  await run(["set", "limits.turnDeadlineMs", "30s"]);
  await run(["set", "inbox", "./notes"]);
  expect(await file()).toEqual({
    limits: { turnDeadlineMs: "30s" },
    inbox: expect.stringMatching(/^\/.*\/notes$/),
  });
  expect((await Deno.stat(join(home, "config.json"))).mode! & 0o777).toBe(0o600);
  expect((await Deno.stat(home)).mode! & 0o777).toBe(0o700);
  expect((await run(["get", "turnDeadlineMs"])).out).toBe("30000\n");
  const hidden = await run(["set", "port", "1"], { DREAMOS_PORT: "2" });
  expect(hidden.err).toContain("DREAMOS_PORT of the environment wins");
  for (const key of ["limits.turnDeadlineMs", "inbox", "port", "port"]) {
    expect((await run(["unset", key])).code).toBe(0);
  }
  expect(await file()).toEqual({});
});

test.each([
  [["set", "port", "99999"], 78, "Cannot set port: port: wanted a whole number from 0 to 65535"],
  [["set", "turnDeadlineMs", "soon"], 78, "wanted a duration"],
  [["set", "frameBytes", "10"], 78, "frameBytes has to hold"],
  [["set", "prot", "1"], 5, "did you mean port?"],
  [["get", "limits.turnDedlineMs"], 5, "did you mean limits.turnDeadlineMs?"],
  [["unset", "nothing"], 5, "no key"],
  [["sett", "port", "1"], 2, "did you mean set?"],
  [["set", "port"], 2, "Wanted: dreamos config"],
  [["list", "port"], 2, "Wanted: dreamos config"],
])("%j is refused and writes nothing", async (args, code, said) => {
  const ended = await run(args);
  expect(ended).toMatchObject({ code, out: "" });
  expect(ended.err).toContain(said);
  await expect(Deno.stat(home)).rejects.toThrow();
});

test("a key that no start takes can be taken out again; a file that is no JSON stays", async () => {
  await Deno.mkdir(home);
  await Deno.writeTextFile(join(home, "config.json"), '{"prot": 1, "port": 7421}');
  expect((await run([])).code).toBe(78);
  expect((await run(["unset", "prot"])).code).toBe(0);
  expect(await file()).toEqual({ port: 7421 });
  await Deno.writeTextFile(join(home, "config.json"), "{secret");
  const broken = await run(["set", "port", "1"]);
  expect(broken.code).toBe(78);
  expect(broken.err).not.toContain("secret");
  expect(await Deno.readTextFile(join(home, "config.json"))).toBe("{secret");
});
