/** OTP's suite: starting, failing to start, stopping, and specs. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ToThread } from "../../src/actors/protocol.ts";
import { systemClock } from "../../src/clock.ts";
import { agent, holds, OtpRig, supervisor } from "./otp.ts";

let otp: OtpRig;
beforeEach(() => {
  otp = new OtpRig();
});
afterEach(() => otp.close());

const caller = { name: "tester" };
const group = ["a", "b", "c"].map((id) => agent(id));
const addresses = ["/g/a", "/g/b", "/g/c"];

const isFirst = (frame: ToThread) => frame.t === "deliver" && frame.envelopes.length === 0;

/** The first turn of this agent fails while `count` is above 0; then it is counted down. */
function failStarts(address: string, count: number): { left: number } {
  const plan = { left: count };
  otp.rig.hosts.breaks = (at, frame) => at === address && isFirst(frame) && plan.left-- > 0;
  return plan;
}

const placed = () => otp.rig.hosts.placed.map(({ request }) => request.address);

describe("starting", () => {
  it("sup_start_normal: a tree without children starts and stops", async () => {
    const rig = await otp.open([supervisor("g", [])]);
    expect(await otp.status("/g")).toBe("running");
    await rig.system.stop(1_000);
    expect(rig.ended).toEqual([]);
  });

  it("an elder child has had its first turn before the next one starts", async () => {
    const rig = await otp.open([supervisor("g", group), agent("last")], { atOnce: true });
    rig.hosts.holds = (address) => address === "/g/b";
    await holds(() => expect(placed()).toEqual(["/g/a", "/g/b"]));
    expect(await otp.status("/g/a")).toBe("running");
    expect(await otp.status("/g/c")).toBe("pending");
    expect(await otp.status("/last")).toBe("pending");
    await rig.send("/last", "note", { n: 1 });
    rig.hosts.holds = () => false;
    rig.hosts.placed.at(-1)!.lose({ reason: "host_lost", message: "test", alone: false });
    await holds(async () => expect(await rig.notes("/last")).toEqual([1]));
    expect(new Set(placed())).toEqual(new Set([...addresses, "/last"]));
  });

  it("those with stored state start at once and need no thread", async () => {
    await otp.open([supervisor("g", group)]);
    await otp.restart([supervisor("g", group)], { atOnce: true });
    await holds(async () => {
      for (const address of addresses) expect(await otp.status(address)).toBe("passive");
    });
    expect(placed()).toEqual([]);
  });

  it("sup_start_ignore_child: a child that may not run is passed over", async () => {
    const rig = await otp.open([supervisor("g", group.slice(0, 2))]);
    rig.hosts.breaks = (at, frame) => at === "/g/a" && frame.t === "deliver";
    await rig.system.send(
      caller,
      [1, 2, 3].map((n) => ({ to: "/g/a", type: "note", payload: { n } })),
    );
    await holds(async () => expect(await otp.status("/g/a")).toBe("parked"));
    await otp.restart([supervisor("g", group)]);
    expect([await otp.status("/g/a"), (await otp.rig.notes("/g/c")).length]).toEqual(["parked", 0]);
  });

  it("sup_start_fail: a failed start stops the elder siblings in reverse order", async () => {
    const tree = [agent("first"), supervisor("g", group)];
    const rig = await otp.open(tree, { atOnce: true, swarm: { intensity: 3 } });
    const plan = failStarts("/g/c", 1);
    await holds(async () => expect(await rig.notes("/g/c")).toEqual([]));
    expect(plan.left).toBeLessThan(1);
    expect(rig.hosts.ended).toEqual([
      "/g/c released",
      "/g/b released",
      "/g/a released",
      "/first released",
    ]);
    expect((await otp.node("/")).lastError).toMatchObject({ code: "crashed" });
    expect((await otp.node("/")).lastError!.message).toContain("/g/c");
    expect(rig.ended).toEqual([]);
  });

  it("sup_start_fail: a tree that never starts ends the process with 70", async () => {
    const options = { atOnce: true, swarm: { intensity: 2 } };
    const rig = await otp.open([supervisor("g", group)], options);
    failStarts("/g/b", Number.POSITIVE_INFINITY);
    await holds(() => expect(rig.ended).toEqual([70]));
    expect(placed().filter((address) => address === "/g/b").length).toBe(3);
    expect(placed()).not.toContain("/g/c");
  });

  it("sup_start_restart_child_returns_error: it is retried and counted", async () => {
    const rig = await otp.open([supervisor("g", group, { intensity: 5, periodMs: 60_000 })]);
    failStarts("/g/b", 2);
    await otp.finish("/g/b");
    await holds(async () => expect(await otp.restarts("/g")).toBe(3));
    await holds(async () => expect(await rig.notes("/g/b")).toEqual([]));
    expect(await otp.restarts("/")).toBe(0);
  });

  it("already_started_outside_supervisor: a second of one name is refused", async () => {
    const rig = await otp.open([{ type: "dynamic", id: "pool" }]);
    await rig.system.spawn(caller, { address: "/pool/x", kind: "probe" });
    const again = rig.system.spawn(caller, { address: "/pool/x", kind: "probe" });
    await expect(again).rejects.toMatchObject({ code: "address_taken" });
  });
});

describe("restarts that fail to start", () => {
  it("one_for_one_escalation: the supervisor fails once the limit is reached", async () => {
    const limits = { intensity: 3, periodMs: 60_000 };
    const rig = await otp.open([supervisor("g", group, limits), agent("other")]);
    const [before] = await otp.threads("/other");
    failStarts("/g/b", 4);
    await otp.finish("/g/b");
    await holds(async () =>
      expect((await otp.node("/g")).lastError?.code).toBe("intensity_reached")
    );
    await holds(async () => expect(await rig.notes("/g/c")).toEqual([]));
    expect(await otp.restarts("/")).toBeGreaterThan(0);
    expect(await otp.threads("/other")).toEqual([before]);
  });

  it.each(["oneForAll", "restForOne"] as const)(
    "one_for_all_escalation, rest_for_one_escalation: %s fails in turn",
    async (strategy) => {
      const limits = { intensity: 3, periodMs: 60_000, strategy };
      const rig = await otp.open([supervisor("g", group, limits)]);
      failStarts("/g/a", 5);
      await otp.finish("/g/a");
      await holds(async () =>
        expect((await otp.node("/g")).lastError?.code).toBe("intensity_reached")
      );
      await holds(async () => expect(await rig.notes("/g/c")).toEqual([]));
    },
  );

  it("one_for_all_other_child_fails_restart: those that started stop again", async () => {
    const children = [agent("a", { shutdownMs: 10 }), agent("b"), agent("c")];
    const rig = await otp.open([supervisor("g", children, { strategy: "oneForAll" })]);
    failStarts("/g/b", 1);
    const generation = async () => (await rig.system.agent("/g/a")).generation;
    const before = await generation();
    // It has a turn in hand whenever it runs, so that each of its starts takes a thread.
    rig.hosts.holds = (address) => address === "/g/a";
    await rig.send("/g/a", "note", { n: 1 });
    await otp.finish("/g/b");
    await holds(async () => expect(await otp.restarts("/g")).toBe(2));
    await holds(async () => expect(await rig.notes("/g/b")).toEqual([]));
    expect(await generation()).toBe(before + 2);
    rig.hosts.holds = () => false;
    rig.hosts.answerHeld();
    await holds(async () => expect(await rig.notes("/g/a")).toEqual([1]));
  });

  it("rest_for_one_other_child_fails_restart: the elder one that started goes on", async () => {
    const limits = {
      intensity: 1_000,
      backoffMs: 5,
      backoffMaxMs: 5,
      strategy: "restForOne" as const,
    };
    const rig = await otp.open([supervisor("g", group, limits)]);
    const plan = failStarts("/g/b", Number.POSITIVE_INFINITY);
    await otp.finish("/g/b");
    await holds(async () => expect(await otp.restarts("/g")).toBeGreaterThan(2));
    const [before] = await otp.threads("/g/a");
    await otp.crash("/g/a");
    await holds(async () => expect(await otp.restarts("/g/a")).toBe(1));
    const count = await otp.restarts("/g");
    await holds(async () => expect(await otp.restarts("/g")).toBeGreaterThan(count + 2));
    expect(await otp.threads("/g/a")).toEqual([before! + 1]);
    plan.left = 0;
    await holds(async () => expect(await rig.notes("/g/c")).toEqual([]));
  });
});

describe("stopping", () => {
  const hang = async (address: string) => {
    otp.rig.hosts.holds = (at) => at === address;
    await otp.rig.send(address, "note", { n: 1 });
    await holds(() => {
      const thread = otp.rig.hosts.placed.findLast(({ request }) => request.address === address);
      expect(thread!.heard.at(-1)).toMatchObject({ t: "deliver" });
    });
  };
  const exits = async (address: string) =>
    (await otp.node(address)).exits.map(({ reason }) => reason);

  it("sup_stop_timeout: a turn that takes longer than shutdownMs is killed", async () => {
    const rig = await otp.open([agent("a"), agent("b", { shutdownMs: 60 })]);
    await hang("/b");
    await rig.system.stop(10_000);
    expect(rig.hosts.ended).toEqual(["/b killed", "/a released"]);
    expect(await exits("/b")).toEqual(["killed"]);
    expect(await exits("/a")).toEqual(["shutdown"]);
  });

  it("sup_stop_infinity: a turn may take as long as the drain", async () => {
    const rig = await otp.open([agent("a", { shutdownMs: "infinity" })]);
    await hang("/a");
    const stopped = rig.system.stop(10_000);
    rig.hosts.holds = () => false;
    rig.hosts.answerHeld();
    await stopped;
    expect(rig.hosts.ended).toEqual(["/a released"]);
    await otp.restart([agent("a")]);
    expect(await otp.rig.notes("/a")).toEqual([1]);
  });

  it("sup_stop_brutal_kill: nothing is waited for", async () => {
    const rig = await otp.open([agent("a"), agent("b", { shutdownMs: "brutal" })]);
    await hang("/b");
    await rig.system.stop(10_000);
    expect(rig.hosts.ended).toEqual(["/b killed", "/a released"]);
  });

  const pool = { type: "dynamic" as const, id: "pool" };
  it.each(
    [
      ["sup_stop_timeout_dynamic", 60],
      ["sup_stop_brutal_kill_dynamic", "brutal"],
    ] as const,
  )("%s, simple_one_for_one_shutdown: all children at once", async (_case, shutdownMs) => {
    const rig = await otp.open([{ ...pool, shutdownMs }]);
    for (const name of ["x", "y", "z"]) {
      await rig.system.spawn(caller, { address: `/pool/${name}`, kind: "probe" });
      await rig.notes(`/pool/${name}`);
    }
    rig.hosts.holds = () => true;
    for (const name of ["x", "y"]) await rig.send(`/pool/${name}`, "note", { n: 1 });
    const began = systemClock.monotonicMs();
    await rig.system.stop(10_000);
    expect(systemClock.monotonicMs() - began).toBeLessThan(5_000);
    const how = shutdownMs === "brutal" ? "killed" : "released";
    expect(rig.hosts.ended.toSorted()).toEqual([
      "/pool/x killed",
      "/pool/y killed",
      `/pool/z ${how}`,
    ]);
  });

  it("sup_stop_race, sup_stop_non_shutdown_exit_dynamic: other ends", async () => {
    const kinds = ["permanent", "transient", "temporary"] as const;
    const rig = await otp.open([
      supervisor("g", kinds.map((restart) => agent(restart, { restart }))),
      pool,
    ]);
    for (const restart of kinds) {
      await rig.system.spawn(caller, { address: `/pool/${restart}`, kind: "probe", restart });
      await rig.notes(`/pool/${restart}`);
      for (const at of ["/g", "/pool"]) await rig.send(`${at}/${restart}`, "finish", {});
    }
    for (const restart of kinds) await rig.send(`/g/${restart}`, "crash", {}).catch(() => {});
    await rig.system.stop(5_000);
    expect(rig.ended).toEqual([]);
    expect(rig.hosts.live).toBe(0);
  });

  it("a turn killed by a stop is nobody's fault and runs again", async () => {
    const rig = await otp.open([agent("a", { shutdownMs: 30 })]);
    await hang("/a");
    await rig.system.stop(10_000);
    await otp.restart([agent("a")]);
    expect(await otp.rig.notes("/a")).toEqual([1]);
    expect(await otp.restarts("/a")).toBe(0);
    expect((await otp.rig.system.deadLetters({ limit: 9 })).items).toEqual([]);
  });

  it("a backoff never delays a shutdown, a stop or a deletion", async () => {
    const slow = { backoffMs: 600_000, backoffMaxMs: 600_000, periodMs: 9_000_000, intensity: 5 };
    const rig = await otp.open([
      { ...pool, ...slow },
      supervisor("g", group, { ...slow, strategy: "oneForAll" }),
    ]);
    await rig.system.spawn(caller, { address: "/pool/x", kind: "probe" });
    await otp.crash("/pool/x", "/g/a");
    await holds(async () => expect(await otp.status("/pool/x")).toBe("restarting"));
    await holds(async () => expect(await otp.status("/g/c")).toBe("restarting"));
    await rig.system.delete(caller, "/pool/x");
    const began = systemClock.monotonicMs();
    await rig.system.stop(60_000);
    expect(systemClock.monotonicMs() - began).toBeLessThan(5_000);
  });

  it("hanging_restart_loop, hanging_restart_loop_rest_for_one: it answers", async () => {
    const endless = {
      intensity: 1_000,
      backoffMs: 5,
      backoffMaxMs: 5,
      strategy: "restForOne" as const,
    };
    const rig = await otp.open([supervisor("g", group, endless), pool]);
    rig.hosts.breaks = (at, frame) => at === "/g/b" && isFirst(frame);
    await otp.finish("/g/b");
    await holds(async () => expect(await otp.restarts("/g")).toBeGreaterThan(5));
    await rig.system.spawn(caller, { address: "/pool/x", kind: "probe" });
    expect(await rig.notes("/pool/x")).toEqual([]);
    expect(await rig.notes("/g/a")).toEqual([]);
    await rig.system.stop(5_000);
    expect(rig.hosts.live).toBe(0);
  });

  it("hanging_restart_loop_simple, count_restarting_children: it is seen", async () => {
    const rig = await otp.open([{ ...pool, intensity: 1_000, backoffMs: 5, backoffMaxMs: 5 }]);
    rig.hosts.breaks = (at, frame) => at === "/pool/x" && isFirst(frame);
    await rig.system.spawn(caller, { address: "/pool/x", kind: "probe" });
    await rig.system.spawn(caller, { address: "/pool/y", kind: "probe" });
    await holds(async () => expect(await otp.restarts("/pool/x")).toBeGreaterThan(2));
    await holds(async () => expect((await rig.system.status()).agents.restarting).toBe(1));
    expect((await otp.node("/pool")).children.length).toBe(2);
    await rig.system.delete(caller, "/pool/x");
    expect((await otp.node("/pool")).children.length).toBe(1);
  });
});
