/** Starts that cannot be: one clear line with a code, and nothing is harmed. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { familyOf, isRunning, processesNaming } from "../support/processes.ts";
import { Service, StartFailed, startService } from "../support/service.ts";

let scratch: string;
let running: Service;

beforeAll(async () => {
  scratch = await Deno.makeTempDir();
  running = await startService();
});
afterAll(async () => {
  await running?.remove();
  await Deno.remove(scratch, { recursive: true });
});

const indexUrl = new URL("../../src/index.ts", import.meta.url);
const echo = new URL("../../agents/echo/agent.ts", import.meta.url).pathname;

/** Starts it, wants it to refuse with one line, and looks for what it left. */
async function refusal(
  options: ConstructorParameters<typeof Service>[1] & { home?: string },
): Promise<{ exit: number; code: string; message: string }> {
  const home = options.home ?? await Deno.makeTempDir({ dir: scratch });
  const service = new Service(home, options);
  const left = () => {
    const all = processesNaming(home);
    // Of the one that runs there, which may start and end hosts meanwhile.
    const others = new Set(
      home === running.home ? familyOf(running.pid).map(({ pid }) => pid) : [],
    );
    return all.filter((mark) => !others.has(mark.pid) && isRunning(mark));
  };
  const failure = await service.start().then(
    () => service.stop().then(() => null),
    (error: unknown) => error,
  );
  if (!(failure instanceof StartFailed)) throw failure ?? new Error("It started");
  expect(left()).toEqual([]);
  const lines = failure.err.trim().split("\n");
  expect(lines, failure.err).toHaveLength(1);
  const { error } = JSON.parse(lines[0]!) as { error: { code: string; message: string } };
  expect(failure.out).toBe("");
  expect(error.message.split("\n")).toHaveLength(1);
  return { exit: failure.code, code: error.code, message: error.message };
}

async function swarmFile(name: string, text: string): Promise<string> {
  const path = join(scratch, name);
  await Deno.writeTextFile(path, text);
  return path;
}

test("a swarm file with a syntax error", async () => {
  const swarm = await swarmFile("broken.ts", "export default {\n  kinds: {,\n};\n");
  const { exit, code, message } = await refusal({ swarm });
  expect([exit, code]).toEqual([78, "bad_swarm"]);
  expect(message).toContain("broken.ts");
});

test("a swarm file of JSON with a syntax error", async () => {
  const swarm = await swarmFile("broken.json", `{"kinds": {`);
  expect(await refusal({ swarm })).toMatchObject({ exit: 78, code: "bad_swarm" });
});

test("two children of one name", async () => {
  const index = JSON.stringify(pathToFileURL(indexUrl.pathname).pathname);
  const swarm = await swarmFile(
    "twins.ts",
    `import { defineSwarm } from ${index};\nexport default defineSwarm({\n` +
      `  kinds: { echo: ${JSON.stringify(echo)} },\n  children: [\n` +
      `    { type: "agent", id: "one", agent: "echo" },\n` +
      `    { type: "agent", id: "one", agent: "echo" },\n  ],\n});\n`,
  );
  const { exit, code, message } = await refusal({ swarm });
  expect([exit, code]).toEqual([78, "bad_swarm"]);
  expect(message).toContain("two children named /one");
});

test("a swarm that is not there, and one that throws", async () => {
  const missing = await refusal({ swarm: join(scratch, "nowhere.ts") });
  expect(missing).toMatchObject({ exit: 78, code: "bad_swarm" });
  expect(missing.message).toContain("nowhere.ts");
  const swarm = await swarmFile("throws.ts", `throw new Error("planted");\n`);
  expect(await refusal({ swarm })).toMatchObject({ exit: 78, code: "bad_swarm" });
});

test("an agent's module with a syntax error", async () => {
  await swarmFile("bad-agent.ts", "export default defineAgent({");
  const kinds = { bad: "./bad-agent.ts" };
  const swarm = await swarmFile("bad-kind.json", JSON.stringify({ kinds, children: [] }));
  const { exit, code, message } = await refusal({ swarm });
  expect([exit, code]).toEqual([78, "bad_bundle"]);
  expect(message).toContain("bad-agent.ts");
});

test("an agent's module that throws, with the line of the file that does", async () => {
  await swarmFile("near.ts", "interface A { n: number }\n\nthrow new Error(`planted`);\n");
  await swarmFile("throwing-agent.ts", `import "./near.ts";\nexport default 1;\n`);
  const kinds = { bad: "./throwing-agent.ts" };
  const swarm = await swarmFile("throwing-kind.json", JSON.stringify({ kinds, children: [] }));
  const { exit, code, message } = await refusal({ swarm });
  expect([exit, code]).toEqual([78, "bad_bundle"]);
  expect(message).toMatch(
    /^Cannot load kind "bad" from \S+throwing-agent\.ts: \S+near\.ts:3:7: .*Error: planted/,
  );
});

test("a port that is taken", async () => {
  const { port } = new URL(running.url);
  const { exit, code, message } = await refusal({ args: ["--port", port] });
  expect([exit, code]).toEqual([1, "port_in_use"]);
  expect(message).toContain(port);
});

test("a HOME that another instance uses: named with its pid, and it goes on", async () => {
  const { exit, code, message } = await refusal({ home: running.home });
  expect([exit, code]).toEqual([1, "home_in_use"]);
  expect(message).toContain(String(running.pid));
  const mark = JSON.parse(await Deno.readTextFile(join(running.home, "service.json")));
  expect(mark).toMatchObject({ pid: running.pid, url: running.url });
  expect(await running.client.health()).toMatchObject({ status: "ok" });
});

test("a database file of zeros, of text, and of a newer version: left as they are", async () => {
  const contents: [string, Uint8Array, RegExp][] = [
    ["zeros", new Uint8Array(64 * 1024), /^database_corrupt$/],
    ["text", new TextEncoder().encode("not a database\n".repeat(1_000)), /^database_corrupt$/],
  ];
  for (const [name, bytes, wanted] of contents) {
    const home = await Deno.makeTempDir({ dir: scratch });
    await Deno.writeFile(join(home, "dreamos.db"), bytes);
    const { exit, code, message } = await refusal({ home });
    expect(code, name).toMatch(wanted);
    expect(exit, name).toBe(78);
    expect(message).toContain("dreamos.db");
    expect(await Deno.readFile(join(home, "dreamos.db")), name).toEqual(bytes);
  }
}, 60_000);

test("a configuration with an unknown key, and a limit that is no number", async () => {
  const home = await Deno.makeTempDir({ dir: scratch });
  await Deno.writeTextFile(join(home, "config.json"), `{"limits": {"mailbx": 5}}`);
  const { exit, code, message } = await refusal({ home });
  expect([exit, code]).toEqual([78, "bad_config"]);
  expect(message).toContain("did you mean");
  expect(await refusal({ args: ["--limit", "mailbox=many"] })).toMatchObject({
    exit: 78,
    code: "bad_config",
  });
});

test("a HOME that is a file", async () => {
  const home = join(scratch, "a-file");
  await Deno.writeTextFile(home, "hello\n");
  const { exit, code } = await refusal({ home });
  expect([exit, code]).toEqual([78, "bad_config"]);
  expect(await Deno.readTextFile(home)).toBe("hello\n");
});
