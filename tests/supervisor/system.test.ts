import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { messageHistory } from "../../src/supervisor/message-history.ts";
import { eventually } from "../support/eventually.ts";
import { openRig, type Rig, type RigOptions } from "./rig.ts";

const a = { type: "agent" as const, id: "a", agent: "probe" };
const b = { type: "agent" as const, id: "b", agent: "probe" };
const pool = { type: "dynamic" as const, id: "pool", maxRunning: 1 };
const caller = { name: "tester" };

let folder: string;
let rig: Rig;

async function open(options: Partial<RigOptions> = {}): Promise<void> {
  rig = await openRig({ folder, children: [a, b, pool], ...options });
}

/** Waits until the expectations of `check` hold. */
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

describe("messages", () => {
  it("reach an agent in order, and its state outlives the process", async () => {
    await open();
    for (const n of [1, 2, 3]) await rig.send("/a", "note", { n });
    expect(await rig.notes("/a")).toEqual([1, 2, 3]);
    rig = await rig.crash();
    await rig.send("/a", "note", { n: 4 });
    expect(await rig.notes("/a")).toEqual([1, 2, 3, 4]);
  });

  it("go on by themselves after a kill with a full mailbox", async () => {
    await open();
    rig.hosts.holds = (address) => address === "/a";
    const many = Array.from(
      { length: 900 },
      (_, n) => ({ to: "/a", type: "note", payload: { n } }),
    );
    await rig.system.send(caller, many);
    rig = await rig.crash();
    await holds(async () => {
      const { mailboxDepth, turns } = await rig.system.agent("/a");
      expect([mailboxDepth, turns > 0]).toEqual([0, true]);
    });
    expect(await rig.notes("/a")).toEqual(many.map((_, n) => n));
  });

  it("are refused at the door with a code that names the reason", async () => {
    await open();
    const refused = async (to: string, type: string, payload: Record<string, unknown>) => {
      const error = await rig.send(to, type, payload as never).catch((error) => error);
      return error.code;
    };
    expect(await refused("/nobody", "note", { n: 1 })).toBe("agent_not_found");
    expect(await refused("/pool", "note", { n: 1 })).toBe("not_an_agent");
    expect(await refused("/a", "sing", {})).toBe("unknown_type");
    expect(await refused("/a", "note", { n: "one" })).toBe("invalid_payload");
    expect(await refused("/a", "system.stop", {})).toBe("reserved_type");
    expect(await refused("no such", "note", { n: 1 })).toBe("invalid_address");
  });

  it("take effect once for one Idempotency-Key, and conflict with another body", async () => {
    await open();
    const message = [{ to: "/a", type: "note", payload: { n: 7 } }];
    const key = { key: "k", bodyHash: "h" };
    const both = await Promise.all([
      rig.system.send(caller, message, key),
      rig.system.send(caller, message, key),
    ]);
    const again = await rig.system.send(caller, message, key);
    expect(new Set([...both, again].map(({ ids }) => ids[0])).size).toBe(1);
    expect(await rig.notes("/a")).toEqual([7]);
    const other = rig.system.send(caller, message, { key: "k", bodyHash: "other" });
    await expect(other).rejects.toMatchObject({ code: "idempotency_conflict" });
    // The key is the token's own: that of another token is another key.
    const foreign = await rig.system.send({ name: "another" }, message, key);
    expect(foreign.ids).not.toEqual(again.ids);
  });

  it("ask once for one Idempotency-Key, also while the ask is being committed", async () => {
    const gate = Promise.withResolvers<void>();
    let isShut = false;
    await open({
      wrapStore: (store) => {
        const commit = store.commit.bind(store);
        store.commit = async (...change) => {
          if (isShut) await gate.promise;
          return await commit(...change);
        };
        return store;
      },
    });
    isShut = true;
    const key = { key: "k", bodyHash: "h" };
    const ask = () => rig.system.ask(caller, { to: "/a", type: "read", payload: {} }, key);
    const first = ask();
    // The store answers in order: by then it has answered about the key, too.
    const asked = () => rig.store.idempotency("tester", "another");
    await asked();
    const second = ask();
    await asked();
    gate.resolve();
    expect(await second).toEqual(await first);
  });

  it("fill at most half a mailbox from one sender, the whole of it from all", async () => {
    await open({ limits: { mailbox: 10 } });
    rig.hosts.holds = () => true;
    const one = (name: string) =>
      rig.system.send({ name }, [{ to: "/a", type: "note", payload: { n: 1 } }])
        .then(() => "taken", ({ code }) => code);
    const first = [];
    for (let i = 0; i < 6; i++) first.push(await one("x"));
    const second = [];
    for (let i = 0; i < 6; i++) second.push(await one("y"));
    expect(first.filter((answer) => answer === "taken").length).toBe(5);
    expect(second.filter((answer) => answer === "taken").length).toBe(5);
    expect([first[5], second[5]]).toEqual(["mailbox_full", "mailbox_full"]);
  });

  it("that expire before they are handed over become dead letters", async () => {
    await open();
    rig.hosts.holds = (address) => address === "/a";
    await rig.send("/a", "note", { n: 1 });
    const late = { to: "/a", type: "note", payload: { n: 2 }, expiresInMs: 1 };
    await rig.system.send(caller, [late]);
    rig = await rig.crash();
    await holds(async () => expect(await rig.notes("/a")).toEqual([1]));
    const { items } = await rig.system.deadLetters({ limit: 10 });
    expect(items.map(({ reason }) => reason)).toEqual(["expired"]);
  });
});

describe("asks", () => {
  it("are answered by the agent asked, and kept", async () => {
    await open();
    const { id, reply } = await rig.system.ask(caller, { to: "/a", type: "read", payload: {} });
    expect(reply).toMatchObject({ notes: [] });
    expect((await rig.system.readAsk(id)).settledAtMs).toBeGreaterThan(0);
  });

  it("end with ask_timeout when nobody answers", async () => {
    await open();
    const asked = rig.system.ask(caller, {
      to: "/a",
      type: "silent",
      payload: {},
      timeoutMs: 100,
    });
    await expect(asked).rejects.toMatchObject({ code: "ask_timeout" });
  });

  it("go between agents, and end with the reason when the other is not there", async () => {
    await open();
    await rig.send("/a", "query", { to: "/b" });
    await holds(async () => {
      const { answers } = await rig.ask("/a") as { answers: unknown[] };
      expect(answers).toEqual([{ notes: [], undelivered: [], answers: [], asker: null }]);
    });
    await rig.send("/a", "query", { to: "/nobody" });
    await holds(async () => {
      const { answers } = await rig.ask("/a") as { answers: unknown[] };
      expect(answers[1]).toBe("agent_not_found");
    });
    rig.hosts.holds = (address) => address === "/b";
    await rig.send("/a", "query", { to: "/b" });
    await holds(async () => {
      const { answers } = await rig.ask("/a") as { answers: unknown[] };
      expect(answers[2]).toBe("ask_timeout");
    });
    for (const fromSystem of await toldBySystem("/a")) {
      expect(fromSystem).toEqual(["query", "read"]);
    }
  });
});

/** What led to each thing that an agent was told by the runtime, by type. */
async function toldBySystem(to: string): Promise<string[][]> {
  const { items } = await rig.store.messages({ to, limit: 100 });
  const told = items.filter(({ envelope }) => envelope.from === "system");
  expect(told).not.toEqual([]);
  return await Promise.all(told.map(async ({ envelope }) => {
    const { ancestors } = await messageHistory(rig.store, envelope.id, { limit: 1 });
    return ancestors.map(({ type }) => type);
  }));
}

describe("between agents", () => {
  it("what one turn sends is there once, in order", async () => {
    await open();
    await rig.send("/a", "pass", { to: "/b", count: 300 });
    await holds(async () => {
      expect(await rig.notes("/b")).toEqual(Array.from({ length: 300 }, (_, i) => i + 1));
    });
  });

  it("a sender to nobody learns it", async () => {
    await open();
    await rig.send("/a", "pass", { to: "/nobody", count: 1 });
    await holds(async () => {
      expect(await rig.ask("/a")).toMatchObject({ undelivered: ["agent_not_found"] });
    });
    expect(await toldBySystem("/a")).toEqual([["pass", "note"]]);
  });

  it("a full mailbox blocks its sender until there is room", async () => {
    await open({ limits: { mailbox: 20 } });
    rig.hosts.holds = (address) => address === "/b";
    await rig.send("/a", "pass", { to: "/b", count: 8 });
    await rig.send("/a", "pass", { to: "/b", count: 8 });
    await holds(async () => expect((await rig.system.agent("/a")).status).toBe("blocked"));
    rig.hosts.holds = () => false;
    rig.hosts.placed.findLast(({ request }) => request.address === "/b")!
      .lose({ reason: "host_lost", message: "test", alone: false });
    await holds(async () => expect((await rig.notes("/b")).length).toBe(16));
    expect((await rig.system.agent("/a")).status).not.toBe("blocked");
  });

  it("an agent that fills its own mailbox is told instead of blocked for ever", async () => {
    await open({ limits: { mailbox: 10 } });
    await rig.send("/a", "pass", { to: "/a", count: 30 });
    await holds(async () => {
      const { notes, undelivered } = await rig.ask("/a") as Record<string, unknown[]>;
      expect(notes!.length + undelivered!.length).toBe(30);
      expect(new Set(undelivered)).toEqual(new Set(["mailbox_full"]));
    });
  });
});

describe("a delay set while the store is asked for the next one", () => {
  it("is not forgotten", async () => {
    let isReady = false;
    let isAsked = false;
    const gate = Promise.withResolvers<void>();
    await open({
      wrapStore: (store) => {
        const nextTimers = store.nextTimers.bind(store);
        store.nextTimers = async () => {
          const next = await nextTimers();
          if (!isReady) return next;
          isAsked = true;
          await gate.promise;
          return next;
        };
        return store;
      },
    });
    isReady = true;
    await rig.send("/a", "later", { ms: 1, n: 1 });
    await eventually(() => isAsked);
    await rig.send("/b", "later", { ms: 20, n: 2 });
    await eventually(async () => (await rig.system.agent("/b")).timers.length === 1);
    gate.resolve();
    await eventually(async () => (await rig.notes("/b")).length === 1);
  });
});

describe("children", () => {
  it("are spawned by a turn that may write to them at once, one after the other", async () => {
    await open();
    for (const name of ["x", "y"]) await rig.send("/a", "start", { name, kind: "probe" });
    await holds(async () => expect(await rig.notes("/pool/x")).toEqual([1]));
    expect((await rig.system.agent("/pool/y")).status).toBe("pending");
    await rig.send("/pool/x", "finish", {});
    await holds(async () => expect(await rig.notes("/pool/y")).toEqual([1]));
    expect((await rig.system.agent("/pool/x")).status).toBe("completed");
  });

  it("are spawned once for one Idempotency-Key, with one answer for whoever asks", async () => {
    await open();
    const key = { key: "k", bodyHash: "h" };
    const spawn = () => rig.system.spawn(caller, { address: "/pool/x", kind: "probe" }, key);
    const first = await spawn();
    expect(first).toMatchObject({ address: "/pool/x", status: "running" });
    // By then it has begun, and is another sight.
    expect(await rig.notes("/pool/x")).toEqual([]);
    expect(await spawn()).toEqual(first);
  });

  it("that were waiting wait again after a kill, in the same order", async () => {
    await open();
    for (const name of ["x", "y", "z"]) {
      await rig.system.spawn(caller, { address: `/pool/${name}`, kind: "probe" });
    }
    rig = await rig.crash();
    const statuses = async () =>
      (await rig.system.agents({ limit: 9, under: "/pool" })).items.map(({ status }) => status);
    await holds(async () => {
      expect((await statuses()).filter((status) => status === "pending").length).toBe(2);
    });
    await rig.send("/pool/x", "finish", {});
    await holds(async () => expect((await statuses())[1]).not.toBe("pending"));
  });

  it("leave their address when they are deleted, and dead letters of what they had", async () => {
    await open();
    await rig.system.spawn(caller, { address: "/pool/x", kind: "probe" });
    rig.hosts.holds = () => true;
    await rig.send("/pool/x", "note", { n: 1 });
    await rig.system.delete(caller, "/pool/x");
    await expect(rig.system.agent("/pool/x")).rejects.toMatchObject({ code: "agent_not_found" });
    const { items } = await rig.system.deadLetters({ limit: 10 });
    expect(items.map(({ envelope }) => envelope.to)).toEqual(["/pool/x"]);
    rig.hosts.holds = () => false;
    await rig.system.spawn(caller, { address: "/pool/x", kind: "probe" });
    expect(await rig.notes("/pool/x")).toEqual([]);
  });
});

describe("timers", () => {
  it("fire after a kill in between", async () => {
    await open();
    await rig.send("/a", "later", { ms: 300, n: 5 });
    await holds(async () => expect((await rig.system.agent("/a")).timers.length).toBe(1));
    rig = await rig.crash();
    await holds(async () => expect(await rig.notes("/a")).toEqual([5]));
    expect((await rig.system.agent("/a")).timers).toEqual([]);
  });
});
