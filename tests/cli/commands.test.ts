/** Every client command as a real process against a real server. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openHome, runCli } from "./run-cli.ts";

let service: Awaited<ReturnType<typeof openHome>>;
beforeAll(async () => {
  service = await openHome();
});
afterAll(() => service.close());

const run = (...args: string[]) => runCli([...args, "--home", service.home]);

/** What the command printed as JSON, with exit code 0. */
async function jsonOf(...args: string[]) {
  const ended = await run(...args, "--json");
  expect(ended).toMatchObject({ code: 0, err: "" });
  expect(ended.out.trim().split("\n")).toHaveLength(1);
  return JSON.parse(ended.out);
}

describe("send and ask", () => {
  it("send prints the id", async () => {
    const { code, out } = await run("send", "captain", "echo", '{"n":1}', "--lane", "low");
    expect([code, out]).toEqual([0, expect.stringMatching(/^id-\d+\n$/)]);
    const sent = service.door.control.sent.at(-1);
    expect(sent).toEqual({ to: "/captain", type: "echo", payload: { n: 1 }, lane: "low" });
    expect(await jsonOf("send", "/captain", "x", "--expires-in", "10m", "--key", "k")).toEqual({
      id: expect.any(String),
    });
    expect(service.door.control.sent.at(-1)).toMatchObject({ payload: {}, expiresInMs: 600_000 });
  });

  it("reads a payload from stdin", async () => {
    const text = JSON.stringify({ text: "é".repeat(200_000) });
    const args = ["send", "/captain", "echo", "-", "--home", service.home];
    expect((await runCli(args, { input: text })).code).toBe(0);
    expect(service.door.control.sent.at(-1)!.payload).toEqual(JSON.parse(text));
  });

  it("ask prints the reply, a single text as text", async () => {
    const words = await run("ask", "/captain", "echo", '{"text":"all\\u001b[2J well"}');
    expect([words.code, words.out]).toEqual([0, "all\ufffd[2J well\n"]);
    const data = await run("ask", "/captain", "echo", '{"a":1,"b":2}');
    expect(JSON.parse(data.out)).toEqual({ a: 1, b: 2 });
    expect(await jsonOf("ask", "/captain", "echo", "[1]")).toMatchObject({ reply: [1] });
  });

  it("ends with 6 when no reply comes", async () => {
    const late = await run("ask", "/captain", "never", "--timeout", "50ms");
    expect(late).toMatchObject({ code: 6, out: "" });
    expect(late.err).toMatch(/^dreamos: ask_timeout: No reply .* 50 ms\nhint: .+\n$/);
  });
});

describe("showing", () => {
  it("ps aligns a table", async () => {
    await run("spawn", "数え手", "--as", "/workers/日本語-1");
    const { code, out } = await run("ps");
    expect(code).toBe(0);
    const lines = out.trimEnd().split("\n");
    expect(lines[0]).toMatch(/^ADDRESS +KIND +STATUS +HOST +THREAD +GEN +MAILBOX +TURNS +RESTARTS/);
    expect(out).toContain("/captain");
    expect(out).not.toContain("\x1b[");
    // Wide characters take two columns: their line is shorter in characters by their number.
    const wide = lines.find((line) => line.includes("日本語"))!;
    expect(wide.indexOf("●") + 6).toBe(lines[0]!.indexOf("STATUS"));
    expect((await jsonOf("ps")).items[0]).toMatchObject({ address: "/captain", turns: 3 });
    await run("delete", "/workers/日本語-1");
  });

  it("tree is words alone where nobody looks", async () => {
    const { out } = await run("tree");
    expect(out.split("\n")).toEqual([
      "/ running type=supervisor strategy=oneForOne children=3",
      "  /captain running type=agent kind=captain",
      "  /full running type=agent kind=wall",
      "  /workers running type=dynamic children=0",
      "",
    ]);
  });

  it("tree --json has the form that scripts know", async () => {
    const tree = await jsonOf("tree");
    expect(Object.keys(tree).sort()).toEqual([
      ...["address", "children", "exits", "hidden", "kind", "lastError", "mailboxDepth"],
      ...["restarts", "status", "strategy", "type"],
    ]);
    expect(tree).toMatchObject({ address: "/", type: "supervisor", kind: null, hidden: 0 });
  });

  it("status shows the system and one agent", async () => {
    const system = await run("status");
    expect(system.out).toMatch(/agents +2 running/);
    expect(system.out).toMatch(/memory +2 documents, 9 passages/);
    const agent = await run("status", "captain");
    expect(agent.out).toMatch(/accepts +echo \{text\}/);
    expect(agent.out).toMatch(/status +● running/);
    expect(await jsonOf("status", "captain")).toMatchObject({ accepts: { echo: {} } });
    expect(await jsonOf("status")).toMatchObject({ available: true });
  });

  it("events, as lines and as JSON", async () => {
    const row = { atMs: 1_700_000_000_000, type: "agent.failed", address: "/w/1", data: "{}" };
    await service.door.control.store.commit([{ op: "event", row }]);
    const lines = await run("events", "/w", "--since", "2023-01-01T00:00:00Z");
    expect(lines.out).toMatch(/^2023-11-14T22:13:20\.000Z +agent\.failed +\/w\/1 +\{\}\n$/);
    expect(await jsonOf("events", "--since", "0")).toMatchObject({ id: 1, address: "/w/1" });
    expect(await run("events")).toMatchObject({ code: 0, out: "" });
    const soon = await run("events", "--since", "soon");
    expect([soon.code, soon.err]).toEqual([2, expect.stringContaining('not "soon"')]);
  });

  it("events say what agents chose without obeying it", async () => {
    const data = JSON.stringify({ text: "\u009b2J\u202e" });
    const row = { atMs: 1_600_000_000_000, type: "topic.\x1b[2J", address: "/w/2", data };
    await service.door.control.store.commit([{ op: "event", row }]);
    const { out } = await run("events", "/w/2", "--since", "0");
    expect(out).toContain("topic.\ufffd[2J");
    expect(out).toContain('{"text":"\ufffd2J\ufffd"}');
  });

  it("messages, deadletters, recall", async () => {
    await run("send", "/captain", "noted", '{"k":"v"}');
    const messages = await run("messages", "captain", "--limit", "100");
    expect(messages.out).toMatch(/noted +\{"k":"v"\}/);
    expect((await jsonOf("messages", "captain", "--since", "10m")).items).toEqual([]);
    expect((await run("deadletters")).out).toMatch(/poison +It crashed the agent 3 times/);
    expect((await jsonOf("deadletters")).items).toHaveLength(1);
    const found = await run("recall", "how", "do I close?");
    expect(found.out).toMatch(/^1\. \/docs\/readme\.md +score 7\.25\n +Guide › Transactions\n/);
    expect(found.out).toContain("Close it. About how do I close?");
    expect((await jsonOf("recall", "x")).items).toHaveLength(5);
    expect((await jsonOf("recall", "x", "--limit", "1")).items).toHaveLength(1);
  });

  it("survives a reader that leaves", async () => {
    const shell = new Deno.Command("sh", {
      args: [
        "-c",
        'for i in 1 2 3; do "$0" run --quiet -A src/cli/main.ts help | true; done; ' +
        '"$0" run --quiet -A src/cli/main.ts status --home "$1" 2>&1 >/dev/full; echo "rc $?"',
        Deno.execPath(),
        service.home,
      ],
    });
    const { stdout, stderr } = await shell.output();
    expect(new TextDecoder().decode(stderr)).toBe("");
    expect(new TextDecoder().decode(stdout)).toMatch(/rc 1\n$/);
  });
});

describe("spawn and delete", () => {
  it("spawns with input and restart, and deletes", async () => {
    const args = ["--as", "/workers/c-1", "--input", '{"from":1}', "--restart", "temporary"];
    expect((await run("spawn", "counter", ...args)).out).toBe("/workers/c-1\n");
    const twice = await run("spawn", "counter", ...args);
    expect(twice).toMatchObject({ code: 1 });
    expect(twice.err).toContain("address_taken");
    expect((await run("delete", "/workers/c-1")).out).toBe("Deleted /workers/c-1\n");
    expect((await run("delete", "/workers/c-1")).code).toBe(5);
    expect((await run("spawn", "counter")).code).toBe(2);
  });
});
