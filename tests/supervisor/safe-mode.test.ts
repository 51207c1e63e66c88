/** R7: what ends the process again and again is shown, not run. */
import { afterEach, describe, expect, it } from "vitest";
import { ClockRig, type ClockRigOptions } from "./clock-rig.ts";

const grants = { calls: ["file.read"] };
const children = [
  { type: "agent" as const, id: "a", agent: "sleeper", grants },
  { type: "dynamic" as const, id: "pool" },
];

let rig: ClockRig;

async function open(options: Partial<ClockRigOptions> = {}): Promise<void> {
  rig = await new ClockRig({ children, kinds: ["sleeper"], ...options }).start();
}

async function safeMode(): Promise<string | null> {
  return (await rig.system.status()).safeMode;
}

async function crash(times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    await rig.kill();
    await rig.start();
  }
}

afterEach(() => rig.stop());

describe("three unclean ends in a row without a committed turn between them", () => {
  it("lead to safe mode, two do not", async () => {
    await open();
    await crash(2);
    expect(await safeMode()).toBeNull();
    await crash(1);
    expect(await safeMode()).toContain("3 unclean ends");
    expect(rig.log.some(({ message }) => message.startsWith("safe mode"))).toBe(true);
    await crash(1);
    expect(await safeMode()).toContain("4 unclean ends");
  });

  it("are counted anew after a committed turn", async () => {
    await open();
    await crash(2);
    await rig.send("/a", "count");
    await crash(2);
    expect(await safeMode()).toBeNull();
    await crash(1);
    expect(await safeMode()).not.toBeNull();
  });

  it("are counted anew after a clean end", async () => {
    await open();
    await crash(2);
    rig.system.endedWell();
    await rig.clock.settle();
    await crash(3);
    expect(await safeMode()).toBeNull();
    await crash(1);
    expect(await safeMode()).not.toBeNull();
    rig.system.endedWell();
    await rig.clock.settle();
    await crash(1);
    expect(await safeMode()).toBeNull();
  });
});

describe("in safe mode", () => {
  async function openSafe(): Promise<void> {
    await open();
    await rig.send("/a", "call");
    await rig.send("/a", "later", { ms: 60_000 });
    await rig.kill();
    rig.safe = true;
    await rig.start();
  }

  it("agents are paused: mailboxes grow and nothing is processed", async () => {
    await openSafe();
    expect(await safeMode()).toBe("asked for with --safe");
    await rig.send("/a", "count");
    await rig.clock.pass(3_600_000);
    const { status, mailboxDepth, timers, calls } = await rig.system.agent("/a");
    expect([status, mailboxDepth, timers.length, calls.length]).toEqual(["paused", 1, 1, 1]);
    expect((await rig.system.status()).agents).toMatchObject({ running: 0, paused: 1 });
    expect(rig.hosts.placed).toEqual([]);
    expect(rig.calls).toEqual([]);
  });

  it("new agents are paused too", async () => {
    await openSafe();
    const input = { address: "/pool/b", kind: "sleeper" };
    const spawned = rig.system.spawn({ name: "tester" }, input);
    await rig.clock.settle();
    expect((await spawned).status).toBe("paused");
    expect(rig.hosts.placed).toEqual([]);
  });

  it("all goes on when it is left: envelopes, calls and delays", async () => {
    await openSafe();
    await rig.send("/a", "count");
    await rig.clock.pass(3_600_000);
    const left = rig.system.leaveSafeMode();
    await rig.clock.settle();
    await left;
    await rig.clock.settle();
    expect(await safeMode()).toBeNull();
    expect(rig.calls).toEqual(["file.read"]);
    expect(await rig.ask("/a")).toEqual({ count: 2 });
  });
});
