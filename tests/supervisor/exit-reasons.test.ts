/** Reasons for which agents end: told apart, counted, and followed by their policy (R6). */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  decideRestart,
  exitPolicies,
  type ExitReason,
  exitReasons,
} from "../../src/supervisor/exit-reason.ts";
import { agent, holds, OtpRig, supervisor } from "./otp.ts";

let otp: OtpRig;
beforeEach(() => {
  otp = new OtpRig();
});
afterEach(() => otp.close());

const exits = async (address: string) => {
  const { exits } = await otp.node(address);
  return Object.fromEntries(exits.map(({ reason, count }) => [reason, count]));
};
const counted = async (which: "exitsByReason" | "restartsByReason") => {
  const counts = (await otp.rig.system.status())[which];
  expect(Object.keys(counts)).toEqual([...exitReasons]);
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
};
const thread = (address: string) =>
  otp.rig.hosts.placed.findLast(({ request }) => request.address === address)!;
/** Waits until the agent has a turn in hand that it does not answer. */
async function hang(address: string): Promise<void> {
  otp.rig.hosts.holds = (at) => at === address;
  await otp.rig.send(address, "note", { n: 1 });
  await holds(() => expect(thread(address).heard.at(-1)).toMatchObject({ t: "deliver" }));
}

describe("the reasons", () => {
  it("normal: a permanent agent starts afresh, another has ended", async () => {
    await otp.open([agent("a"), agent("b", { restart: "transient" })]);
    for (const address of ["/a", "/b"]) await otp.finish(address);
    await holds(async () => expect(await otp.status("/b")).toBe("completed"));
    await holds(async () => expect(await otp.restarts("/a")).toBe(1));
    expect([await exits("/a"), await exits("/b")]).toEqual([{ normal: 1 }, { normal: 1 }]);
    expect(await counted("exitsByReason")).toEqual({ normal: 2 });
    expect(await counted("restartsByReason")).toEqual({ normal: 1 });
  });

  it("shutdown: a sibling that is stopped with another one is not charged", async () => {
    const children = [agent("a"), agent("b")];
    const rig = await otp.open([supervisor("g", children, { strategy: "oneForAll" })]);
    await rig.notes("/g/b");
    await otp.crash("/g/a");
    await holds(async () => expect(await exits("/g/b")).toEqual({ shutdown: 1 }));
    expect((await otp.node("/g/b")).restarts).toBe(0);
    expect(await counted("exitsByReason")).toEqual({ shutdown: 1, crashed: 1 });
    expect(await counted("restartsByReason")).toEqual({ crashed: 1 });
  });

  it("killed: one that did not stop in time loses its thread, and no message", async () => {
    const children = [agent("a"), agent("b", { shutdownMs: 20 })];
    const rig = await otp.open([supervisor("g", children, { strategy: "oneForAll" })]);
    await hang("/g/b");
    await otp.crash("/g/a");
    await holds(async () => expect(await exits("/g/b")).toEqual({ killed: 1 }));
    rig.hosts.holds = () => false;
    thread("/g/b").lose({ reason: "host_lost", message: "test", alone: false });
    await holds(async () => expect(await rig.notes("/g/b")).toEqual([1]));
    expect((await otp.node("/g/b")).restarts).toBe(0);
  });

  it("crashed: a throw is charged and restarted", async () => {
    await otp.open([agent("a")]);
    await otp.crash("/a");
    await holds(async () => expect(await exits("/a")).toEqual({ crashed: 1 }));
    const { exits: [exit], lastError } = await otp.node("/a");
    expect(exit!.message).toContain("asked to crash");
    expect(lastError!.code).toBe("crashed");
    expect(await counted("restartsByReason")).toEqual({ crashed: 1 });
  });

  it("stalled: a turn past its deadline is charged and restarted", async () => {
    await otp.open([agent("a")], { limits: { turnDeadlineMs: 50, maxAttempts: 1 } });
    await hang("/a");
    await holds(async () => expect(await exits("/a")).toEqual({ stalled: 1 }));
    expect((await otp.node("/a")).lastError!.code).toBe("stalled");
  });

  it.each(["host_lost", "out_of_memory"] as const)(
    "%s: nobody is charged but the one that was alone",
    async (reason) => {
      const rig = await otp.open([agent("a"), agent("b")]);
      await hang("/a");
      thread("/a").lose({ reason, message: "planted", alone: false });
      await holds(() => expect(thread("/a").request.alone).toBe(true));
      await holds(() => expect(thread("/a").heard.at(-1)).toMatchObject({ t: "deliver" }));
      expect([await exits("/a"), await otp.restarts("/a")]).toEqual([{ host_lost: 1 }, 0]);
      thread("/a").lose({ reason, message: "planted", alone: true });
      await holds(async () => expect(await otp.restarts("/a")).toBe(1));
      expect((await exits("/a"))[reason]).toBeGreaterThan(0);
      expect((await otp.node("/a")).lastError!.code).toBe(reason);
      expect(await counted("restartsByReason")).toEqual({ [reason]: 1 });
      expect(await rig.notes("/b")).toEqual([]);
    },
  );

  it("after a restart of the system the last error is known, the counts begin anew", async () => {
    await otp.open([agent("a")]);
    await otp.crash("/a");
    await holds(async () => expect(await exits("/a")).toEqual({ crashed: 1 }));
    await otp.restart([agent("a")]);
    expect(await exits("/a")).toEqual({});
    expect(await counted("exitsByReason")).toEqual({});
    expect((await otp.node("/a")).lastError!.code).toBe("crashed");
  });
});

describe("the policy", () => {
  const abnormal: ExitReason[] = exitReasons.filter((reason) => exitPolicies[reason].isAbnormal);

  it("restarts transient agents after abnormal ends alone, as OTP does", () => {
    expect(abnormal).toEqual([
      "killed",
      "crashed",
      "stalled",
      "looping",
      "out_of_memory",
      "host_lost",
      "over_budget",
      "refused",
    ]);
    for (const reason of exitReasons) {
      expect(decideRestart("permanent", reason)).toBe(true);
      expect(decideRestart("transient", reason)).toBe(abnormal.includes(reason));
      expect(decideRestart("temporary", reason)).toBe(false);
    }
  });

  it("parks where a restart would end in the same way", () => {
    const parking = exitReasons.filter((reason) => exitPolicies[reason].parks);
    expect(parking).toEqual(["over_budget", "refused"]);
  });
});
