/** Escalation (R6): from a supervisor to the root, and from the root to the end of the process. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ClockRig } from "./clock-rig.ts";
import { agent, flatten, holds, once, OtpRig, supervisor } from "./otp.ts";

let otp: OtpRig;
beforeEach(() => {
  otp = new OtpRig();
});
afterEach(() => otp.close());

/** Crashes the agent until the process is to end; with turns between, else it would be parked. */
async function crashToTheEnd(address: string): Promise<void> {
  const { rig } = otp;
  for (let n = 0; n < 50 && rig.ended.length === 0; n++) {
    const { restarts, turns } = await rig.system.agent(address);
    await rig.send(address, "note", { n });
    await holds(async () => {
      if (rig.ended.length === 0) {
        expect((await rig.system.agent(address)).turns).toBeGreaterThan(turns);
      }
    });
    await otp.crash(address);
    await holds(async () => {
      if (rig.ended.length === 0) {
        expect((await rig.system.agent(address)).restarts).toBeGreaterThan(restarts);
      }
    });
  }
  await holds(() => expect(rig.ended).toEqual([70]));
}

describe("escalation", () => {
  const intensity = { intensity: 1, periodMs: 60_000 };
  const deep = [
    agent("captain"),
    supervisor("o", [supervisor("i", [agent("a")], intensity), agent("b")], intensity),
    agent("other"),
  ];

  it("one supervisor fails, its own supervisor restarts it, others notice nothing", async () => {
    const rig = await otp.open(deep);
    const before = await otp.threads("/other", "/o/b");
    for (let n = 0; n < 2; n++) {
      await rig.notes("/o/i/a");
      await otp.crash("/o/i/a");
      await holds(async () => expect(await otp.restarts("/o/i/a")).toBe(n + 1));
    }
    await holds(async () => expect(await otp.restarts("/o")).toBe(1));
    await holds(async () => expect(await rig.notes("/o/i/a")).toEqual([]));
    expect(await otp.threads("/other", "/o/b")).toEqual(before);
    expect((await otp.node("/o")).lastError).toBeNull();
    expect((await otp.node("/")).restarts).toBe(0);
  });

  it("the parent's strategy holds for supervisors, too", async () => {
    const strategy = "oneForAll" as const;
    const inner = supervisor("i", [agent("a")], { intensity: 0 });
    const rig = await otp.open([supervisor("o", [agent("b"), inner, agent("c")], { strategy })]);
    const before = await otp.threads("/o/b", "/o/c");
    await otp.crash("/o/i/a");
    await holds(async () => expect(await otp.restarts("/o")).toBe(1));
    await holds(async () => expect(await rig.notes("/o/i/a")).toEqual([]));
    const after = await otp.threads("/o/b", "/o/c");
    expect(after.every((generation, i) => generation! > before[i]!)).toBe(true);
  });

  it("ends at the root with 70, and says at every level why", async () => {
    const rig = await otp.open(deep, { swarm: intensity });
    await rig.send("/other", "note", { n: 1 });
    await rig.notes("/other");
    await crashToTheEnd("/o/i/a");
    const failed = (await otp.events()).filter((line) => line.startsWith("supervisor.failed"));
    for (const address of ["/o/i", "/o", "/"]) {
      expect(failed).toContain(`supervisor.failed ${address}`);
      const { lastError } = await otp.node(address);
      expect(lastError).toMatchObject({ code: "intensity_reached" });
      expect(lastError!.message).toContain("/o/i/a");
      expect(lastError!.message).toContain("asked to crash");
    }
    // Nothing runs any more, and nothing is restarted behind the back of the end.
    const count = await otp.restarts("/o/i/a");
    await rig.system.stop(1_000);
    expect(await otp.restarts("/o/i/a")).toBe(count);
    expect(rig.hosts.live).toBe(0);
  });

  it("what failed and why is still in the tree after the restart of the system", async () => {
    await otp.open(deep, { swarm: intensity });
    await crashToTheEnd("/o/i/a");
    const rig = await otp.restart(deep, { swarm: intensity });
    for (const address of ["/", "/o", "/o/i"]) {
      expect((await otp.node(address)).lastError).toMatchObject({ code: "intensity_reached" });
    }
    expect((await otp.node("/o/i/a")).lastError).toMatchObject({ code: "crashed" });
    // The windows start empty: one more failure is restarted as the first one was.
    await otp.crash("/o/i/a");
    await rig.send("/o/i/a", "note", { n: 99 });
    await holds(async () => expect((await rig.notes("/o/i/a")).at(-1)).toBe(99));
    expect(rig.ended).toEqual([]);
  });

  it("the report is in Captain's mailbox, after the end and after a new start", async () => {
    await otp.open(deep, { swarm: intensity });
    await crashToTheEnd("/o/i/a");
    const rig = await otp.restart(deep, { swarm: intensity });
    const { items } = await rig.system.messages({ to: "/captain", from: "system", limit: 100 });
    const reports = items.map(({ envelope }) => JSON.parse(envelope.payload));
    for (const address of ["/o/i", "/o", "/"]) {
      expect(reports).toContainEqual(
        expect.objectContaining({ from: address, problem: "intensity_reached" }),
      );
    }
  });

  it("tells people: each failure is in the log", async () => {
    const lines: string[] = [];
    const log = (level: string, message: string) => void lines.push(`${level} ${message}`);
    await otp.open(deep, { swarm: intensity, log });
    await crashToTheEnd("/o/i/a");
    for (const address of ["/o/i", "/o", "/"]) {
      expect(lines).toContain(`error trouble at ${address}: intensity_reached; see dreamos tree`);
    }
  });

  it("a crash loop of Captain's own is reported to Captain", async () => {
    const rig = await otp.open([agent("captain")], { swarm: intensity });
    await crashToTheEnd("/captain");
    const again = await otp.restart([agent("captain")], { swarm: intensity });
    await holds(async () => {
      const page = await again.system.messages({ to: "/captain", from: "system", limit: 9 });
      expect(page.items.length).toBeGreaterThan(0);
    });
    expect(rig.ended).toEqual([70]);
  });

  it("a restart of the root loses nothing: states, mailboxes and who was spawned", async () => {
    const caller = { name: "tester" };
    const tree = [agent("a"), agent("b"), { type: "dynamic" as const, id: "pool" }];
    const rig = await otp.open(tree, { swarm: { intensity: 0, strategy: "oneForOne" } });
    await rig.system.spawn(caller, { address: "/pool/x", kind: "probe" });
    for (const to of ["/b", "/pool/x"]) await rig.send(to, "note", { n: 1 });
    await rig.notes("/pool/x");
    rig.ended.length = 0;
    const events = () => otp.events().then((lines) => lines.filter((l) => /failed \/$/.test(l)));
    // With an intensity of 0 the root's own limit is 0, too: its first failure is its last.
    await otp.crash("/a");
    await holds(() => expect(rig.ended).toEqual([70]));
    expect(await events()).toEqual(["supervisor.failed /"]);
    const again = await otp.restart(tree, { swarm: { intensity: 1 } });
    for (let n = 2; n < 4; n++) {
      // A turn between the crashes: else they mean a bad state, also over the restart.
      await again.notes("/a");
      await otp.crash("/a");
      await again.send("/b", "note", { n });
      await holds(async () => expect((await again.notes("/b")).at(-1)).toBe(n));
    }
    await holds(async () => expect((await events()).length).toBe(2));
    expect(await again.notes("/b")).toEqual([1, 2, 3]);
    expect(await again.notes("/pool/x")).toEqual([1]);
    expect(again.ended).toEqual([]);
  });
});

describe("on a clock moved by hand", () => {
  const open = async (more: Record<string, unknown>) => {
    const pool = { type: "dynamic" as const, id: "pool", ...more };
    const options = { kinds: ["probe"], limits: once, random: () => 0.5 };
    const rig = await new ClockRig({ ...options, children: [agent("a"), pool] }).start();
    const spawned = rig.system.spawn({ name: "t" }, { address: "/pool/x", kind: "probe" });
    await rig.clock.settle();
    await spawned;
    return rig;
  };
  const pool = async (rig: ClockRig) =>
    flatten(await rig.system.tree()).find(({ address }) => address === "/pool")!;

  it("the limit counts in a sliding window, its edge included", async () => {
    const rig = await open({ intensity: 2, periodMs: 10_000, backoffMs: 0 });
    let now = 0;
    for (const at of [1_000, 11_001, 12_000, 21_002]) {
      await rig.clock.pass(at - now);
      now = at;
      await rig.send("/pool/x", "crash");
      await rig.clock.pass(0);
      await rig.send("/pool/x", "note", { n: at });
    }
    expect((await pool(rig)).lastError).toBeNull();
    // 12,000 is exactly ten seconds old then: it counts, as in OTP.
    await rig.clock.pass(1_000 - 2);
    await rig.send("/pool/x", "crash");
    expect((await pool(rig)).lastError).toMatchObject({ code: "intensity_reached" });
    await rig.stop();
  });

  it("backoff doubles with each failure and starts over after stableAfterMs", async () => {
    const rig = await open({
      intensity: 9,
      periodMs: 600_000,
      backoffMs: 1_000,
      backoffMaxMs: 60_000,
      stableAfterMs: 5_000,
    });
    const status = async () => (await rig.system.agent("/pool/x")).status;
    const pauses: number[] = [];
    for (const quietMs of [0, 0, 3_900, 3_000]) {
      await rig.clock.pass(quietMs);
      await rig.send("/pool/x", "note", { n: 1 });
      await rig.send("/pool/x", "crash");
      let pause = 0;
      while (await status() === "restarting") {
        await rig.clock.pass(100);
        pause += 100;
      }
      pauses.push(pause);
    }
    expect(pauses).toEqual([500, 1_000, 2_000, 500]);
    await rig.stop();
  });
});
