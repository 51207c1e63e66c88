/** The story of a dropped file, as the commands tell it. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { AgentHistory, MessageHistory } from "../../src/api/client.ts";
import { eventually } from "../support/eventually.ts";
import { type Service, startService } from "../support/service.ts";

let service: Service;

beforeAll(async () => {
  service = await startService();
}, 90_000);
afterAll(() => service?.remove());

async function json<T>(...args: string[]): Promise<T> {
  const { code, out, err } = await service.cli(...args, "--json");
  expect([code, err]).toEqual([0, ""]);
  return JSON.parse(out) as T;
}

test("a message's history goes from the file through every agent, and back", async () => {
  await Deno.writeTextFile(join(service.inbox, "pears.md"), "# Pears\n\nPears ripen late.\n");
  const last = await eventually(async () => {
    const { items } = await service.client.messages({ to: "/ingestor" });
    return items.find(({ type }) => type === "document.read");
  }, { what: "the end of the reading" });

  const back = await json<MessageHistory>("history", last.id);
  expect(back.origin).toBe("outside");
  expect(back.ancestors[0]).toMatchObject({ from: "/inbox", type: "file.found" });
  const handled = back.ancestors.map(({ to }) => to.split("/")[1]);
  expect(new Set(handled)).toEqual(new Set(["ingestor", "readers", "scribe"]));
  for (const { afterCauseMs } of [...back.ancestors.slice(1), back.message]) {
    expect(afterCauseMs).toBeGreaterThanOrEqual(0);
  }

  const first = back.ancestors[0]!.id;
  const forth = await json<MessageHistory>("history", first);
  expect(forth.effects.items.map(({ id }) => id)).toContain(last.id);
  expect(forth.effects.items.find(({ id }) => id === last.id)!.depth).toBe(back.ancestors.length);

  const { out } = await service.cli("history", last.id);
  const lines = out.trimEnd().split("\n");
  expect(lines[0]).toMatch(/^\d{4}-.*\/inbox → \/ingestor file\.found {2}consumed/);
  expect(lines.some((line) => /\+\d+ms .*▶ .*document\.read/.test(line))).toBe(true);
}, 60_000);

test("an agent's history has its messages, events and what it waits for", async () => {
  const { client } = service;
  await client.spawn({ address: "/workers/h-1", kind: "counter" });
  const { id } = await client.send({
    to: "/workers/h-1",
    type: "count.add",
    payload: { id: "x", n: 1, producer: "test" },
  });
  const asked = await client.ask({ to: "/workers/h-1", type: "count.read", payload: {} });
  const { out: told } = await service.cli("history", asked.id);
  expect(told).toMatch(
    /@owner → \/workers\/h-1 count\.read.*\n.*\/workers\/h-1 → @owner answer {2}ok\n$/,
  );
  await client.carryOut("restart", "/workers/h-1");
  const story = await eventually(async () => {
    const found = await json<AgentHistory>("history", "/workers/h-1");
    const has = (type: string) => (
      found.items.some((one) => one.what === "event" && one.type === type)
    );
    return has("agent.restarted") && has("agent.spawned") && found;
  });
  expect(story.agent).toMatchObject({ mailboxDepth: 0 });
  const received = story.items.findLast(({ what }) => what === "received");
  expect(received).toMatchObject({ message: { id, status: "consumed" } });
  const { out } = await service.cli("history", "/workers/h-1", "--limit", "1");
  expect(out).toMatch(/Earlier than .*: dreamos history \/workers\/h-1 --cursor \S+/);
  const cursor = /--cursor (\S+)/.exec(out)![1]!;
  const next = await json<AgentHistory>("history", "/workers/h-1", "--cursor", cursor);
  expect(next.items).toEqual(story.items.slice(1));
}, 60_000);

test("export streams lines of JSON over many pages, and ends with its reader", async () => {
  const { client } = service;
  await client.spawn({ address: "/workers/x-1", kind: "counter" });
  const batch = Array.from({ length: 250 }, (_, i) => (
    { to: "/workers/x-1", type: "count.add", payload: { id: `x${i}`, n: i + 1, producer: "p" } }
  ));
  await client.sendMany(batch);
  const linesOf = async (...args: string[]) => {
    const { code, out, err } = await service.cli("export", ...args);
    expect([code, err]).toEqual([0, ""]);
    return out.trimEnd().split("\n").map((line) => JSON.parse(line));
  };
  const messages = await linesOf("messages", "--to", "/workers/x-1", "--since", "1h");
  expect(messages.map(({ payload }) => payload.n)).toEqual(
    Array.from({ length: 250 }, (_, i) => 250 - i),
  );
  const agents = await linesOf("agents", "--under", "/workers/x-1", "--details");
  expect(agents).toMatchObject([{ address: "/workers/x-1", state: { status: "active" } }]);
  expect((await service.cli("export", "messages", "--details")).code).toBe(2);
  expect((await service.cli("export", "dreams")).code).toBe(2);

  const main = new URL("../../src/cli/main.ts", import.meta.url).pathname;
  const piped = await new Deno.Command("sh", {
    args: [
      "-c",
      '"$0" run --quiet -A "$1" export messages --home "$2" | head -1',
      ...[Deno.execPath(), main, service.home],
    ],
    stdout: "piped",
    stderr: "piped",
  }).output();
  const decoder = new TextDecoder();
  expect(decoder.decode(piped.stderr)).toBe("");
  expect(decoder.decode(piped.stdout).trimEnd().split("\n")).toHaveLength(1);
}, 60_000);

test("causes go through spawned agents and runs after a kill -9 of the service", async () => {
  const swarm = fileURLToPath(new URL("../fixtures/swarm-couriers/swarm.ts", import.meta.url));
  const couriers = await startService({ swarm });
  const heard = async (from: string, said: string) => {
    const { items } = await couriers.client.messages({ to: "/office", from });
    return items.find(({ payload }) => (payload as { said: string }).said === said);
  };
  try {
    const [first, second] = await Promise.all(["a", "b"].map((name) => (
      couriers.client.send({ to: "/office", type: "courier.wanted", payload: { name } })
    )));
    // Its run waits; the second one waits for its first turn.
    await eventually(() => heard("/couriers/a", "begun"));
    await eventually(async () => (await couriers.client.agent("/couriers/b")).status === "pending");
    await couriers.kill9();
    await couriers.start();
    await couriers.client.send({ to: "/couriers/a", type: "go", payload: {} });
    for (
      const [from, said, origin] of [
        ["/couriers/a", "over", first!.id],
        ["/couriers/b", "begun", second!.id],
      ] as const
    ) {
      const last = await eventually(() => heard(from, said), { what: `${from}: ${said}` });
      const { ancestors, message } = await couriers.client.messageHistory(last.id);
      expect([from, ancestors[0]?.id, message.cause]).toEqual([from, origin, ancestors.at(-1)?.id]);
    }
  } finally {
    await couriers.remove();
  }
}, 60_000);

test("what there is not is said plainly", async () => {
  const unknown = await service.cli("history", "019a1f2e-7c3b-7000-8000-1234567890ab");
  expect(unknown.code).toBe(5);
  expect(unknown.err).toMatch(/^dreamos: message_not_found: /);
  expect((await service.cli("history", "/nobody")).err).toMatch(/^dreamos: agent_not_found: /);
  expect((await service.cli("history", "no address")).code).toBe(2);
  for (
    const [path, status] of [
      ["/api/v1/messages/x/history", 400],
      ["/api/v1/agents/%2Fcaptain/history?cursor=x", 400],
      ["/api/v1/agents/%2Fcaptain/history?limit=0", 400],
      ["/api/v1/agents/%2Fcaptain/history?whole=true", 400],
    ] as const
  ) expect([path, (await service.request("GET", path)).status]).toEqual([path, status]);
});
