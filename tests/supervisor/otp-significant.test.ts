/** OTP's suite: significant children, and supervisors that end with them. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { agent, type Child, holds, OtpRig, supervisor } from "./otp.ts";

let otp: OtpRig;
beforeEach(() => {
  otp = new OtpRig();
});
afterEach(() => otp.close());

type Mode = "never" | "anySignificant" | "allSignificant";
type Restart = "transient" | "temporary";

const caller = { name: "tester" };

/** Two significant agents and one that is not, below a supervisor that does not come back. */
function group(autoShutdown: Mode, restart: Restart, more: Record<string, unknown> = {}): Child {
  const significant = autoShutdown !== "never";
  const children = [
    agent("a", { restart, significant }),
    agent("b", { restart, significant }),
    agent("c", { restart }),
  ];
  return supervisor("g", children, { autoShutdown, restart: "temporary", ...more });
}

async function expectOver(): Promise<void> {
  await holds(async () => expect(await otp.status("/g")).toBe("completed"));
  const { rig } = otp;
  for (const id of ["a", "b", "c"]) {
    expect(["completed", "failed", "stopped"]).toContain(await otp.status(`/g/${id}`));
    const sent = rig.send(`/g/${id}`, "note", { n: 1 });
    await expect(sent).rejects.toMatchObject({ code: /^agent_(stopped|ended|failed)$/ });
  }
  expect(await rig.notes("/other")).toEqual([]);
  expect(rig.ended).toEqual([]);
}

const other = agent("other");
const ends = { normal: "finish", abnormal: "crash" } as const;

describe("children that are not significant", () => {
  it.each(["temporary", "transient"] as const)(
    "nonsignificant_temporary, nonsignificant_transient: %s ones end without effect",
    async (restart) => {
      for (const mode of ["anySignificant", "allSignificant"] as const) {
        const rig = await otp.open([group(mode, restart), other]);
        await otp.finish("/g/c");
        await holds(async () => expect(await otp.status("/g/c")).toBe("completed"));
        expect(await otp.status("/g")).toBe("running");
        expect(await rig.notes("/g/a")).toEqual([]);
        if (mode === "anySignificant") await otp.close();
      }
    },
  );
});

describe("significant children", () => {
  it.each(["normal", "abnormal"] as const)(
    "significant_temporary: an end (%s) ends the supervisor",
    async (how) => {
      await otp.open([group("anySignificant", "temporary"), other]);
      await otp.rig.send("/g/a", ends[how], {});
      await expectOver();
    },
  );

  it("significant_transient: only a normal end ends the supervisor", async () => {
    const rig = await otp.open([group("anySignificant", "transient"), other]);
    await otp.crash("/g/a");
    await holds(async () => expect(await otp.restarts("/g/a")).toBe(1));
    expect(await otp.status("/g")).toBe("running");
    expect(await rig.notes("/g/a")).toEqual([]);
    await otp.finish("/g/a");
    await expectOver();
  });

  it.each(["temporary", "transient"] as const)(
    "significant_temporary, significant_transient: only the last of all %s ones ends it",
    async (restart) => {
      const rig = await otp.open([group("allSignificant", restart), other]);
      await otp.finish("/g/a");
      await holds(async () => expect(await otp.status("/g/a")).toBe("completed"));
      expect(await otp.status("/g")).toBe("running");
      expect(await rig.notes("/g/c")).toEqual([]);
      await otp.finish("/g/b");
      await expectOver();
    },
  );

  it.each(["oneForOne", "oneForAll", "restForOne"] as const)(
    "significant_bystander: %s stops significant siblings without ending the supervisor",
    async (strategy) => {
      for (const mode of ["anySignificant", "allSignificant"] as const) {
        const significant = true;
        const children = [
          agent("a", { restart: "transient", significant }),
          agent("b", { restart: "transient" }),
          agent("c", { restart: "temporary", significant }),
        ];
        const flags = { autoShutdown: mode, restart: "temporary" as const, strategy };
        const rig = await otp.open([supervisor("g", children, flags)]);
        await otp.crash("/g/b");
        await holds(async () => expect(await otp.restarts("/g/b")).toBe(1));
        await holds(async () => expect(await rig.notes("/g/a")).toEqual([]));
        expect(await otp.status("/g")).toBe("running");
        if (mode === "anySignificant") await otp.close();
      }
    },
  );

  it("significant_escalation: the end goes up through significant supervisors", async () => {
    const restart = "transient" as const;
    const flags = { autoShutdown: "anySignificant" as const, restart };
    const inner = supervisor("s", [agent("a", { restart, significant: true }), agent("b")], {
      ...flags,
      significant: true,
    });
    const rig = await otp.open([supervisor("g", [inner, agent("c")], flags), other]);
    await otp.finish("/g/s/a");
    await holds(async () => expect(await otp.status("/g")).toBe("completed"));
    expect(await otp.status("/g/s")).toBe("completed");
    expect([await otp.status("/g/s/b"), await otp.status("/g/c")]).toEqual(["stopped", "stopped"]);
    expect(await rig.notes("/other")).toEqual([]);
  });

  it("a transient supervisor stays down after too many restarts", async () => {
    const flags = { intensity: 0, restart: "transient" as const, significant: true };
    const inner = supervisor("s", [agent("a"), agent("b")], flags);
    const outer = { autoShutdown: "allSignificant" as const, restart: "temporary" as const };
    const rig = await otp.open([supervisor("g", [inner], outer), other]);
    await otp.crash("/g/s/a");
    await holds(async () => expect(await otp.status("/g/s")).toBe("failed"));
    expect((await otp.node("/g/s")).lastError?.code).toBe("intensity_reached");
    await holds(async () => expect(await otp.status("/g")).toBe("completed"));
    expect(await rig.notes("/other")).toEqual([]);
  });

  it("a permanent supervisor that ends so starts afresh, its mailboxes stay", async () => {
    const restart = "transient" as const;
    const children = [agent("a", { restart, significant: true }), agent("b")];
    const flags = { autoShutdown: "anySignificant" as const, restart: "permanent" as const };
    const rig = await otp.open([supervisor("g", children, flags)]);
    for (const id of ["a", "b"]) await rig.send(`/g/${id}`, "note", { n: 1 });
    await rig.notes("/g/b");
    await otp.finish("/g/a");
    await holds(async () => expect(await rig.notes("/g/a")).toEqual([]));
    expect(await rig.notes("/g/b")).toEqual([]);
    expect([await otp.restarts("/"), await otp.status("/g")]).toEqual([1, "running"]);
  });

  it("what has ended so stays ended over a restart of the system", async () => {
    const tree = [group("anySignificant", "transient"), other];
    await otp.open(tree);
    await otp.finish("/g/a");
    await expectOver();
    await otp.restart(tree);
    await expectOver();
  });

  it("an end that nobody saw is seen at the next start", async () => {
    const rig = await otp.open([group("never", "transient"), other]);
    await otp.finish("/g/b");
    await holds(async () => expect(await otp.status("/g/b")).toBe("completed"));
    expect(await rig.notes("/g/a")).toEqual([]);
    await otp.restart([group("anySignificant", "transient"), other]);
    await expectOver();
  });

  it("one that ends while its children still start lets its sibling start", async () => {
    const restart = "transient" as const;
    const slow = agent("b", { shutdownMs: 20 });
    const children = [agent("a", { restart, significant: true }), slow, agent("c")];
    const flags = { autoShutdown: "anySignificant" as const, restart };
    const rig = await otp.open([supervisor("g", children, flags), other], { atOnce: true });
    rig.hosts.holds = (address) => address === "/g/b";
    await holds(() => expect(rig.hosts.placed.at(-1)?.request.address).toBe("/g/b"));
    await otp.finish("/g/a");
    await holds(async () => expect(await otp.status("/g")).toBe("completed"));
    expect(await rig.notes("/other")).toEqual([]);
    expect(rig.hosts.placed.map(({ request }) => request.address)).not.toContain("/g/c");
    expect([await otp.status("/g/b"), await otp.status("/g/c")]).toEqual(["stopped", "stopped"]);
  });

  it("one that starts afresh while its children still start keeps their order", async () => {
    const significant = { restart: "transient" as const, significant: true };
    const children = [agent("a", significant), agent("b", { shutdownMs: 20 }), agent("c")];
    const flags = { autoShutdown: "anySignificant" as const };
    const rig = await otp.open([supervisor("g", children, flags)], { atOnce: true });
    const placed = () => rig.hosts.placed.map(({ request }) => request.address);
    rig.hosts.holds = (address) => address === "/g/b";
    await holds(() => expect(placed()).toEqual(["/g/a", "/g/b"]));
    await otp.finish("/g/a");
    await holds(() => expect(placed()).toEqual(["/g/a", "/g/b", "/g/a", "/g/b"]));
    expect(await rig.notes("/g/a")).toEqual([]);
    rig.hosts.holds = () => false;
    rig.hosts.answerHeld();
    await holds(async () => expect(await rig.notes("/g/c")).toEqual([]));
    expect(placed()).toEqual(["/g/a", "/g/b", "/g/a", "/g/b", "/g/c"]);
  });

  it("nothing is spawned below a supervisor that has ended", async () => {
    const restart = "transient" as const;
    const pool = { type: "dynamic" as const, id: "pool" };
    const children = [agent("a", { restart, significant: true }), pool];
    const flags = { autoShutdown: "anySignificant" as const, restart };
    const rig = await otp.open([supervisor("g", children, flags)]);
    await rig.system.spawn(caller, { address: "/g/pool/x", kind: "probe" });
    await otp.finish("/g/a");
    await holds(async () => expect(await otp.status("/g")).toBe("completed"));
    expect(await otp.status("/g/pool/x")).toBe("stopped");
    const spawned = rig.system.spawn(caller, { address: "/g/pool/y", kind: "probe" });
    await expect(spawned).rejects.toMatchObject({ code: "agent_stopped" });
  });
});

describe("changed specs", () => {
  it.each<[string, Mode, Mode]>([
    ["significant_upgrade_never_any", "never", "anySignificant"],
    ["significant_upgrade_any_never", "anySignificant", "never"],
    ["significant_upgrade_never_all", "never", "allSignificant"],
    ["significant_upgrade_all_never", "allSignificant", "never"],
    ["significant_upgrade_any_all", "anySignificant", "allSignificant"],
    ["significant_upgrade_all_any", "allSignificant", "anySignificant"],
  ])("%s: counts from the next start on", async (_case, before, after) => {
    await otp.open([group(before, "transient"), other]);
    const rig = await otp.restart([group(after, "transient"), other]);
    await otp.finish("/g/a");
    if (after === "anySignificant") return await expectOver();
    await holds(async () => expect(await otp.status("/g/a")).toBe("completed"));
    expect(await otp.status("/g")).toBe("running");
    await otp.finish("/g/b");
    if (after === "allSignificant") return await expectOver();
    await holds(async () => expect(await otp.status("/g/b")).toBe("completed"));
    expect(await rig.notes("/g/c")).toEqual([]);
  });

  it("significant_upgrade_child: a child can become significant", async () => {
    const restart = "transient" as const;
    const flags = { autoShutdown: "anySignificant" as const, restart: "temporary" as const };
    const tree = (significant: boolean) => [
      supervisor("g", [agent("a", { restart, significant }), agent("b"), agent("c")], flags),
      other,
    ];
    await otp.open(tree(false));
    await otp.restart(tree(true));
    await otp.finish("/g/a");
    await expectOver();
  });

  it("code_change, code_change_map: children come, go and change their flags", async () => {
    const tree = (...children: Child[]) => [supervisor("g", children, { intensity: 9 })];
    const first = await otp.open(tree(agent("a"), agent("b")));
    await first.send("/g/b", "note", { n: 1 });
    await first.notes("/g/b");
    await otp.restart(tree(agent("a", { restart: "temporary" }), agent("c")));
    expect(await otp.rig.notes("/g/c")).toEqual([]);
    expect((await otp.rig.system.agent("/g/b")).status).toBe("stopped");
    await otp.crash("/g/a");
    await holds(async () => expect(await otp.status("/g/a")).toBe("failed"));
    const last = await otp.restart(tree(agent("b")));
    expect(await last.notes("/g/b")).toEqual([1]);
  });

  it("code_change_simple, code_change_simple_map: its flags change", async () => {
    const pool = { type: "dynamic" as const, id: "pool" };
    const rig = await otp.open([pool]);
    await rig.system.spawn(caller, { address: "/pool/x", kind: "probe" });
    await rig.notes("/pool/x");
    const later = await otp.restart([{ ...pool, maxChildren: 1, restart: "temporary" }]);
    expect(await later.notes("/pool/x")).toEqual([]);
    const more = later.system.spawn(caller, { address: "/pool/y", kind: "probe" });
    await expect(more).rejects.toMatchObject({ code: "too_many_children" });
  });
});
