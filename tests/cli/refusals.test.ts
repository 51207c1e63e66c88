/** What the CLI says when something is wrong: one line, one hint, the right exit code. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { join } from "node:path";
import { openHome, runCli, writeMark } from "./run-cli.ts";

let service: Awaited<ReturnType<typeof openHome>>;
let empty: string;
beforeAll(async () => {
  service = await openHome();
  empty = await Deno.makeTempDir();
});
afterAll(async () => {
  await service.close();
  await Deno.remove(empty, { recursive: true });
});

const oneLineAndHint = /^dreamos: [a-z_]+: .+\nhint: .+\n$/;

describe("usage", () => {
  it.each([
    [["recal", "x"], "did you mean recall?"],
    [["zzzzzz"], 'no command "zzzzzz"'],
    [["ps", "--jsno"], "did you mean --json?"],
    [["ps", "--limit"], "--limit wants a value"],
    [["ps", "--limit", "--under"], "--limit wants a value"],
    [["ps", "--limit", "-3"], "--limit wants a value"],
    [["ps", "--limit=zero"], "whole number"],
    [["ps", "--json=yes"], "takes no value"],
    [["ps", "extra"], "Wanted: dreamos ps"],
    [["send", "/a"], "Wanted: dreamos send ADDRESS TYPE [JSON|-]"],
    [["send", "/a", "t", "{"], "invalid_json"],
    [["send", "/a", "t", "{}", "--lane", "fast"], "control, high, normal, low"],
    [["ask", "/a", "t", "{}", "--timeout", "soon"], "such as 250ms"],
    [["messages", "--since", "yesterday"], "ISO 8601"],
    [["help", "pss"], "did you mean ps?"],
    [["up", "--prot", "1"], "did you mean --port?"],
    [["up", "--limit", "mailbox"], "NAME=VALUE"],
  ])("%j ends with 2", async (args, said) => {
    const ended = await runCli([...args, "--home", empty]);
    expect(ended).toMatchObject({ code: 2, out: "" });
    expect(ended.err).toMatch(oneLineAndHint);
    expect(ended.err).toContain(said);
  });

  it("--json makes the refusal JSON on stderr", async () => {
    const ended = await runCli(["ps", "--json", "--home", empty]);
    expect(ended).toMatchObject({ code: 3, out: "" });
    expect(JSON.parse(ended.err).error).toMatchObject({
      code: "not_running",
      message: expect.any(String),
      hint: expect.stringContaining("dreamos up"),
    });
  });
});

describe("the service", () => {
  it("is not running without service.json, with the folder named", async () => {
    const ended = await runCli(["tree"], { env: { DREAMOS_HOME: empty } });
    expect(ended.code).toBe(3);
    expect(ended.err).toContain(`Nothing runs in ${empty}`);
    expect(ended.err).toContain("Start it: dreamos up");
  });

  it("is not running when its mark is stale or damaged", async () => {
    const stale = await Deno.makeTempDir();
    const closed = await openHome();
    await closed.close();
    await writeMark(stale, closed.door.url, 4_000_000, "t");
    const ended = await runCli(["ps", "--home", stale]);
    expect(ended.code).toBe(3);
    expect(ended.err).toContain("process 4000000");
    for (const text of ["{", "null", "[]", '{"url":5}']) {
      await Deno.writeTextFile(join(stale, "service.json"), text);
      expect((await runCli(["ps", "--home", stale])).code).toBe(3);
    }
    await Deno.remove(stale, { recursive: true });
  });

  it("denies a wrong token", async () => {
    const other = await Deno.makeTempDir();
    await writeMark(other, service.door.url, Deno.pid, "wrong");
    const ended = await runCli(["ps", "--home", other]);
    expect(ended.code).toBe(4);
    expect(ended.err).toContain("unauthorized");
    await Deno.remove(other, { recursive: true });
  });

  it("finds no such agent", async () => {
    const ended = await runCli(["status", "/nobody", "--home", service.home]);
    expect(ended.code).toBe(5);
    expect(ended.err).toMatch(oneLineAndHint);
    expect(ended.err).not.toContain("did you mean");
  });

  it.each([["status", "/captian"], ["pause", "captian"], ["send", "/captian", "x"]])(
    "%s %s: did you mean /captain?",
    async (...args) => {
      const ended = await runCli([...args, "--home", service.home]);
      expect(ended.code).toBe(5);
      expect(ended.err).toMatch(oneLineAndHint);
      expect(ended.err).toContain("did you mean /captain?");
      const json = await runCli([...args, "--json", "--home", service.home]);
      expect(JSON.parse(json.err).error.message).toContain("did you mean /captain?");
    },
  );

  it("is reached past a proxy", async () => {
    const proxy = "http://127.0.0.1:1";
    const env = { HTTP_PROXY: proxy, http_proxy: proxy, ALL_PROXY: proxy };
    expect((await runCli(["ps", "--home", service.home], { env })).code).toBe(0);
  });
});

describe("help and version", () => {
  it.each(["", "help", "--help", "-h"])("'%s' shows all commands", async (arg) => {
    const { code, out } = await runCli(arg === "" ? [] : [arg]);
    expect(code).toBe(0);
    for (const name of ["up", "ps", "tree", "status", "send", "ask", "spawn", "down", "recall"]) {
      expect(out).toMatch(new RegExp(`^  ${name} `, "m"));
    }
    for (const title of ["Run the service", "Talk to agents", "This program", "Examples:"]) {
      expect(out.split("\n")).toContain(title);
    }
  });

  it("every command has help with an example", async () => {
    const { commands } = await import("../../src/cli/commands.ts");
    for (const name of Object.keys(commands)) {
      const command = await commands[name]!.load();
      expect(command.examples[0]).toMatch(new RegExp(`(^|\\| )dreamos ${name}`));
    }
    const { code, out } = await runCli(["send", "--help"]);
    expect(code).toBe(0);
    expect(out).toMatch(/^Usage: dreamos send ADDRESS TYPE \[JSON\|-\]/m);
    expect(out).toMatch(/^ {2}--home DIR/m);
    expect((await runCli(["help", "send"])).out).toBe(out);
  });

  it("shows the version", async () => {
    const { out } = await runCli(["--version", "--json"]);
    expect(JSON.parse(out)).toMatchObject({ version: expect.stringMatching(/^\d+\.\d+\.\d+/) });
  });
});

describe("configuration at up", () => {
  it.each([
    [["--limit", "mailbx=1"], {}, "did you mean --limit mailbox?"],
    [["--port", "99999"], {}, "port: wanted a whole number from 0 to 65535"],
    [["--host", "0.0.0.0"], {}, "Cannot listen on 0.0.0.0: others could read tokens"],
    [["--host", "a b"], {}, "--host: wanted a name or an IP address, without port"],
    [["--tls-cert", "a.pem"], {}, "Cannot use TLS: tlsKey is missing"],
    [["--allow-host", "*"], {}, "--allow-host: wanted a name or an IP address"],
    [[], { DREAMOS_PROT: "1" }, "did you mean DREAMOS_PORT?"],
  ])("%j %j ends with 78", async (args, env: Record<string, string>, said) => {
    const ended = await runCli(["up", ...args, "--home", empty], { env });
    expect(ended.code).toBe(78);
    expect(ended.err).toContain("dreamos: bad_config:");
    expect(ended.err).toContain(said);
  });
});
