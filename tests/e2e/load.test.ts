/** The running service under a real HTTP load tool, alone and beside a thousand slow callers. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { fileURLToPath } from "node:url";
import { type Service, startService } from "../support/service.ts";
import { load, type LoadFigures, rssOf } from "../load/load.ts";
import { slowCallers } from "../load/slow-callers.ts";

const swarm = fileURLToPath(new URL("../fixtures/swarm-faults/swarm.ts", import.meta.url));
const MiB = 1024 * 1024;
let service: Service;
let alone: LoadFigures;

beforeAll(async () => {
  service = await startService({ swarm });
});
afterAll(() => service?.remove());

/** Bounded, as CI has other things to do; `npm run load` takes 1,000 connections and 60 s. */
const bounded = { connections: 200, seconds: 4 };

function expectNoErrors({ errors, timeouts, byStatus }: LoadFigures): void {
  const wrong = Object.keys(byStatus).filter((status) => !["200", "202", "429"].includes(status));
  expect({ errors, timeouts, wrong, byStatus }).toEqual({
    ...{ errors: 0, timeouts: 0, wrong: [], byStatus },
  });
}

test("200 connections with mixed requests: no error, and memory is bounded", async () => {
  alone = await load(service, bounded);
  console.log(alone);
  expectNoErrors(alone);
  expect(alone.requests).toBeGreaterThan(500);
  const before = await rssOf(service.pid);
  expectNoErrors(await load(service, { ...bounded, seconds: 2 }));
  expect(await rssOf(service.pid) - before).toBeLessThan(150 * MiB);
}, 120_000);

test("a thousand slow callers hinder nobody, and take little", async () => {
  const token = (await Deno.readTextFile(`${service.home}/token`)).trim();
  const before = await rssOf(service.pid);
  const slow = await slowCallers({ url: service.url, token, count: 1_000 });
  try {
    const beside = await load(service, { connections: 50, seconds: 3 });
    console.log(beside);
    expectNoErrors(beside);
    // Generous, as others may use the machine: those who hinder would cost whole timeouts.
    expect(beside.p99Ms).toBeLessThan(Math.max(2_000, 3 * alone.p99Ms));
    expect(await rssOf(service.pid) - before).toBeLessThan(200 * MiB);
  } finally {
    slow.leave();
  }
  const { status } = await service.request("GET", "/api/v1/status");
  expect(status).toBe(200);
}, 120_000);
