/** Agents that break: what they take down with them (nothing), and what is told of it. */
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { AgentDetail, DeadLetterView } from "../../src/api/client.ts";
import { eventually } from "../support/eventually.ts";
import { kill9, markOf } from "../support/processes.ts";
import { type Service, startService } from "../support/service.ts";

const swarm = fileURLToPath(new URL("../fixtures/swarm-faults/swarm.ts", import.meta.url));
let service: Service;

beforeAll(async () => {
  service = await startService({ swarm, args: ["--limit", "turnDeadlineMs=1s"] });
});
afterAll(() => service?.remove());

const send = (to: string, type: string, payload = {}) => service.client.send({ to, type, payload });
const seen = async (to: string): Promise<number[]> => {
  const { reply } = await service.client.ask({ to, type: "work.read", timeoutMs: 60_000 });
  return (reply as { seen: number[] }).seen;
};
const spawn = async (name: string): Promise<string> => {
  const { address } = await service.client.spawn({ address: `/workers/${name}`, kind: "fragile" });
  return address;
};
const letterTo = (to: string, type: string): Promise<DeadLetterView> =>
  eventually(async () => {
    const { items } = await service.client.deadLetters({ to });
    return items.find(({ envelope }) => envelope.type === type);
  }, { what: `a dead letter of ${type}`, deadlineMs: 60_000 });

test(
  "a message that always throws is a dead letter after three attempts; the rest is handled",
  async () => {
    const to = await spawn("throws");
    await send(to, "work.add", { n: 1 });
    await send(to, "work.throw");
    await send(to, "work.add", { n: 2 });
    const letter = await letterTo(to, "work.throw");
    expect(letter).toMatchObject({ reason: "poison" });
    expect(letter.message).toContain("planted");
    expect(letter.envelope.attempt).toBe(3);
    expect(await seen(to)).toEqual([1, 2]);
    const detail = await service.client.agent(to);
    expect(detail).toMatchObject({ status: "running" });
    expect(detail.restarts).toBeGreaterThan(0);
    expect(await seen("/sibling")).toEqual([]);
    expect((await service.client.agent("/sibling")).restarts).toBe(0);
  },
  90_000,
);

test("a handling that never ends is ended; neighbours go on meanwhile", async () => {
  const to = await spawn("spins");
  await send(to, "work.add", { n: 1 });
  await send(to, "work.spin");
  await send(to, "work.add", { n: 2 });
  const neighbour = await spawn("neighbour");
  await send(neighbour, "work.add", { n: 7 });
  expect(await seen(neighbour)).toEqual([7]);
  const letter = await letterTo(to, "work.spin");
  expect(["poison", "stalled"]).toContain(letter.reason);
  expect(await seen(to)).toEqual([1, 2]);
  expect(await seen(neighbour)).toEqual([7]);
}, 120_000);

test("a handling that takes all memory ends its host at most; all others come back", async () => {
  const to = await spawn("hoards");
  const neighbour = await spawn("beside");
  await send(neighbour, "work.add", { n: 1 });
  await send(to, "work.hoard");
  await send(to, "work.add", { n: 5 });
  const letter = await letterTo(to, "work.hoard");
  expect(["poison", "out_of_memory"]).toContain(letter.reason);
  expect(await seen(to)).toEqual([5]);
  expect(await seen(neighbour)).toEqual([1]);
}, 180_000);

test("kill -9 of a host: its agents go on where they were", async () => {
  const to = await spawn("hosted");
  await send(to, "work.add", { n: 1 });
  expect(await seen(to)).toEqual([1]);
  const { hostPid, generation } = await service.client.agent(to);
  expect(kill9(markOf(hostPid!)!)).toBe(true);
  await send(to, "work.add", { n: 2 });
  expect(await seen(to)).toEqual([1, 2]);
  const after = await service.client.agent(to);
  expect(after.hostPid).not.toBe(hostPid);
  expect(after.generation).toBeGreaterThan(generation);
}, 60_000);

test(
  "kill -9 of the control process: state, delays and open asks go on by themselves",
  async () => {
    const to = await spawn("kept");
    await send(to, "work.add", { n: 1 });
    // It is in a thread from here on: what is left of the delay is for the kill.
    await service.client.ask({ to: "/slow", type: "count.read" });
    const open = service.client
      .ask({ to: "/slow", type: "answer.after", payload: { ms: 1_500 } }, {
        idempotencyKey: "kept",
      })
      .catch((error: Error) => error);
    const begun = await eventually(async () => {
      const { timers } = await service.client.agent("/slow") as AgentDetail;
      return timers.length === 1 && timers[0];
    }, { what: "the delay" });
    expect(begun.delayMs).toBe(1_500);
    await service.kill9();
    expect(await open).toMatchObject({ code: "not_running" });
    await service.start();
    const again = await service.client.ask(
      { to: "/slow", type: "answer.after", payload: { ms: 1_500 } },
      { idempotencyKey: "kept" },
    );
    expect(again.reply).toEqual({ begun: 1 });
    expect(await seen(to)).toEqual([1]);
  },
  90_000,
);
