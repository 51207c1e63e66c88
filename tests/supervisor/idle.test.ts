/** R8 on a clock moved by hand: who gives up its thread, who gets one, who is woken. */
import { afterEach, describe, expect, it } from "vitest";
import { ClockRig, type ClockRigOptions } from "./clock-rig.ts";

const idleAfterMs = 60_000;
const resumeAfterMs = 300_000;
/** Housekeeping looks that often. */
const lookMs = 250;
const children = [
  { type: "agent" as const, id: "a", agent: "sleeper", grants: { calls: ["file.read"] } },
  { type: "agent" as const, id: "r", agent: "resumer" },
];

let rig: ClockRig;

async function open(options: Partial<ClockRigOptions> = {}): Promise<void> {
  const kinds = ["sleeper", "resumer"];
  rig = await new ClockRig({ children, kinds, ...options }).start();
}

async function status(address: string): Promise<string> {
  return (await rig.system.agent(address)).status;
}

/** How often it happened so far, by event type. */
function times(type: string, address: string): number {
  return rig.events().filter((event) => event === `${type} ${address}`).length;
}

afterEach(() => rig.stop());

describe("an idle agent", () => {
  it("keeps its thread for idleAfterMs; the next envelope activates it again", async () => {
    await open();
    await rig.send("/a", "count");
    await rig.clock.pass(idleAfterMs - lookMs);
    expect([await status("/a"), rig.hosts.live]).toEqual(["running", 2]);
    await rig.clock.pass(3 * lookMs);
    expect([await status("/a"), rig.hosts.live]).toEqual(["passive", 0]);
    const before = await rig.system.agent("/a");
    expect(await rig.ask("/a")).toEqual({ count: 1 });
    const after = await rig.system.agent("/a");
    expect(after).toMatchObject({ status: "running", generation: before.generation + 1 });
  });

  it("gives it up soon after a short idleAfterMs: the next one finds it", async () => {
    await open({ limits: { idleAfterMs: 40 } });
    await rig.send("/a", "count");
    await rig.clock.pass(30);
    expect(await status("/a")).toBe("running");
    await rig.clock.pass(40);
    expect(await status("/a")).toBe("passive");
  });

  it("gives it up at once where another waits for one", async () => {
    await open({ limits: { maxThreads: 1 } });
    await rig.send("/a", "count");
    expect(await rig.ask("/r")).toEqual({ resumed: 0 });
    expect(await rig.ask("/a")).toEqual({ count: 1 });
    expect(rig.hosts.live).toBe(1);
  });

  it("comes back at once after the loss of its host when it was used lately", async () => {
    await open();
    await rig.send("/a", "count");
    await rig.clock.pass(4_000);
    await rig.send("/r", "work");
    await rig.clock.pass(2_000);
    const [a, r] = ["/a", "/r"].map((address) =>
      rig.hosts.placed.findLast(({ request }) => request.address === address)!
    );
    const loss = { reason: "host_lost", message: "planted", alone: false } as const;
    a!.lose(loss);
    r!.lose(loss);
    await rig.clock.pass(lookMs);
    const views = await Promise.all(["/a", "/r"].map((address) => rig.system.agent(address)));
    expect(views.map(({ thread }) => thread !== null)).toEqual([false, true]);
    expect(await rig.ask("/a")).toEqual({ count: 1 });
  });

  it("is not passivated shortly before a delay of its own", async () => {
    await open({ limits: { idleAfterMs: 10_000 } });
    await rig.send("/a", "later", { ms: 14_000 });
    await rig.send("/r", "work");
    await rig.clock.pass(13_000);
    expect([await status("/a"), await status("/r")]).toEqual(["running", "passive"]);
    const { generation } = await rig.system.agent("/a");
    await rig.clock.pass(1_000);
    expect(await rig.ask("/a")).toEqual({ count: 1 });
    expect(await rig.system.agent("/a")).toMatchObject({ generation });
    await rig.clock.pass(11_000);
    expect(await status("/a")).toBe("passive");
  });

  it("with a live run keeps its thread; after a kill the run is started again", async () => {
    await open();
    await rig.send("/a", "run");
    await rig.clock.pass(10 * idleAfterMs);
    expect([await status("/a"), await status("/r")]).toEqual(["running", "passive"]);
    await rig.kill();
    await rig.start();
    expect([await status("/a"), await status("/r")]).toEqual(["running", "passive"]);
    expect(rig.hosts.placed.map(({ request }) => request.address)).toEqual(["/a"]);
    await rig.send("/a", "rest");
    await rig.clock.pass(idleAfterMs + lookMs);
    expect(await status("/a")).toBe("passive");
  });

  it("with only an open call is passivated", async () => {
    await open();
    await rig.send("/a", "call");
    expect((await rig.system.agent("/a")).calls).toHaveLength(1);
    await rig.clock.pass(idleAfterMs + lookMs);
    expect(await rig.system.agent("/a")).toMatchObject({ status: "passive", hostPid: null });
  });
});

describe("after a restart of the system", () => {
  it("who has envelopes goes on, who has nothing to do gets no thread", async () => {
    await open();
    await rig.send("/a", "count");
    await rig.clock.pass(idleAfterMs + lookMs);
    rig.hosts.holds = () => true;
    await rig.send("/a", "count");
    await rig.kill();
    await rig.start();
    expect(rig.hosts.placed.map(({ request }) => request.address)).toEqual(["/a"]);
    expect(await rig.ask("/a")).toEqual({ count: 2 });
  });
});

describe("open work", () => {
  it("that is silent for resumeAfterMs is sent system.resume where that is named", async () => {
    await open();
    await rig.send("/r", "work");
    await rig.clock.pass(resumeAfterMs - lookMs);
    expect(times("agent.resumed", "/r")).toBe(0);
    await rig.clock.pass(2 * lookMs);
    expect(times("agent.resumed", "/r")).toBe(1);
    expect(await rig.ask("/r")).toEqual({ resumed: 1 });
    await rig.clock.pass(3 * resumeAfterMs);
    expect(times("agent.resumed", "/r")).toBe(1);
    expect(await rig.system.agent("/r")).toMatchObject({ status: "passive", restarts: 0 });
  });

  it("is restarted from its state where its machine does not name that", async () => {
    await open();
    await rig.send("/a", "count");
    await rig.send("/a", "work");
    await rig.clock.pass(idleAfterMs + lookMs);
    const { generation } = await rig.system.agent("/a");
    await rig.clock.pass(resumeAfterMs - idleAfterMs + lookMs);
    expect(times("agent.resumed", "/a")).toBe(1);
    const after = await rig.system.agent("/a");
    expect(after).toMatchObject({ generation: generation + 1, restarts: 0, hostPid: 0 });
    expect(await rig.ask("/a")).toEqual({ count: 1 });
  });

  it.each(["/a", "/r"])(
    "of %s: resumes without progress count as stalled, and in the end it is parked",
    async (address) => {
      await open();
      await rig.send(address, address === "/a" ? "work" : "hang");
      await rig.clock.pass(resumeAfterMs + lookMs);
      expect(times("agent.resumed", address)).toBe(1);
      for (const restarts of [1, 2]) {
        await rig.clock.pass(resumeAfterMs + lookMs);
        const { lastError, ...seen } = await rig.system.agent(address);
        expect([seen.restarts, lastError?.code]).toEqual([restarts, "stalled"]);
      }
      await rig.clock.pass(resumeAfterMs + lookMs);
      expect(await rig.system.agent(address)).toMatchObject({
        status: "parked",
        lastError: { code: "stalled" },
      });
      expect(times("agent.resumed", address)).toBe(1);
      expect(rig.ended).toEqual([]);
    },
  );

  it("that makes progress is never stalled", async () => {
    await open();
    await rig.send("/a", "work");
    for (let round = 0; round < 5; round++) {
      await rig.clock.pass(resumeAfterMs + lookMs);
      await rig.send("/a", "count");
    }
    expect(times("agent.resumed", "/a")).toBe(5);
    expect((await rig.system.agent("/a")).restarts).toBe(0);
  });

  it("is an ask it owes, until that is answered for it", async () => {
    await open({ limits: { idleAfterMs: 1_000 } });
    await rig.owe("/a", "owe", 2 * resumeAfterMs);
    await rig.clock.pass(resumeAfterMs + lookMs);
    expect(times("agent.resumed", "/a")).toBe(1);
  });

  it("in a state tagged waiting is never stalled: it waits for a person", async () => {
    await open();
    await rig.send("/a", "wait");
    await rig.clock.pass(5 * resumeAfterMs);
    expect(times("agent.resumed", "/a")).toBe(0);
    expect(await rig.system.agent("/a")).toMatchObject({ status: "passive", restarts: 0 });
  });

  it("with an open call or a pending delay is not silent for good", async () => {
    await open();
    await rig.send("/a", "work");
    await rig.send("/a", "later", { ms: 10 * resumeAfterMs });
    await rig.clock.pass(5 * resumeAfterMs);
    expect(times("agent.resumed", "/a")).toBe(1);
    expect(await rig.system.agent("/a")).toMatchObject({ restarts: 0 });
  });

  it("is watched from the start of the system on", async () => {
    await open();
    await rig.send("/r", "work");
    await rig.kill();
    await rig.start();
    await rig.clock.pass(resumeAfterMs + lookMs);
    expect(await rig.ask("/r")).toEqual({ resumed: 1 });
  });
});
