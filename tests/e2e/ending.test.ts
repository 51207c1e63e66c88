/** Ctrl-C while work is under way that does not end by itself. */
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { eventually, pause } from "../support/eventually.ts";
import { processesNaming } from "../support/processes.ts";
import { type Service, startService } from "../support/service.ts";

const swarm = fileURLToPath(new URL("../fixtures/swarm-faults/swarm.ts", import.meta.url));

async function startSpinning(...args: string[]): Promise<Service> {
  const service = await startService({ swarm, args: ["--limit", "turnDeadlineMs=60s", ...args] });
  // Once it sits in its thread with nothing to do, what it is sent is in its hands at once.
  await service.client.ask({ to: "/fragile", type: "work.read" });
  await service.client.send({ to: "/fragile", type: "work.spin" });
  return service;
}

/** What waited when it ended waits again, and nobody was charged for it. */
async function expectKept(service: Service): Promise<void> {
  await service.start();
  expect(await service.client.agent("/fragile")).toMatchObject({ mailboxDepth: 1, restarts: 0 });
  expect((await service.client.deadLetters()).items).toEqual([]);
}

test(
  "a turn that never ends is cut off when the drain is over; it waits for the next start",
  async () => {
    const service = await startSpinning("--limit", "drainMs=2s");
    try {
      const begun = systemClock.monotonicMs();
      expect(await service.stop()).toBe(0);
      expect(systemClock.monotonicMs() - begun).toBeLessThan(10_000);
      await eventually(() => processesNaming(service.home).length === 0);
      await expectKept(service);
    } finally {
      await service.remove();
    }
  },
  90_000,
);

test("a second Ctrl-C ends at once, and leaves no process", async () => {
  const service = await startSpinning("--limit", "drainMs=40s");
  try {
    const ended = service.stop();
    const refusal = () =>
      service.client.send({ to: "/sibling", type: "work.add", payload: { n: 1 } })
        .then(() => false, ({ code }) => code === "shutting_down");
    await eventually(refusal, { what: "the first one to be heard" });
    // Two that come together count as one: npm hands on what the shell sent already.
    await pause(1_100);
    expect(service.hasEnded).toBe(false);
    const begun = systemClock.monotonicMs();
    expect(await service.stop()).toBe(130);
    expect(await ended).toBe(130);
    expect(systemClock.monotonicMs() - begun).toBeLessThan(3_000);
    await eventually(() => processesNaming(service.home).length === 0);
    await expectKept(service);
  } finally {
    await service.remove();
  }
}, 90_000);
