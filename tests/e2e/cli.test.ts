/** The commands that people use, each as a process against the running service. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type AgentDetail, type AgentView, type TreeNode } from "../../src/api/client.ts";
import { runCli } from "../cli/run-cli.ts";
import { eventually } from "../support/eventually.ts";
import { processesNaming } from "../support/processes.ts";
import { type Service, startService } from "../support/service.ts";

let service: Service;

beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.remove());

/** The JSON that a command printed. */
async function json<T>(...args: string[]): Promise<T> {
  const { code, out, err } = await service.cli(...args, "--json");
  expect(err).toBe("");
  expect(code).toBe(0);
  return JSON.parse(out) as T;
}

test("ps shows each agent with its place, and the threads have hosts of their own", async () => {
  const { items } = await json<{ items: AgentView[] }>("ps");
  const addresses = items.map(({ address }) => address);
  expect(addresses).toEqual(expect.arrayContaining(["/captain", "/scribe", "/ingestor"]));
  const { reply } = await service.client.ask({ to: "/captain", type: "status" });
  expect(JSON.stringify(reply).length).toBeGreaterThan(10);
  const captain = await service.client.agent("/captain");
  expect(captain.hostPid).not.toBe(service.pid);
  expect(captain).toMatchObject({ generation: expect.any(Number), thread: expect.any(Number) });
  const { out } = await service.cli("ps");
  for (const word of ["/captain", String(captain.hostPid)]) expect(out).toContain(word);
});

test("tree shows supervisors, adapters and agents", async () => {
  const tree = await json<TreeNode>("tree");
  const types = Object.fromEntries(tree.children.map(({ address, type }) => [address, type]));
  expect(types).toMatchObject({
    "/captain": "agent",
    "/readers": "dynamic",
    "/inbox": "adapter",
    "/workers": "dynamic",
  });
  expect((await service.cli("tree")).out).toContain("ingestor");
});

test("spawn, send, ask, status and messages", async () => {
  const view = await json<AgentView>("spawn", "counter", "--as", "/workers/w-1");
  expect(view).toMatchObject({ address: "/workers/w-1", kind: "counter" });
  const again = await service.cli("spawn", "counter", "--as", "/workers/w-1", "--json");
  expect(again.code).toBe(1);
  expect(JSON.parse(again.err)).toMatchObject({ error: { code: "address_taken" } });
  for (const n of [1, 2, 3]) {
    const payload = JSON.stringify({ id: `m-${n}`, n, producer: "cli" });
    const { id } = await json<{ id: string }>("send", "/workers/w-1", "count.add", payload);
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
  }
  const { reply } = await json<{ reply: unknown }>("ask", "/workers/w-1", "count.read", "{}");
  expect(reply).toMatchObject({ total: 3, perProducer: { cli: { count: 3, outOfOrder: 0 } } });
  const detail = await json<AgentDetail>("status", "/workers/w-1");
  expect(Object.keys(detail.accepts)).toEqual(["count.add", "count.read"]);
  const { items } = await json<{ items: { type: string; status: string }[] }>(
    "messages",
    "/workers/w-1",
  );
  expect(items.filter(({ type }) => type === "count.add").map(({ status }) => status))
    .toEqual(["consumed", "consumed", "consumed"]);
  const { code } = await service.cli("delete", "/workers/w-1");
  expect(code).toBe(0);
  const gone = await service.cli("status", "/workers/w-1", "--json");
  expect(gone.code).toBe(5);
  expect(JSON.parse(gone.err)).toMatchObject({ error: { code: "agent_not_found" } });
});

test("captain answers in words", async () => {
  const { out, code } = await service.cli("ask", "captain", "status", "{}");
  expect(code).toBe(0);
  expect(out).toMatch(/\w+ \w+/);
});

test("refusals are one line with a code, and a hint", async () => {
  const { code, err } = await service.cli("send", "/captain", "no.such", "{}");
  expect(code).toBe(2);
  expect(err).toMatch(/^dreamos: unknown_type: .*\nhint: .*\n$/);
});

test("every command has its help", async () => {
  const commands = ["up", "ps", "tree", "status", "send", "ask", "spawn", "messages", "down"];
  for (const command of [...commands, "recall"]) {
    const { code, out } = await runCli([command, "--help"]);
    expect(code, command).toBe(0);
    expect(out).toContain(`dreamos ${command}`);
    expect(out).toContain("--json");
  }
}, 60_000);

test("dreamos down drains, ends with 0 and leaves no process", async () => {
  const own = await startService();
  try {
    // Nothing lies in its inbox.
    const { out: found } = await own.cli("recall", "plums");
    expect(found).toBe("Nothing found: no file has been read yet, which takes seconds\n");
    const { code, out } = await own.cli("down", "--json");
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ stopped: true });
    expect(await own.end()).toBe(0);
    await eventually(() => processesNaming(own.home).length === 0);
    expect((await own.cli("ps")).code).toBe(3);
  } finally {
    await own.remove();
  }
}, 60_000);

test("npx dreamos up: Ctrl-C drains and exits 0, through the launcher too", async () => {
  const home = await Deno.makeTempDir();
  const launcher = fileURLToPath(new URL("../../bin/dreamos", import.meta.url));
  const child = new Deno.Command(launcher, {
    args: ["up", "--home", home, "--port", "0"],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const output = child.output();
  try {
    const mark = join(home, "service.json");
    await eventually(() => Deno.stat(mark), { what: "service.json", deadlineMs: 60_000 });
    child.kill("SIGINT");
    const { code, stdout, stderr } = await output;
    const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    expect(code, text).toBe(0);
    await eventually(() => processesNaming(home).length === 0);
    await expect(Deno.stat(mark)).rejects.toThrow();
  } finally {
    try {
      child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await Deno.remove(home, { recursive: true });
  }
}, 90_000);
