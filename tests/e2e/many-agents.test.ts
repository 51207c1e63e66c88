/** R8 with the real service: ten thousand passive agents are rows, not threads. */
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { AgentView } from "../../src/api/client.ts";
import { systemClock } from "../../src/clock.ts";
import { eventually } from "../support/eventually.ts";
import { addManyAgents } from "../support/many-agents.ts";
import { type Service, startService } from "../support/service.ts";

const swarm = fileURLToPath(new URL("../fixtures/swarm-faults/swarm.ts", import.meta.url));
const threads = 8;
const count = 10_000;
const readyMs = 5_000;
let service: Service;

beforeAll(async () => {
  service = await startService({ swarm, args: ["--limit", `maxThreads=${threads}`] });
});
afterAll(() => service?.remove());

async function workers(): Promise<AgentView[]> {
  const found: AgentView[] = [];
  let cursor: string | undefined;
  do {
    const page = await service.client.agents({
      under: "/workers",
      limit: 1_000,
      ...(cursor ? { cursor } : {}),
    });
    found.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor);
  return found;
}

async function started(): Promise<number> {
  const beganMs = systemClock.monotonicMs();
  await service.start();
  return systemClock.monotonicMs() - beganMs;
}

test("ten thousand passive agents are ready at once and get no thread", async () => {
  const like = "/workers/a";
  await service.client.spawn({ address: like, kind: "counter" });
  const payload = { id: "1", n: 1, producer: "p" };
  await service.client.send({ to: like, type: "count.add", payload });
  await eventually(async () => {
    const { turns, mailboxDepth } = await service.client.agent(like);
    return turns > 1 && mailboxDepth === 0;
  });
  expect(await service.stop()).toBe(0);
  addManyAgents(service.home, { like, count, withMessage: false });
  expect(await started()).toBeLessThan(readyMs);
  const { agents, hosts } = await service.client.status();
  expect(agents).toMatchObject({ running: 0, passive: count + 6 });
  expect(hosts.reduce((sum, host) => sum + host.threads, 0)).toBe(0);
  expect(await service.stop()).toBe(0);
}, 90_000);

test("with a message each they are ready as fast, and all of them handle it", async () => {
  addManyAgents(service.home, { like: "/workers/a", count, withMessage: true });
  expect(await started()).toBeLessThan(readyMs);
  await eventually(async () => {
    const { agents, hosts } = await service.client.status();
    expect(hosts.reduce((sum, host) => sum + host.threads, 0)).toBeLessThanOrEqual(threads);
    return agents.running <= threads && (await workers()).every((agent) => !agent.mailboxDepth);
  }, { what: "every message to be handled", deadlineMs: 90_000, everyMs: 1_000 });
  const all = await workers();
  expect(all).toHaveLength(2 * count + 1);
  const before = (await service.client.agent("/workers/a")).turns;
  const [busy, idle] = [true, false].map((isBusy) =>
    all.filter((agent) => agent.turns === before + 1 === isBusy)
  );
  expect([busy!.length, idle!.length]).toEqual([count, count + 1]);
  expect(new Set(busy!.map(({ generation }) => generation))).toEqual(new Set([2]));
  expect(new Set(idle!.map(({ generation }) => generation))).toEqual(new Set([1]));
  const { reply } = await service.client.ask({ to: busy![77]!.address, type: "count.read" });
  expect(reply).toMatchObject({ total: 2, doubled: 1 });
}, 180_000);
