/** OTP's suite: restart types and strategies. Names of tests are those of its cases. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { agent, holds, OtpRig, supervisor } from "./otp.ts";

let otp: OtpRig;
beforeEach(() => {
  otp = new OtpRig();
});
afterEach(() => otp.close());

const caller = { name: "tester" };
const permanent = { restart: "permanent" as const };
const transient = { restart: "transient" as const };
const temporary = { restart: "temporary" as const };

describe("restart types", () => {
  it("permanent_normal: starts afresh, its mailbox stays", async () => {
    const rig = await otp.open([agent("a", permanent)]);
    await rig.send("/a", "note", { n: 1 });
    await otp.finish("/a");
    await rig.send("/a", "note", { n: 2 });
    await holds(async () => expect(await rig.notes("/a")).toEqual([2]));
    expect(await otp.restarts("/a")).toBe(1);
  });

  it("transient_normal: has ended, and its address tells so", async () => {
    const rig = await otp.open([agent("a", transient)]);
    await otp.finish("/a");
    await holds(async () => expect(await otp.status("/a")).toBe("completed"));
    await expect(rig.send("/a", "note", { n: 1 })).rejects.toMatchObject({ code: "agent_ended" });
    await otp.restart([agent("a", transient)]);
    expect(await otp.status("/a")).toBe("completed");
  });

  it("temporary_normal: has ended", async () => {
    await otp.open([agent("a", temporary)]);
    await otp.finish("/a");
    await holds(async () => expect(await otp.status("/a")).toBe("completed"));
    expect(await otp.restarts("/a")).toBe(0);
  });

  it.each(["permanent", "transient"] as const)("%s_abnormal: is restarted", async (restart) => {
    const rig = await otp.open([agent("a", { restart })]);
    const [before] = await otp.threads("/a");
    await otp.crash("/a");
    await holds(async () => expect(await otp.restarts("/a")).toBe(1));
    await rig.send("/a", "note", { n: 1 });
    await holds(async () => expect(await rig.notes("/a")).toEqual([1]));
    expect((await otp.threads("/a"))[0]).toBeGreaterThan(before!);
  });

  it("temporary_abnormal: has failed and does not come back", async () => {
    const rig = await otp.open([agent("a", temporary)]);
    await otp.crash("/a");
    await holds(async () => expect(await otp.status("/a")).toBe("failed"));
    await expect(rig.send("/a", "note", { n: 1 })).rejects.toMatchObject({ code: "agent_failed" });
    await otp.restart([agent("a", temporary)]);
    expect(await otp.status("/a")).toBe("failed");
  });

  it.each(["oneForAll", "restForOne"] as const)(
    "temporary_bystander: %s ends a temporary sibling and does not restart it",
    async (strategy) => {
      const children = [agent("a"), agent("b", temporary)];
      const rig = await otp.open([supervisor("g", children, { strategy })]);
      await rig.send("/g/b", "note", { n: 1 });
      await rig.notes("/g/b");
      await otp.crash("/g/a");
      await holds(async () => expect(await otp.status("/g/b")).toBe("stopped"));
      await holds(async () => expect(await rig.notes("/g/a")).toEqual([]));
      await otp.restart([supervisor("g", children, { strategy })]);
      expect(await otp.status("/g/b")).toBe("stopped");
    },
  );

  it("temporary_bystander: a temporary supervisor ends with all below it", async () => {
    const inner = supervisor("s", [agent("x")], temporary);
    const tree = [supervisor("g", [agent("a"), inner], { strategy: "oneForAll" })];
    const rig = await otp.open(tree);
    await otp.crash("/g/a");
    await holds(async () => expect(await otp.status("/g/s")).toBe("stopped"));
    await holds(async () => expect(await rig.notes("/g/a")).toEqual([]));
    expect(await otp.status("/g/s/x")).toBe("stopped");
    await otp.restart(tree);
    expect([await otp.status("/g/s"), await otp.status("/g/s/x")]).toEqual(["stopped", "stopped"]);
  });
});

describe("strategies", () => {
  it.each(
    [
      ["one_for_one", "oneForOne", [0, 1, 0]],
      ["rest_for_one", "restForOne", [0, 1, 1]],
      ["one_for_all", "oneForAll", [1, 1, 1]],
    ] as const,
  )("%s: restarts whom it names, and no other", async (_case, strategy, restarted) => {
    const children = [agent("a"), agent("b"), agent("c")];
    const limits = { intensity: 2, periodMs: 3_600_000 };
    const rig = await otp.open([supervisor("g", children, { strategy, ...limits })]);
    const addresses = ["/g/a", "/g/b", "/g/c"];
    const before = await otp.threads(...addresses);
    await otp.crash("/g/b");
    await holds(async () => expect(await otp.restarts("/g/b")).toBe(1));
    await holds(async () => expect(await otp.status("/g/c")).not.toBe("restarting"));
    const after = await otp.threads(...addresses);
    expect(after.map((thread, i) => Number(thread! > before[i]!))).toEqual([...restarted]);
    // The frequency: two are allowed, the third ends the supervisor.
    await otp.crash("/g/b");
    await holds(async () => expect(await otp.restarts("/g")).toBe(2));
    expect((await otp.node("/g")).lastError).toBeNull();
    await rig.notes("/g/b");
    await otp.crash("/g/b");
    await holds(async () =>
      expect((await otp.node("/g")).lastError?.code).toBe("intensity_reached")
    );
    await holds(async () => expect(await rig.notes("/g/a")).toEqual([]));
    expect(await otp.restarts("/")).toBe(1);
    expect(rig.ended).toEqual([]);
  });

  it("order_of_children: stops in reverse order, starts in order", async () => {
    // Names that are not in the order of the alphabet.
    const ids = ["ch7", "ch3", "ch10", "ch2", "ch5"];
    const children = ids.map((id) => agent(id));
    const rig = await otp.open([supervisor("g", children, { strategy: "restForOne" })]);
    const addresses = ids.map((id) => `/g/${id}`);
    expect(rig.hosts.placed.map(({ request }) => request.address)).toEqual(addresses);
    rig.hosts.ended.length = 0;
    const placed = rig.hosts.placed.length;
    rig.hosts.holds = (address) => address === "/g/ch7";
    await otp.crash("/g/ch10");
    await holds(async () => expect(await otp.restarts("/g/ch10")).toBe(1));
    for (const address of addresses.slice(2)) await rig.notes(address);
    expect(rig.hosts.ended).toEqual([
      "/g/ch10 released",
      "/g/ch5 released",
      "/g/ch2 released",
    ]);
    const again = rig.hosts.placed.slice(placed).map(({ request }) => request.address);
    expect(again).toEqual(["/g/ch10", "/g/ch2", "/g/ch5"]);
    rig.hosts.holds = () => false;
    rig.hosts.ended.length = 0;
    await rig.system.stop(5_000);
    expect(rig.hosts.ended).toEqual(addresses.toReversed().map((address) => `${address} released`));
  });

  it("multiple_restarts: one child after the other, each from its own state", async () => {
    const limits = { intensity: 6, periodMs: 60_000 };
    const children = [agent("a"), agent("b"), agent("c")];
    const rig = await otp.open([supervisor("g", children, { strategy: "oneForAll", ...limits })]);
    const ids = ["a", "b", "c", "c", "b", "a"];
    for (const [n, id] of ids.entries()) {
      await rig.send(`/g/${id}`, "note", { n });
      await rig.notes(`/g/${id}`);
      await otp.crash(`/g/${id}`);
      await holds(async () => expect(await otp.restarts("/g")).toBe(n + 1));
    }
    await holds(async () => expect(await rig.notes("/g/a")).toEqual([0, 5]));
    expect(await rig.notes("/g/b")).toEqual([1, 4]);
    expect(await rig.notes("/g/c")).toEqual([2, 3]);
    expect((await otp.node("/g")).lastError).toBeNull();
  });

  it("an elder one that fails while others start again takes all of them with it", async () => {
    const children = [agent("a"), agent("b"), agent("c")];
    const rig = await otp.open([supervisor("g", children, { strategy: "restForOne" })]);
    await rig.system.send(caller, [
      { to: "/g/b", type: "crash", payload: {} },
      { to: "/g/a", type: "crash", payload: {} },
    ]);
    await holds(async () => expect(await otp.restarts("/g")).toBe(2));
    for (const id of ["a", "b", "c"]) {
      await rig.send(`/g/${id}`, "note", { n: 1 });
      await holds(async () => expect(await rig.notes(`/g/${id}`)).toEqual([1]));
    }
  });
});

describe("dynamic supervisors", () => {
  const pool = { type: "dynamic" as const, id: "pool", intensity: 2, periodMs: 60_000 };
  const open = () => otp.open([agent("a"), { ...pool, backoffMs: 1, backoffMaxMs: 2 }]);
  const spawn = (name: string, restart: "permanent" | "transient" | "temporary" = "permanent") =>
    otp.rig.system.spawn(caller, { address: `/pool/${name}`, kind: "probe", restart });

  it("simple_one_for_one: restarts the one that failed, and counts for all together", async () => {
    const rig = await open();
    for (const name of ["x", "y"]) await spawn(name);
    const before = await otp.threads("/pool/x", "/pool/y");
    await otp.crash("/pool/x");
    await holds(async () => expect(await otp.restarts("/pool/x")).toBe(1));
    const after = await otp.threads("/pool/x", "/pool/y");
    expect([after[0]! > before[0]!, after[1]]).toEqual([true, before[1]]);
    await otp.crash("/pool/y");
    await holds(async () => expect(await otp.restarts("/pool/y")).toBe(1));
    await rig.notes("/pool/y");
    await otp.crash("/pool/x");
    await holds(async () => {
      expect((await otp.node("/pool")).lastError?.code).toBe("intensity_reached");
    });
  });

  it("simple_one_for_one_escalation: its failure restarts all its children", async () => {
    const rig = await otp.open([agent("a"), { ...pool, intensity: 0, backoffMs: 0 }]);
    for (const name of ["x", "y"]) await spawn(name);
    const before = await otp.threads("/a", "/pool/x", "/pool/y");
    await otp.crash("/pool/x");
    await holds(async () => expect(await otp.restarts("/")).toBe(1));
    await holds(async () => expect(await otp.status("/pool/y")).not.toBe("restarting"));
    const after = await otp.threads("/a", "/pool/x", "/pool/y");
    expect(after.map((thread, i) => Number(thread! > before[i]!))).toEqual([0, 1, 1]);
    expect(rig.ended).toEqual([]);
  });

  it("simple_one_for_one_extra: a restarted child has the input it was spawned with", async () => {
    const rig = await open();
    const input = { tag: "kept" };
    await rig.system.spawn(caller, { address: "/pool/x", kind: "probe", input });
    await otp.crash("/pool/x");
    await holds(async () => expect(await otp.restarts("/pool/x")).toBe(1));
    expect((await rig.system.agent("/pool/x")).input).toEqual(input);
  });

  it("sup_start_child_returns_error_simple: a refused spawn leaves nothing behind", async () => {
    const rig = await open();
    const refused = rig.system.spawn(caller, { address: "/pool/x", kind: "nothing" });
    await expect(refused).rejects.toMatchObject({ code: "kind_not_found" });
    expect((await otp.node("/pool")).children).toEqual([]);
  });

  it("count_children, which_children_simple_one_for_one: the tree lists and counts", async () => {
    await open();
    const names = Array.from({ length: 40 }, (_, i) => `n${i}`);
    for (const name of names) await spawn(name, "temporary");
    const listed = (await otp.node("/pool")).children.map(({ address }) => address);
    expect(listed).toEqual(names.map((name) => `/pool/${name}`));
    for (const name of names) await otp.finish(`/pool/${name}`);
    await holds(async () => {
      const { agents } = await otp.rig.system.status();
      expect([agents.completed, agents.running + agents.passive]).toEqual([40, 1]);
    });
  });

  it("child_adm, child_adm_simple: children are added, found, ended and removed", async () => {
    const rig = await open();
    const remove = (address: string) => rig.system.delete(caller, address);
    await expect(remove("/pool/nobody")).rejects.toMatchObject({ code: "agent_not_found" });
    const named = { code: expect.stringMatching(/^cannot_delete_/) };
    await expect(remove("/a")).rejects.toMatchObject(named);
    const lost = { address: "/nowhere/x", kind: "probe" };
    await expect(rig.system.spawn(caller, lost)).rejects.toMatchObject({ code: "not_found" });
    const fixed = { address: "/a/x", kind: "probe" };
    await expect(rig.system.spawn(caller, fixed)).rejects.toMatchObject({ code: "not_dynamic" });
    await spawn("x");
    await expect(spawn("x")).rejects.toMatchObject({ code: "address_taken" });
    await rig.send("/pool/x", "note", { n: 1 });
    await remove("/pool/x");
    await expect(remove("/pool/x")).rejects.toMatchObject({ code: "agent_not_found" });
    await spawn("x");
    expect(await rig.notes("/pool/x")).toEqual([]);
    expect(await otp.restarts("/pool")).toBe(0);
  });

  it("which_children: the tree lists children in the order of the swarm file", async () => {
    const ids = ["ch7", "ch3", "ch10"];
    await otp.open([supervisor("g", ids.map((id) => agent(id))), pool, agent("z"), agent("b")]);
    const listed = async (at: string) =>
      (await otp.node(at)).children.map(({ address }) => address);
    expect(await listed("/")).toEqual(["/g", "/pool", "/z", "/b"]);
    expect(await listed("/g")).toEqual(ids.map((id) => `/g/${id}`));
  });
});
