/** What people do to agents, beyond the statuses of verb-matrix.test.ts. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { VerbInput } from "../../src/supervisor/control.ts";
import { eventually } from "../support/eventually.ts";
import { openRig, type Rig, type RigOptions } from "./rig.ts";

const agent = (id: string) => ({ type: "agent" as const, id, agent: "probe", shutdownMs: 200 });
const pool = { type: "dynamic" as const, id: "pool" };
const group = {
  type: "supervisor" as const,
  id: "g",
  children: [agent("x"), agent("y"), { ...pool, id: "more" }],
};
const caller = { name: "tester" };

let folder: string;
let rig: Rig;

async function open(options: Partial<RigOptions> = {}): Promise<void> {
  const children = [agent("a"), agent("b"), pool, group];
  rig = await openRig({ folder, children: children as RigOptions["children"], ...options });
}
const order = (verb: VerbInput["verb"], address: string, more = {}) =>
  rig.system.carryOut(caller, { verb, address, ...more });
const view = (address: string) => rig.system.agent(address);
async function eventsOf(address: string): Promise<string[]> {
  const rows = await rig.store.events({ limit: 500, address });
  return rows.filter(({ data }) => data.includes('"by":"@tester"')).map(({ type }) => type);
}
const note = (to: string, n: number) => rig.send(to, "note", { n });
async function holds(check: () => Promise<void>): Promise<void> {
  await eventually(async () => {
    await check();
    return true;
  });
}

beforeEach(async () => {
  folder = await Deno.makeTempDir();
});
afterEach(async () => {
  await rig.close();
  await Deno.remove(folder, { recursive: true });
});

describe("pause", () => {
  it("lets the mailbox grow and nothing be handled, over a kill too, until resume", async () => {
    await open();
    await note("/a", 1);
    expect(await rig.notes("/a")).toEqual([1]);
    await order("pause", "/a");
    const { turns } = await view("/a");
    for (const n of [2, 3]) await note("/a", n);
    rig = await rig.crash();
    await note("/a", 4);
    await rig.notes("/b");
    expect(await view("/a")).toMatchObject({ status: "paused", mailboxDepth: 3, turns });
    expect((await view("/a")).thread).toBeNull();
    await order("resume", "/a");
    await holds(async () => expect(await rig.notes("/a")).toEqual([1, 2, 3, 4]));
    expect(await eventsOf("/a")).toEqual(["agent.paused", "agent.resumed"]);
  });

  it("waits for the turn in hand, which counts, or throws it away whole", async () => {
    await open();
    await rig.notes("/a");
    rig.hosts.holds = (address) => address === "/a";
    await note("/a", 1);
    await order("pause", "/a");
    rig.hosts.holds = () => false;
    expect(await view("/a")).toMatchObject({ status: "paused", mailboxDepth: 1, restarts: 0 });
    await order("resume", "/a");
    await holds(async () => expect(await rig.notes("/a")).toEqual([1]));
  });
});

describe("stop", () => {
  it("tells the machine by system.stop, keeps state and mailbox, refuses new sends", async () => {
    await open();
    await note("/a", 1);
    await order("stop", "/a");
    expect(await view("/a")).toMatchObject({ status: "stopped", mailboxDepth: 0 });
    const taken = await rig.store.events({ limit: 9, type: "note.taken", address: "/a" });
    expect(taken.map(({ data }) => JSON.parse(data).n)).toEqual([1, -1]);
    await expect(note("/a", 2)).rejects.toMatchObject({ code: "agent_stopped" });
    rig = await rig.crash();
    expect((await view("/a")).status).toBe("stopped");
    await order("resume", "/a");
    await note("/a", 3);
    expect(await rig.notes("/a")).toEqual([1, 3]);
    expect(await eventsOf("/a")).toEqual(["agent.stopping", "agent.resumed"]);
  });

  it("keeps what waits in the mailbox for later, and asks are answered at once", async () => {
    await open();
    await order("pause", "/a");
    await note("/a", 1);
    const asked = rig.system.ask(caller, { to: "/a", type: "read", payload: {} });
    const refused = expect(asked).rejects.toMatchObject({ code: "agent_stopped" });
    await order("stop", "/a");
    await refused;
    expect((await view("/a")).mailboxDepth).toBe(2);
    await order("resume", "/a");
    await holds(async () => expect(await rig.notes("/a")).toEqual([1]));
  });

  it("does not wait longer than shutdownMs for a turn, nor charge it", async () => {
    await open();
    await rig.notes("/a");
    rig.hosts.holds = (address) => address === "/a";
    await note("/a", 1);
    await order("stop", "/a");
    rig.hosts.holds = () => false;
    expect(await view("/a")).toMatchObject({ status: "stopped", mailboxDepth: 1, restarts: 0 });
    await order("resume", "/a");
    await holds(async () => expect(await rig.notes("/a")).toEqual([1]));
    const taken = await rig.store.events({ limit: 9, type: "note.taken", address: "/a" });
    expect(taken.map(({ data }) => JSON.parse(data).n)).toEqual([1]);
  });

  it("goes on by itself after a kill in the middle of it", async () => {
    await open({ children: [{ ...agent("a"), shutdownMs: 60_000 }] });
    await rig.notes("/a");
    rig.hosts.holds = () => true;
    await note("/a", 1);
    const stopped = order("stop", "/a").catch(() => {});
    await holds(async () => {
      const { record } = (await rig.store.agents())[0]!;
      expect(record.intent).toBe("stop");
    });
    rig = await rig.crash();
    await stopped;
    await holds(async () => expect((await view("/a")).status).toBe("stopped"));
  });
});

describe("drain", () => {
  it("handles what is there, refuses what comes, and stops", async () => {
    await open();
    await order("pause", "/a");
    for (let n = 1; n <= 600; n++) await note("/a", n);
    await order("resume", "/a");
    const { agents: [outcome] } = await order("drain", "/a");
    expect(outcome).toMatchObject({ status: "stopped", intent: null });
    expect(await view("/a")).toMatchObject({ status: "stopped", mailboxDepth: 0 });
    await order("resume", "/a");
    expect((await rig.notes("/a")).length).toBe(600);
  });

  it("refuses at once, answers when its time is over, and ends over a kill", async () => {
    await open();
    rig.hosts.holds = (address) => address === "/a";
    await note("/a", 1);
    const { agents: [outcome] } = await order("drain", "/a", { waitMs: 30 });
    expect(outcome).toMatchObject({ intent: "drain" });
    await expect(note("/a", 2)).rejects.toMatchObject({ code: "agent_stopped" });
    rig = await rig.crash();
    await holds(async () => expect((await view("/a")).status).toBe("stopped"));
    await order("resume", "/a");
    expect(await rig.notes("/a")).toEqual([1]);
  });
});

describe("a subtree", () => {
  it("is paused and resumed whole, children of dynamic supervisors too", async () => {
    await open();
    await rig.system.spawn(caller, { address: "/g/more/z", kind: "probe" });
    for (const id of ["x", "y", "more/z"]) await rig.notes(`/g/${id}`);
    const { agents } = await order("pause", "/g");
    expect(agents.map(({ address }) => address)).toEqual(["/g/x", "/g/y", "/g/more/z"]);
    expect(agents.every(({ status }) => status === "paused")).toBe(true);
    expect((await view("/a")).status).not.toBe("paused");
    await order("resume", "/");
    for (const id of ["x", "y", "more/z"]) expect(await rig.notes(`/g/${id}`)).toEqual([]);
  });

  it("ends the youngest first; who refuses is named, who has ended is not meant", async () => {
    await open();
    await rig.system.spawn(caller, { address: "/g/more/z", kind: "probe", restart: "transient" });
    await rig.send("/g/more/z", "finish", {});
    await holds(async () => expect((await view("/g/more/z")).status).toBe("completed"));
    await order("pause", "/g/x");
    const { agents } = await order("drain", "/g");
    expect(agents.map(({ address, status }) => [address, status])).toEqual([
      ["/g/y", "stopped"],
      ["/g/x", "paused"],
    ]);
    expect(agents[1]!.error).toMatchObject({ code: "cannot_drain_paused" });
    await expect(order("stop", "/g/more/z")).rejects.toMatchObject({
      code: "cannot_stop_completed",
    });
    await expect(order("stop", "/nowhere")).rejects.toMatchObject({ code: "agent_not_found" });
    expect((await order("pause", "/pool")).agents).toEqual([]);
  });
});

describe("delete", () => {
  it("ends agent and children in one commit; mail is dead, addresses are free", async () => {
    await open();
    for (const name of ["p", "q"]) await rig.system.spawn(caller, at(name));
    await rig.send("/pool/p", "start", { name: "child", kind: "probe" });
    await rig.send("/pool/p", "later", { ms: 60_000, n: 1 });
    await holds(async () => expect(await rig.notes("/pool/child")).toEqual([1]));
    await order("pause", "/pool/p");
    for (let n = 0; n < 3; n++) await note("/pool/p", n);
    const asked = rig.system.ask(caller, { to: "/pool/p", type: "read", payload: {} });
    const refused = expect(asked).rejects.toMatchObject({ code: "agent_ended" });
    const { agents: [outcome] } = await order("delete", "/pool/p");
    expect(outcome).toMatchObject({ from: "paused", status: null, error: null });
    await refused;
    for (const name of ["p", "child"]) {
      await expect(view(`/pool/${name}`)).rejects.toMatchObject({ code: "agent_not_found" });
      expect(await eventsOf(`/pool/${name}`)).toContain("agent.deleted");
    }
    const { items } = await rig.system.deadLetters({ to: "/pool/p", limit: 9 });
    expect(items.map(({ envelope }) => envelope.type)).toEqual(["read", "note", "note", "note"]);
    expect(await rig.store.nextTimers()).toBeNull();
    rig = await rig.crash();
    await rig.system.spawn(caller, at("p"));
    expect(await rig.notes("/pool/p")).toEqual([]);
    expect((await view("/pool/q")).status).not.toBe("stopped");
  });

  const at = (name: string) => ({ address: `/pool/${name}`, kind: "probe" });

  it("leaves the places of those that go to none of them", async () => {
    await open({ children: [agent("a"), { ...pool, maxRunning: 1 }] });
    await rig.system.spawn(caller, at("p"));
    await rig.send("/pool/p", "start", { name: "child", kind: "probe" });
    await holds(async () => expect((await view("/pool/child")).status).toBe("pending"));
    await order("stop", "/pool/p");
    await holds(async () => expect((await view("/pool/child")).status).not.toBe("pending"));
    await order("resume", "/pool/p");
    expect((await view("/pool/p")).status).toBe("pending");
    // The child has the place that its parent waits for, and both end.
    await order("delete", "/pool/p");
    await rig.notes("/a");
    rig = await rig.crash();
    const { items } = await rig.system.agents({ limit: 9 });
    expect(items.map(({ address }) => address)).toEqual(["/a"]);
  });

  it("takes all below a supervisor", async () => {
    await open();
    for (const name of ["p", "q"]) await rig.system.spawn(caller, at(name));
    await rig.send("/pool/p", "start", { name: "child", kind: "probe" });
    await holds(async () => expect(await rig.notes("/pool/child")).toEqual([1]));
    const { agents } = await order("delete", "/pool");
    expect(agents.map(({ error, status }) => [error, status])).toEqual(Array(3).fill([null, null]));
    expect((await rig.system.agents({ limit: 9, under: "/pool" })).items).toEqual([]);
  });
});

it("an agent below a supervisor that has ended comes back with that supervisor", async () => {
  const child = { ...agent("x"), restart: "transient" as const, significant: true };
  const ends = { restart: "transient" as const, autoShutdown: "anySignificant" as const };
  const ended = { type: "supervisor" as const, id: "e", ...ends, children: [child, agent("y")] };
  await open({ children: [agent("a"), ended] as RigOptions["children"] });
  for (const id of ["x", "y"]) await rig.notes(`/e/${id}`);
  await rig.send("/e/x", "finish", {});
  await holds(async () => expect((await view("/e/y")).status).toBe("stopped"));
  await expect(order("resume", "/e/y")).rejects.toMatchObject({ code: "agent_stopped" });
  await order("restart", "/e", { fresh: true });
  await holds(async () => expect(await rig.notes("/e/y")).toEqual([]));
});

it("a verb with an Idempotency-Key is carried out once", async () => {
  await open();
  await rig.notes("/a");
  const input = { verb: "restart" as const, address: "/a" };
  const key = { key: "k", bodyHash: "h" };
  const first = await rig.system.carryOut(caller, input, key);
  expect(await rig.system.carryOut(caller, input, key)).toEqual(first);
  expect((await view("/a")).restarts).toBe(1);
});
