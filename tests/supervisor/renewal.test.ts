/** Restarts that people ask for: from the state, afresh, from a checkpoint. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { VerbInput } from "../../src/supervisor/control.ts";
import { eventually } from "../support/eventually.ts";
import { ClockRig } from "./clock-rig.ts";
import { openRig, type Rig, type RigOptions } from "./rig.ts";

const agent = (id: string) => ({ type: "agent" as const, id, agent: "probe" });
const pool = { type: "dynamic" as const, id: "pool" };
const caller = { name: "tester" };
const minute = 60_000;

let folder: string;
let rig: Rig;

async function open(options: Partial<RigOptions> = {}): Promise<void> {
  const children = [agent("a"), agent("b"), agent("captain"), pool];
  rig = await openRig({ folder, children, ...options });
}
const restart = (address: string, more: Partial<VerbInput> = {}) =>
  rig.system.carryOut(caller, { ...more, verb: "restart", address });
const view = (address: string) => rig.system.agent(address);
const note = (to: string, n: number) => rig.send(to, "note", { n });
async function holds(check: () => Promise<void>): Promise<void> {
  await eventually(async () => {
    await check();
    return true;
  });
}
/** Makes a checkpoint of what is there now. */
async function checkpoint(address: string): Promise<number> {
  await restart(address);
  return (await rig.system.checkpoints(address))[0]!.id;
}

beforeEach(async () => {
  folder = await Deno.makeTempDir();
});
afterEach(async () => {
  await rig?.close();
  await Deno.remove(folder, { recursive: true });
});

describe("restart", () => {
  it("goes on from the newest state, with a turn in hand given back", async () => {
    await open();
    await note("/a", 1);
    expect(await rig.notes("/a")).toEqual([1]);
    rig.hosts.holds = (address) => address === "/a";
    await note("/a", 2);
    rig.hosts.holds = () => false;
    await restart("/a");
    await holds(async () => expect(await rig.notes("/a")).toEqual([1, 2]));
    expect(await view("/a")).toMatchObject({ restarts: 1 });
  });

  it("gives an agent that a result has parked another chance", async () => {
    await open({ limits: { maxAttempts: 1 } });
    await rig.notes("/a");
    await rig.system.send(
      caller,
      [1, 2, 3].map((n) => (
        { to: "/a", type: "crash", payload: { n } }
      )),
    );
    await note("/a", 4);
    await holds(async () => expect((await view("/a")).status).toBe("parked"));
    expect(await view("/a")).toMatchObject({ mailboxDepth: 4 });
    // As it is, the same happens again: nothing is lost by it.
    await restart("/a");
    await holds(async () => expect((await view("/a")).status).toBe("parked"));
    expect(await view("/a")).toMatchObject({ mailboxDepth: 4 });
  });
});

describe("restart --fresh", () => {
  it("begins with the first input; timers, asks and children end, the mailbox stays", async () => {
    await open();
    await note("/a", 1);
    await rig.send("/a", "later", { ms: 400, n: 2 });
    await rig.send("/a", "start", { name: "child", kind: "probe" });
    await holds(async () => expect(await rig.notes("/pool/child")).toEqual([1]));
    await rig.system.carryOut(caller, { verb: "pause", address: "/b" });
    await rig.send("/a", "query", { to: "/b" });
    await holds(async () => expect((await rig.store.openAsks()).length).toBe(1));
    rig.hosts.holds = (address) => address === "/a";
    await note("/a", 3);
    rig.hosts.holds = () => false;
    await restart("/a", { fresh: true });
    await holds(async () => expect(await rig.notes("/a")).toEqual([3]));
    await expect(view("/pool/child")).rejects.toMatchObject({ code: "agent_not_found" });
    expect((await view("/a")).timers).toEqual([]);
    expect(await rig.store.openAsks()).toEqual([]);
    rig = await rig.crash();
    expect(await rig.notes("/a")).toEqual([3]);
    const events = await rig.store.events({ limit: 99, address: "/a", type: "agent.restarted" });
    expect(events.map(({ data }) => JSON.parse(data))).toEqual([{ by: "@tester", from: "fresh" }]);
  });

  it("answers asks that it had taken, not those in the mailbox", async () => {
    await open();
    const taken = rig.system.ask(caller, { to: "/a", type: "silent", payload: {} });
    const refused = expect(taken).rejects.toMatchObject({ code: "killed" });
    await holds(async () => expect((await view("/a")).turns).toBe(2));
    rig.hosts.holds = (address) => address === "/a";
    const waiting = rig.system.ask(caller, { to: "/a", type: "read", payload: {} });
    await holds(async () => expect((await view("/a")).mailboxDepth).toBe(1));
    rig.hosts.holds = () => false;
    await restart("/a", { fresh: true });
    await refused;
    expect(await waiting).toMatchObject({ reply: { notes: [] } });
  });

  it("is the way out of a bad state, and it can be undone", async () => {
    await open({ limits: { maxAttempts: 1 } });
    await note("/a", 7);
    const bad = [1, 2, 3].map((n) => ({ to: "/a", type: "crash", payload: { n } }));
    await rig.system.send(caller, bad);
    await holds(async () => expect((await view("/a")).status).toBe("parked"));
    expect((await view("/a")).lastError).toMatchObject({ code: "bad_state" });
    await restart("/a", { fresh: true });
    await holds(async () => expect((await view("/a")).status).toBe("parked"));
    const before = (await rig.system.checkpoints("/a")).at(-1);
    await restart("/a", { fromCheckpoint: before!.id });
    await holds(async () => expect((await view("/a")).status).toBe("parked"));
    expect((await view("/a")).state).toMatchObject({ context: { notes: [7] } });
  });
});

describe("restart --from-checkpoint", () => {
  it("has the state of then, and goes on with what is in the mailbox", async () => {
    await open();
    await note("/a", 1);
    expect(await rig.notes("/a")).toEqual([1]);
    const id = await checkpoint("/a");
    for (const n of [2, 3]) await note("/a", n);
    expect(await rig.notes("/a")).toEqual([1, 2, 3]);
    await restart("/a", { fromCheckpoint: id });
    await note("/a", 4);
    expect(await rig.notes("/a")).toEqual([1, 4]);
    rig = await rig.crash();
    expect(await rig.notes("/a")).toEqual([1, 4]);
    await expect(restart("/b", { fromCheckpoint: id })).rejects.toMatchObject({
      code: "checkpoint_not_found",
    });
  });

  it("ends timers and children that it does not know, keeps those that it knows", async () => {
    await open();
    await rig.send("/a", "start", { name: "old", kind: "probe" });
    await rig.send("/a", "later", { ms: 700, n: 1 });
    await holds(async () => expect((await view("/a")).timers.length).toBe(1));
    const id = await checkpoint("/a");
    await rig.send("/a", "start", { name: "new", kind: "probe" });
    await rig.send("/a", "later", { ms: 700, n: 2 });
    await holds(async () => expect(await rig.notes("/pool/new")).toEqual([1]));
    await restart("/a", { fromCheckpoint: id });
    await expect(view("/pool/new")).rejects.toMatchObject({ code: "agent_not_found" });
    expect(await rig.notes("/pool/old")).toEqual([1]);
    await holds(async () => expect(await rig.notes("/a")).toEqual([1]));
    expect((await view("/a")).timers).toEqual([]);
  });

  it("waits in vain for nothing: what came since comes again, once", async () => {
    await open();
    await rig.send("/a", "later", { ms: 300, n: 1 });
    await rig.system.carryOut(caller, { verb: "pause", address: "/b" });
    await rig.send("/a", "query", { to: "/b" });
    await holds(async () => expect((await view("/a")).state?.value).toBe("asking"));
    const id = await checkpoint("/a");
    await rig.system.carryOut(caller, { verb: "resume", address: "/b" });
    await holds(async () => expect((await view("/a")).state?.value).toBe("live"));
    await holds(async () => expect((await view("/a")).timers).toEqual([]));
    const before = await rig.ask("/a") as { notes: number[]; answers: unknown[] };
    await restart("/a", { fromCheckpoint: id });
    await holds(async () => expect((await view("/a")).state?.value).toBe("live"));
    await holds(async () => expect((await rig.ask("/a") as typeof before).answers.length).toBe(1));
    expect((await view("/a")).timers).toEqual([]);
    expect(before.answers.length).toBe(1);
  });

  it("gives what it starts now ids of its own", async () => {
    await open();
    const id = await checkpoint("/a");
    await rig.send("/a", "later", { ms: 300, n: 1 });
    await holds(async () => expect((await view("/a")).timers.length).toBe(1));
    const [first] = (await view("/a")).timers;
    await restart("/a", { fromCheckpoint: id });
    await rig.send("/a", "later", { ms: 300, n: 2 });
    await holds(async () => expect((await view("/a")).timers.length).toBe(1));
    const [second] = (await view("/a")).timers;
    expect(second!.id).not.toBe(first!.id);
    await holds(async () => expect(await rig.notes("/a")).toEqual([2]));
  });
});

describe("checkpoints", () => {
  it("are made at most once a minute while it works, and before each restart", async () => {
    const children = [agent("a")];
    const clocked = await new ClockRig({ children, kinds: ["probe"] }).start();
    const made = async () => {
      const found = clocked.system.checkpoints("/a");
      await clocked.clock.settle();
      return (await found).map(({ reason }) => reason);
    };
    for (let n = 0; n < 20; n++) {
      await clocked.send("/a", "note", { n });
      await clocked.clock.pass(10_000);
    }
    const byMinute = await made();
    expect(byMinute.length).toBeGreaterThan(1);
    expect(byMinute.length).toBeLessThanOrEqual(4);
    expect(new Set(byMinute)).toEqual(new Set(["minute"]));
    await clocked.send("/a", "crash", {});
    await clocked.clock.pass(minute);
    expect((await made())[0]).toBe("restart");
    expect((await made()).filter((reason) => reason === "restart").length).toBe(1);
    await clocked.stop();
  });
});
