/** Agents that wait for one another: for answers, and for room in mailboxes. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { describeCycle, WaitGraph } from "../../src/supervisor/wait-graph.ts";
import { eventually } from "../support/eventually.ts";
import { openRig, type Rig, type RigOptions } from "./rig.ts";

const caller = { name: "tester" };
const agent = (id: string) => ({ type: "agent" as const, id, agent: "probe" });

let folder: string;
let rig: Rig;

async function open(options: Partial<RigOptions> = {}): Promise<void> {
  rig = await openRig({ folder, children: ["a", "b", "c"].map(agent), ...options });
}

function chain(to: string, ...rest: string[]) {
  const payload = { to: rest };
  return rig.system.ask(caller, { to, type: "chain", payload, timeoutMs: 10_000 });
}

beforeEach(async () => {
  folder = await Deno.makeTempDir();
});

afterEach(async () => {
  await rig?.close();
  await Deno.remove(folder, { recursive: true });
});

describe("a cycle of asks", () => {
  it("is answered at once with its names, the chain before it with the same", async () => {
    await open();
    expect((await chain("/a", "/b", "/c")).reply).toEqual({ length: 2 });
    const started = performance.now();
    await expect(chain("/a", "/b", "/c", "/a")).rejects.toMatchObject({
      code: "deadlock",
      message: "Cannot ask /a: /c waits for /a, which waits for /b, which waits for /c",
    });
    expect(performance.now() - started).toBeLessThan(5_000);
    expect((await chain("/a", "/b", "/c")).reply).toEqual({ length: 2 });
  });

  it("is one also when an agent asks itself", async () => {
    await open();
    const message = "Cannot ask /a: /a waits for /a";
    await expect(chain("/a", "/a")).rejects.toMatchObject({ code: "deadlock", message });
  });

  it("is found although its asks were sent before a crash of everything", async () => {
    await open();
    rig.hosts.holds = (address) => address === "/c";
    const outside = chain("/a", "/b", "/c", "/a").then(() => null, (error) => error);
    await eventually(async () => (await rig.system.agent("/c")).mailboxDepth === 1);
    const { id } = (await rig.system.messages({ to: "/a", limit: 10 })).items[0]!.envelope;
    rig = await rig.crash();
    await eventually(async () => (await rig.system.readAsk(id)).outcome !== null);
    expect(JSON.parse((await rig.system.readAsk(id)).outcome!)).toMatchObject({
      ok: false,
      error: { code: "deadlock" },
    });
    void outside;
  });
});

describe("a producer that is faster than its consumer", () => {
  it("is slowed down; nothing is lost, the order holds and the mailbox stays bounded", async () => {
    await open({ limits: { mailbox: 100 } });
    const rounds = 60;
    for (let i = 0; i < rounds; i++) await rig.send("/a", "pass", { to: "/b", count: 30 });
    let deepest = 0;
    let wasBlocked = false;
    await eventually(async () => {
      const [a, b] = await Promise.all([rig.system.agent("/a"), rig.system.agent("/b")]);
      deepest = Math.max(deepest, b.mailboxDepth);
      wasBlocked ||= a.status === "blocked";
      return a.mailboxDepth === 0 && b.mailboxDepth === 0;
    });
    const wanted = Array.from({ length: rounds * 30 }, (_, i) => i % 30 + 1);
    expect(await rig.notes("/b")).toEqual(wanted);
    expect(deepest).toBeLessThanOrEqual(50);
    expect((await rig.system.deadLetters({ limit: 1 })).items).toEqual([]);
  });

  it("leaves room for others in a mailbox that it floods", async () => {
    await open({ limits: { mailbox: 20 } });
    rig.hosts.holds = (address) => address === "/b";
    await rig.send("/a", "pass", { to: "/b", count: 8 });
    await rig.send("/a", "pass", { to: "/b", count: 8 });
    await eventually(async () => (await rig.system.agent("/a")).status === "blocked");
    await rig.send("/b", "note", { n: 99 });
    await rig.send("/c", "pass", { to: "/b", count: 5 });
    await eventually(async () => (await rig.system.agent("/b")).mailboxDepth === 14);
    expect((await rig.system.agent("/c")).status).not.toBe("blocked");
  });

  it("whose one turn sends more than ever fits is told so", async () => {
    await open({ limits: { mailbox: 20 } });
    await rig.send("/a", "pass", { to: "/b", count: 30 });
    await eventually(async () => (await rig.notes("/b")).length === 10);
    const { undelivered } = await rig.ask("/a") as { undelivered: string[] };
    expect(undelivered).toEqual(Array.from({ length: 20 }, () => "mailbox_full"));
  });

  it("goes on when what it waits for expires unread", async () => {
    await open({ limits: { mailbox: 20 } });
    await rig.notes("/b");
    rig.hosts.holds = (address) => address === "/b";
    const note = (n: number) => ({ to: "/b", type: "note", payload: { n }, expiresInMs: 300 });
    await rig.system.send({ name: "x" }, Array.from({ length: 10 }, (_, n) => note(n)));
    await rig.system.send({ name: "y" }, Array.from({ length: 9 }, (_, n) => note(n)));
    await rig.send("/a", "pass", { to: "/b", count: 8 });
    await eventually(async () => (await rig.system.agent("/a")).status === "blocked");
    await eventually(async () => {
      rig.hosts.placed.findLast(({ request }) => request.address === "/b")
        ?.lose({ reason: "host_lost", message: "test", alone: false });
      return (await rig.system.agent("/a")).status !== "blocked";
    });
    rig.hosts.holds = () => false;
    rig.hosts.placed.findLast(({ request }) => request.address === "/b")!
      .lose({ reason: "host_lost", message: "test", alone: false });
    await eventually(async () => (await rig.notes("/b")).slice(-8).join() === "1,2,3,4,5,6,7,8");
  });
});

describe("a cycle of blocked agents", () => {
  it("is broken: both learn it and go on", async () => {
    await open({ limits: { mailbox: 12 } });
    rig.hosts.holds = () => true;
    for (const [from, to] of [["/a", "/b"], ["/b", "/a"]] as const) {
      for (let i = 0; i < 6; i++) await rig.send(from, "pass", { to, count: 5 });
    }
    rig = await rig.crash();
    await eventually(async () => {
      const views = await Promise.all(["/a", "/b"].map((at) => rig.system.agent(at)));
      return views.every(({ mailboxDepth, status }) => mailboxDepth === 0 && status !== "blocked");
    });
    for (const at of ["/a", "/b"]) {
      const { notes, undelivered } = await rig.ask(at) as Record<string, unknown[]>;
      expect(notes!.length).toBeLessThanOrEqual(30);
      expect(undelivered!.every((code) => code === "mailbox_full")).toBe(true);
    }
    const notes = (await rig.notes("/a")).length + (await rig.notes("/b")).length;
    const dead = (await rig.system.deadLetters({ limit: 100 })).items.length;
    expect(notes + dead).toBe(60);
  });
});

describe("the graph of waits", () => {
  it("forgets an edge when its last ask has ended", () => {
    const graph = new WaitGraph();
    graph.add("/a", "/b");
    graph.add("/a", "/b");
    expect(graph.cycle("/b", "/a")).toEqual(["/b", "/a"]);
    graph.remove("/a", "/b");
    expect(graph.cycle("/b", "/a")).toEqual(["/b", "/a"]);
    graph.remove("/a", "/b");
    graph.remove("/a", "/b");
    expect(graph.cycle("/b", "/a")).toBeNull();
  });

  it("ends in a graph with cycles elsewhere, and names few of many", () => {
    const graph = new WaitGraph();
    for (const [from, to] of [["/x", "/y"], ["/y", "/x"], ["/b", "/x"]] as const) {
      graph.add(from, to);
    }
    expect(graph.cycle("/a", "/b")).toBeNull();
    const long = Array.from({ length: 20 }, (_, i) => `/${i}`);
    expect(describeCycle(long)).toContain("which waits for 8 more, which waits for /0");
  });
});
