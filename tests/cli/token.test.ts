/** `dreamos token` as a process, against a real server. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { openHome, runCli } from "./run-cli.ts";

let service: Awaited<ReturnType<typeof openHome>>;
beforeAll(async () => {
  service = await openHome();
});
afterAll(() => service.close());

const run = (...args: string[]) => runCli([...args, "--home", service.home]);
const by = (token: string, ...args: string[]) =>
  runCli([...args, "--home", service.home], { env: { DREAMOS_TOKEN: token } });

it("create prints the token alone, and it works as far as its role goes", async () => {
  const { code, out, err } = await run("token", "create", "dash", "--expires", "90d");
  expect([code, out]).toEqual([0, expect.stringMatching(/^dreamos_[\w-]{43}\n$/)]);
  expect(err).toMatch(/^Token dash, viewer, expires 2\d{3}-\S+; it is not shown again\n$/);
  const token = out.trim();
  expect((await by(token, "ps")).code).toBe(0);
  const denied = await by(token, "send", "/captain", "echo");
  expect(denied).toMatchObject({ code: 4, out: "" });
  expect(denied.err).toMatch(
    /^dreamos: forbidden: The token dash \(viewer\) may not do this: it wants the role operator\nh/,
  );
  const shown = await by(token, "token", "show");
  expect(shown.out).toMatch(/^name {7}dash\nrole {7}viewer\nstatus {5}valid\nmade .* by @owner\n/);
});

it("a scope makes it an agent's", async () => {
  const { out, err } = await run("token", "create", "bot", "--scope", "captain");
  expect(err).toBe("Token bot, agent of /captain, does not expire; it is not shown again\n");
  const bot = out.trim();
  expect((await by(bot, "send", "/captain", "echo")).code).toBe(0);
  expect((await by(bot, "send", "/full", "echo")).code).toBe(4);
  expect((await by(bot, "events")).code).toBe(0);
  expect((await by(bot, "token", "list")).code).toBe(4);
});

it("rotate and revoke end what was there", async () => {
  const first = (await run("token", "create", "ci", "--role", "operator")).out.trim();
  const { out, err } = await run("token", "rotate", "ci", "--grace", "1h");
  expect(err).toMatch(/not shown again\nThe old one is taken until 2/);
  expect((await by(first, "ps")).code).toBe(0);
  const revoked = await run("token", "revoke", "ci");
  expect(revoked.out).toMatch(/^Token ci was revoked 2/);
  for (const token of [first, out.trim()]) {
    const denied = await by(token, "ps");
    expect(denied.code).toBe(4);
    expect(denied.err).toContain("dreamos: unauthorized: Cannot answer: the token was revoked");
  }
  expect((await run("token", "revoke", "ci")).out).toBe(revoked.out);
});

it("list shows those that are valid, and with --all the others", async () => {
  const { code, out } = await run("token", "list");
  expect(code).toBe(0);
  const lines = out.trimEnd().split("\n").map((line) => line.split(/ {2,}/));
  expect(lines[0]).toEqual(["NAME", "ROLE", "SCOPE", "STATUS", "EXPIRES", "USED", "MADE BY"]);
  expect(lines.slice(1).map((cells) => cells.slice(0, 4))).toEqual([
    ["bot", "agent", "/captain", "valid"],
    ["dash", "viewer", "-", "valid"],
    ["owner", "admin", "-", "valid"],
  ]);
  const all = JSON.parse((await run("token", "list", "--all", "--json")).out);
  expect(all.items.map(({ name, status }: Record<string, string>) => `${name} ${status}`))
    .toContain("ci revoked");
});

it.each([
  [["create"], 2, "Wanted: dreamos token create NAME"],
  [["list", "x"], 2, "Wanted: dreamos token"],
  [["forge", "x"], 2, "Wanted: dreamos token"],
  [["create", "x", "--role", "root"], 2, "--role wants one of"],
  [["create", "x", "--role", "viewer", "--scope", "/a"], 2, "takes no scope"],
  [["create", "x", "--expires", "tomorrow"], 2, "--expires wants 30d or an ISO 8601 time"],
  [["create", "x", "--expires", "2020-01-01"], 2, "Cannot let a token expire at 157"],
  [["create", "Über"], 2, "is no name for a token"],
  [["create", "x".repeat(64)], 2, "is no name for a token"],
  [["create", "owner"], 1, "token_taken"],
  [["rotate", "nobody"], 5, "token_not_found"],
  [["rotate", "ci"], 1, "token_revoked"],
  [["revoke", "owner"], 1, "owner_token"],
  [["show", "../x"], 5, "token_not_found"],
])("refuses %j with %d", async (args, code, said) => {
  const ended = await run("token", ...args);
  expect([ended.code, ended.out]).toEqual([code, ""]);
  expect(ended.err).toContain(said);
});
