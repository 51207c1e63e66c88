/** Safe mode of the real service: what people see of it, and the way out. */
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { type Service, startService } from "../support/service.ts";

const swarm = fileURLToPath(new URL("../fixtures/swarm-faults/swarm.ts", import.meta.url));
let service: Service;

afterEach(() => service?.remove());

async function seen(): Promise<number[]> {
  const { reply } = await service.client.ask({ to: "/fragile", type: "work.read", payload: {} });
  return (reply as { seen: number[] }).seen;
}

test(
  "three kills without a turn between them: agents are paused until a clean restart",
  async () => {
    service = await startService({ swarm });
    await service.client.send({ to: "/fragile", type: "work.add", payload: { n: 1 } });
    await eventually(async () => (await seen()).length === 1);
    for (let kill = 0; kill < 3; kill++) {
      expect((await service.client.status()).safeMode).toBeNull();
      await service.kill9();
      await service.start();
    }
    expect((await service.client.status()).safeMode).toContain("3 unclean ends");
    const [line] = service.out.split("\n");
    expect(JSON.parse(line!).safeMode).toContain("3 unclean ends");
    expect((await service.cli("status")).out).toMatch(
      /safe mode +agents are paused: 3 unclean ends/,
    );
    expect((await service.cli("tree")).out).toMatch(/fragile +paused/);
    const log = await Deno.readTextFile(join(service.home, "logs", "dreamos.jsonl"));
    expect(log).toContain("safe mode: agents are paused");
    await service.client.send({ to: "/fragile", type: "work.add", payload: { n: 2 } });
    const paused = await service.client.agent("/fragile");
    expect(paused).toMatchObject({ status: "paused", mailboxDepth: 1, hostPid: null });
    expect(await service.stop()).toBe(0);
    await service.start();
    expect((await service.client.status()).safeMode).toBeNull();
    expect(await seen()).toEqual([1, 2]);
  },
  90_000,
);

test("up --safe pauses them on request, and resuming / lets all go on", async () => {
  service = await startService({ swarm, args: ["--safe"] });
  expect((await service.client.status()).safeMode).toBe("asked for with --safe");
  await service.client.send({ to: "/fragile", type: "work.add", payload: { n: 1 } });
  expect(await service.client.agent("/fragile")).toMatchObject({ status: "paused", turns: 0 });
  await service.client.carryOut("resume", "/");
  expect((await service.client.status()).safeMode).toBeNull();
  expect(await seen()).toEqual([1]);
}, 60_000);
