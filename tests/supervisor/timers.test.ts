/** R10 on a clock moved by hand: a delay has passed when either clock says so. */
import process from "node:process";
import { afterEach, describe, expect, it } from "vitest";
import type { TimerRow } from "../../src/storage/store.ts";
import { ClockRig, type ClockRigOptions } from "./clock-rig.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

let rig: ClockRig;

async function open(options: Partial<ClockRigOptions> = {}): Promise<void> {
  const child = { type: "agent" as const, id: "a", agent: "sleeper" };
  rig = await new ClockRig({ children: [child], kinds: ["sleeper"], ...options }).start();
}

async function count(): Promise<number> {
  return (await rig.ask("/a") as { count: number }).count;
}

/** What is stored: asking the agent would keep it awake. */
function pending(): TimerRow[] {
  return [...rig.tables.timers.values()];
}

afterEach(() => rig.stop());

describe("a delay of an hour", () => {
  it("fires on time while its agent is passive", async () => {
    await open();
    await rig.send("/a", "later", { ms: hourMs });
    await rig.clock.pass(hourMs - 1);
    expect((await rig.system.agent("/a")).status).toBe("passive");
    expect(rig.hosts.live).toBe(0);
    expect(pending()).toHaveLength(1);
    await rig.clock.pass(1);
    expect(pending()).toEqual([]);
    expect(await count()).toBe(1);
  });

  it("fires on time although the process was killed and started again in between", async () => {
    await open();
    await rig.send("/a", "later", { ms: hourMs });
    await rig.clock.pass(20 * 60_000);
    await rig.kill();
    await rig.clock.pass(30 * 60_000);
    await rig.start();
    await rig.clock.pass(10 * 60_000 - 1);
    expect(pending()).toHaveLength(1);
    await rig.clock.pass(1);
    expect(pending()).toEqual([]);
    expect(await count()).toBe(1);
  });

  it("fires at once when it became due while nothing ran", async () => {
    await open();
    await rig.send("/a", "later", { ms: hourMs });
    await rig.kill();
    await rig.clock.pass(3 * dayMs);
    await rig.start();
    await rig.clock.settle();
    expect(await count()).toBe(1);
  });

  it("fires after an hour of running time when the wall clock is set back", async () => {
    await open();
    await rig.send("/a", "later", { ms: hourMs });
    await rig.clock.pass(hourMs / 2);
    rig.clock.setWall(-dayMs);
    await rig.clock.pass(hourMs / 2 - 1);
    expect(pending()).toHaveLength(1);
    await rig.clock.pass(1);
    expect(await count()).toBe(1);
    expect(rig.log.map(({ message }) => message)).toContain("the wall clock was set");
  });

  it("fires within a second of the wall clock being set past its due time", async () => {
    await open();
    await rig.send("/a", "later", { ms: hourMs });
    await rig.clock.pass(1_000);
    rig.clock.setWall(hourMs - 2_000);
    await rig.clock.pass(999);
    expect(pending()).toHaveLength(1);
    rig.clock.setWall(1_000);
    await rig.clock.pass(1_000);
    expect(await count()).toBe(1);
  });

  it.each([["back", -dayMs], ["back by years", -4_000 * dayMs]])(
    "fires at latest an hour after a start before which the clock was set %s",
    async (_, byMs) => {
      await open();
      await rig.clock.pass(10 * hourMs);
      await rig.send("/a", "later", { ms: hourMs });
      await rig.clock.pass(hourMs / 4);
      await rig.kill();
      rig.clock.setWall(byMs);
      await rig.start();
      await rig.clock.pass(hourMs / 2);
      expect(pending()).toHaveLength(1);
      await rig.clock.pass(hourMs / 2);
      expect(await count()).toBe(1);
    },
  );

  it("counts the time that the system ran over several starts", async () => {
    await open();
    await rig.send("/a", "later", { ms: hourMs });
    for (let start = 0; start < 3; start++) {
      await rig.clock.pass(hourMs / 4);
      // A younger timer tells how far running time has come.
      await rig.send("/a", "later", { ms: 10 * dayMs });
      await rig.kill();
      rig.clock.setWall(-dayMs);
      await rig.start();
    }
    await rig.clock.pass(hourMs / 4 - 1);
    expect(pending()).toHaveLength(4);
    await rig.clock.pass(1);
    expect(await count()).toBe(1);
  });
});

describe("the change of summer time", () => {
  const zone = process.env["TZ"];
  afterEach(() => {
    if (zone === undefined) delete process.env["TZ"];
    else process.env["TZ"] = zone;
  });

  it.each([
    ["Europe/Berlin", Date.UTC(2026, 2, 29, 0, 30), 3],
    ["Europe/Berlin", Date.UTC(2026, 9, 25, 0, 30), 2],
    ["America/New_York", Date.UTC(2026, 10, 1, 5, 30), 1],
  ])("in %s (%i) does not change a delay", async (tz, wallMs, shownHours) => {
    process.env["TZ"] = tz;
    await open({ wallMs });
    await rig.send("/a", "later", { ms: hourMs });
    await rig.clock.pass(hourMs - 1);
    expect(pending()).toHaveLength(1);
    await rig.clock.pass(1);
    // What people's clocks show now, as proof that the change lies between.
    expect(new Date(rig.clock.wallMs()).getHours()).toBe(shownHours);
    expect(await count()).toBe(1);
  });
});

describe("many delays", () => {
  it("of ten years, of nothing, and set in one moment, fire in order, each once", async () => {
    await open();
    await rig.send("/a", "later", { ms: 3_650 * dayMs });
    for (const ms of [0, 5, 5, 1]) await rig.send("/a", "later", { ms });
    await rig.clock.pass(5);
    expect(await count()).toBe(4);
    expect(pending()).toHaveLength(1);
    expect(rig.tables.timers.values().next().value?.delayMs).toBe(3_650 * dayMs);
  });

  it("are not lost when their agent is parked meanwhile", async () => {
    await open();
    await rig.send("/a", "later", { ms: 1_000 });
    await rig.kill();
    const [key, record] = [...rig.tables.agents][0]!;
    rig.tables.agents.set(key, { ...record, status: "parked" });
    await rig.start();
    await rig.clock.pass(2_000);
    expect(await rig.system.agent("/a")).toMatchObject({ status: "parked", mailboxDepth: 1 });
  });
});
