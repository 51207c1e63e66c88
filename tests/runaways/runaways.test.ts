/**
 * Agents that run away beside twenty neighbours: each is told for what it is, contained, and costs
 * nobody a message (R7). How long the neighbours wait meanwhile is measured by `npm run bench`.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AgentDetail } from "../../src/api/client.ts";
import { eventually } from "../support/eventually.ts";
import { type Service, startService } from "../support/service.ts";
import { neighbourCount, Neighbours } from "./neighbours.ts";

const swarm = fileURLToPath(new URL("../fixtures/swarm-runaways/swarm.ts", import.meta.url));
const limits = {
  // Neighbours that are starved of a core by the runaways must not pass it.
  turnDeadlineMs: "2500ms",
  killGraceMs: "300ms",
  heapMb: "96",
  hostMb: "1500",
  // One crash is enough to be given up here: what a second one means is tested elsewhere.
  maxAttempts: "1",
};

let service: Service;
let neighbours: Neighbours;

beforeAll(async () => {
  const args = Object.entries(limits).flatMap(([name, value]) => ["--limit", `${name}=${value}`]);
  service = await startService({ swarm, args });
  neighbours = new Neighbours(service.client);
  neighbours.start();
});

afterAll(async () => {
  await neighbours?.stop();
  await service?.remove();
});

/**
 * These go wrong when their turn is over, so that a message behind it might be in hand by then: it
 * would be charged for a rejection, and a thread that spins could not end its turn.
 */
const aloneInHand = new Set(["reject", "run-spin"]);

async function runAway(how: string): Promise<string> {
  const { address } = await service.client.spawn({ address: `/runaways/${how}`, kind: "runaway" });
  await add(address, 1);
  await service.client.send({ to: address, type: "go.wrong", payload: { how, to: address } });
  if (!aloneInHand.has(how)) await add(address, 2);
  return address;
}

async function add(to: string, n: number): Promise<void> {
  await service.client.send({ to, type: "work.add", payload: { n } });
}

async function seen(address: string): Promise<number[]> {
  const ask = { to: address, type: "work.read", timeoutMs: 30_000 };
  return ((await service.client.ask(ask)).reply as { seen: number[] }).seen;
}

function agent(address: string, is: (detail: AgentDetail) => boolean): Promise<AgentDetail> {
  return eventually(async () => {
    const detail = await service.client.agent(address);
    return is(detail) && detail;
  }, { what: `${address} as it should be`, deadlineMs: 30_000 });
}

/** The agent's end, and the words for it. */
const inTurns: [how: string, code: string, message: RegExp][] = [
  ["spin", "stalled", /A turn of \/runaways\/spin took more than/],
  ["regex", "stalled", /A turn of/],
  ["print", "stalled", /A turn of/],
  ["throw", "crashed", /planted: this message cannot be handled/],
  ["post", "crashed", /postMessage/],
  ["nest", "crashed", /Worker/],
  ["exit", "crashed", /ended itself/],
  ["kill", "host_lost", /ended by SIGKILL/],
  ["forge", "host_lost", /ended for what it sent/],
  ["hoard", "out_of_memory", /out of memory/],
];

describe("a runaway in a turn", () => {
  test.each(inTurns)("%s: %s, its message a dead letter, the next one handled", async (
    how,
    code,
    message,
  ) => {
    const address = await runAway(how);
    const { lastError, restarts } = await agent(address, ({ lastError }) => lastError !== null);
    expect(lastError).toMatchObject({ code, message: expect.stringMatching(message) });
    // Once with the message behind it in hand, once alone.
    expect(restarts).toBeLessThanOrEqual(2);
    expect(await seen(address)).toEqual([1, 2]);
    const { items } = await service.client.deadLetters({ to: address });
    expect(items.map(({ reason, envelope }) => [reason, envelope.type])).toEqual([
      ["poison", "go.wrong"],
    ]);
    await service.client.delete(address);
  }, 60_000);

  test("takes memory that no heap bounds: the host is ended, the agent named", async () => {
    const address = await runAway("hoard-bytes");
    const { lastError } = await agent(address, ({ lastError }) => lastError !== null);
    expect(lastError!.message).toMatch(/out of memory|A turn of/);
    expect(await seen(address)).toEqual([1, 2]);
    await service.client.delete(address);
  }, 60_000);

  test("leaves a rejection that nobody handles: the agent goes on, told of it", async () => {
    const address = await runAway("reject");
    const { lastError } = await agent(address, ({ lastError }) => lastError !== null);
    expect(lastError).toMatchObject({ code: "crashed", message: expect.stringMatching(/planted/) });
    await add(address, 2);
    expect(await seen(address)).toEqual([1, 2]);
    await service.client.delete(address);
  }, 60_000);

  test("starts a thread by a way of its own: its host is ended with it", async () => {
    const address = await runAway("nest-reached");
    const { hostPid } = await agent(address, ({ hostPid }) => hostPid !== null);
    await eventually(
      async () => !(await service.client.status()).hosts.some(({ pid }) => pid === hostPid),
      { what: "the end of the host", deadlineMs: 30_000 },
    );
    expect(await seen(address)).toEqual([1, 2]);
    await service.client.delete(address);
  }, 60_000);

  test("replies with 100 MB: refused, and only that", async () => {
    const { address } = await service.client.spawn({ address: "/runaways/big", kind: "runaway" });
    const payload = { how: "reply", to: address };
    const asked = service.client.ask({ to: address, type: "go.wrong", payload, timeoutMs: 30_000 });
    await expect(asked).rejects.toMatchObject({ code: "poison" });
    expect(await seen(address)).toEqual([]);
    await service.client.delete(address);
  }, 60_000);
});

describe("a runaway beside its turns", () => {
  test("spins in a run: stalled, and again at each restart until it is deleted", async () => {
    const address = await runAway("run-spin");
    const { lastError } = await agent(address, ({ restarts }) => restarts > 0);
    expect(lastError).toMatchObject({
      code: "stalled",
      message: expect.stringMatching(/A run of \/runaways\/run-spin took more than/),
    });
    await service.client.delete(address);
  }, 60_000);

  test("a promise fails that nobody waits for: parked with its words", async () => {
    const address = await runAway("run-fail");
    const { lastError } = await agent(address, ({ status }) => status === "parked");
    expect(lastError!.message).toContain("planted: the promise failed");
    await service.client.delete(address);
  }, 60_000);

  test("a callback talks without end: ended before it fills the mailbox", async () => {
    const address = await runAway("run-talk");
    const { lastError } = await agent(address, ({ lastError }) => lastError !== null);
    expect(lastError).toMatchObject({
      code: "crashed",
      message: expect.stringMatching(/Its runs have said \d+ things that it has not heard/),
    });
    await service.client.delete(address);
  }, 60_000);

  test("prints without end: goes on, its lines capped", async () => {
    const address = await runAway("run-print");
    const log = () => Deno.readTextFile(join(service.home, "logs", "dreamos.jsonl"));
    await eventually(async () => /\(\d+ lines left out\)/.test(await log()), {
      what: "a line that says how many are left out",
    });
    expect(await seen(address)).toEqual([1, 2]);
    await service.client.delete(address);
    expect((await log()).length).toBeLessThan(5_000_000);
  }, 60_000);
});

describe("a runaway that multiplies", () => {
  test("sends to itself without end: bounded, slowed down, told", async () => {
    const address = await runAway("send");
    await agent(address, ({ mailboxDepth }) => mailboxDepth > 4_000);
    await eventually(async () => (await service.client.status()).deadLetters > 100, {
      what: "dead letters",
      deadlineMs: 30_000,
    });
    expect((await service.client.agent(address)).mailboxDepth).toBeLessThanOrEqual(10_000);
    await service.client.delete(address);
  }, 60_000);

  test("spawns without end: no more than its supervisor allows", async () => {
    const address = await runAway("spawn");
    await eventually(async () => (await agentsSpawned()) === 500, {
      what: "as many children as there may be",
      deadlineMs: 60_000,
    });
    expect(await seen(address)).toContain(1);
    // What it spawned ends with it.
    await service.client.delete(address);
    expect(await agentsSpawned()).toBe(0);
  }, 90_000);
});

async function agentsSpawned(): Promise<number> {
  return (await service.client.agents({ under: "/spawned", limit: 1_000 })).items.length;
}

test("no neighbour lost or repeated a message, or was charged", async () => {
  await neighbours.stop();
  expect(neighbours.failures).toEqual([]);
  expect(await neighbours.faults()).toEqual([]);
  const { items } = await service.client.agents({ under: "/neighbours", limit: 100 });
  expect(items.map(({ restarts, status }) => [restarts, status === "parked"]))
    .toEqual(Array.from({ length: neighbourCount }, () => [0, false]));
}, 60_000);
