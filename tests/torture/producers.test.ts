/** Producers and process checks against planted faults, over real sockets and processes. */
import { expect, test } from "vitest";
import { createClient } from "../../src/api/client.ts";
import { eventually } from "../support/eventually.ts";
import { isRunning, kill9, markOf, processesNaming } from "../support/processes.ts";
import { Service } from "../support/service.ts";
import { type Fault, openFaultyDoor } from "./faulty-door.ts";
import { Producers } from "./producers.ts";
import { verifyCounters } from "./verify-counters.ts";
import { Victims } from "./victims.ts";

const agents = ["/workers/c-1", "/workers/c-2", "/workers/c-3"];

async function produce(fault: Fault) {
  const door = openFaultyDoor(fault);
  const client = createClient({ url: door.url, token: "none" });
  const end = new AbortController();
  const options = { line: () => client, seed: 5, agents, perAgent: 2, senders: 3 };
  const producers = new Producers({ ...options, signal: end.signal });
  try {
    producers.start();
    await eventually(() => producers.counts.requests >= 60 || producers.failures.length >= 3, {
      what: "60 requests",
    });
    await producers.stop();
    const replies = new Map(agents.map((agent) => [agent, door.tallies.get(agent) ?? null]));
    return { producers, found: verifyCounters(producers.acknowledged, replies) };
  } finally {
    end.abort();
    await door.close();
  }
}

test("an honest service whose answers get lost has every message once", async () => {
  const { producers, found } = await produce("none");
  expect(producers.failures).toEqual([]);
  expect(producers.counts.repeated).toBeGreaterThan(10);
  expect(found).toEqual({ lost: 0, doubled: 0, outOfOrder: 0, unasked: 0, failures: [] });
});

test("acknowledged and forgotten is seen as lost", async () => {
  expect((await produce("forgets")).found.lost).toBeGreaterThan(0);
});

test("a repeated request that takes effect again is seen as doubled", async () => {
  expect((await produce("no keys")).found.doubled).toBeGreaterThan(0);
});

test("another order is seen as out of order", async () => {
  expect((await produce("reverses")).found.outOfOrder).toBeGreaterThan(0);
});

test("a request taken half and refused is seen", async () => {
  const { producers, found } = await produce("takes half");
  expect(producers.failures.join()).toMatch(/was refused: invalid_payload/);
  expect(found.unasked).toBeGreaterThan(0);
});

test("a process that names HOME or was seen before is found when it stays", async (context) => {
  if (Deno.build.os !== "linux") context.skip("processes are looked up in /proc");
  const home = await Deno.makeTempDir();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", `"${home}"; setInterval(() => {}, 1e6)`],
    stdout: "null",
    stderr: "null",
  }).spawn();
  try {
    await eventually(() => processesNaming(home).length === 1);
    expect(await new Victims(new Service(home, {})).leftovers(500)).toEqual([
      expect.stringContaining(`process ${child.pid} stayed behind`),
    ]);
    const mark = markOf(child.pid)!;
    expect(isRunning({ ...mark, startedAt: "another life" })).toBe(false);
    expect(kill9(mark)).toBe(true);
    await child.status;
    expect(await new Victims(new Service(home, {})).leftovers(500)).toEqual([]);
  } finally {
    const mark = markOf(child.pid);
    if (mark) kill9(mark);
    await Deno.remove(home, { recursive: true });
  }
});
