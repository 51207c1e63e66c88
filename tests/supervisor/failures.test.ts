import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Change, Store } from "../../src/storage/store.ts";
import { CommitRejected } from "../../src/storage/store.ts";
import { eventually } from "../support/eventually.ts";
import { openRig, type Rig, type RigOptions } from "./rig.ts";

const a = { type: "agent" as const, id: "a", agent: "probe" };
const b = { type: "agent" as const, id: "b", agent: "probe" };
const c = { type: "agent" as const, id: "c", agent: "probe" };
const captain = { type: "agent" as const, id: "captain", agent: "probe" };
const pool = { type: "dynamic" as const, id: "pool" };
const caller = { name: "tester" };
const lost = { reason: "host_lost" as const, message: "test", alone: false };

let folder: string;
let rig: Rig;

async function open(options: Partial<RigOptions> = {}): Promise<void> {
  rig = await openRig({ folder, children: [captain, a, b, c, pool], ...options });
}

async function holds(check: () => Promise<void>): Promise<void> {
  await eventually(async () => {
    await check();
    return true;
  });
}

const view = async (address: string) => await rig.system.agent(address);

beforeEach(async () => {
  folder = await Deno.makeTempDir();
});

afterEach(async () => {
  await rig.close();
  await Deno.remove(folder, { recursive: true });
});

describe("poison", () => {
  it("one envelope that always crashes becomes a dead letter, the others take effect", async () => {
    await open();
    const note = (n: number) => ({ to: "/a", type: "note", payload: { n } });
    const crash = { to: "/a", type: "crash", payload: {} };
    const many = Array.from({ length: 100 }, (_, n) => note(n));
    await rig.system.send(caller, [...many.slice(0, 50), crash, ...many.slice(50)]);
    await holds(async () => {
      expect(await rig.notes("/a")).toEqual(many.map((_, n) => n));
    });
    const { items } = await rig.system.deadLetters({ limit: 10 });
    expect(items.map(({ reason, envelope }) => [reason, envelope.type])).toEqual([
      ["poison", "crash"],
    ]);
    expect((await view("/a")).restarts).toBe(3);
    expect(rig.ended).toEqual([]);
  });

  it("attempts are counted across a kill", async () => {
    await open({ swarm: { backoffMs: 400, backoffMaxMs: 400, periodMs: 60_000 } });
    await rig.send("/a", "crash", {});
    await holds(async () => expect((await view("/a")).restarts).toBeGreaterThan(0));
    rig = await rig.crash();
    await holds(async () => {
      expect((await rig.system.deadLetters({ limit: 10 })).items.length).toBe(1);
    });
    expect((await view("/a")).restarts).toBeLessThanOrEqual(3);
  });

  it("an asker is told at once", async () => {
    await open({ limits: { maxAttempts: 1 } });
    const asked = rig.system.ask(caller, { to: "/a", type: "crash", payload: {} });
    await expect(asked).rejects.toMatchObject({ code: "poison" });
  });

  it("three different envelopes in a row: the state is bad, the agent is parked", async () => {
    await open({ limits: { maxAttempts: 1 } });
    await rig.notes("/a");
    await rig.system.send(
      caller,
      [1, 2, 3].map((n) => ({ to: "/a", type: "crash", payload: { n } })),
    );
    await rig.send("/a", "note", { n: 4 });
    await holds(async () => expect((await view("/a")).status).toBe("parked"));
    expect(await view("/a")).toMatchObject({ mailboxDepth: 4, lastError: { code: "bad_state" } });
    expect((await rig.system.deadLetters({ limit: 9 })).items).toEqual([]);
    const asked = rig.system.ask(caller, { to: "/a", type: "read", payload: {} });
    await expect(asked).rejects.toMatchObject({ code: "agent_parked" });
    rig = await rig.crash();
    expect((await view("/a")).status).toBe("parked");
  });
});

describe("restarts", () => {
  it("go on from the newest durable state", async () => {
    await open();
    await rig.send("/a", "note", { n: 1 });
    await rig.send("/a", "crash", {});
    await rig.send("/a", "note", { n: 2 });
    await holds(async () => expect(await rig.notes("/a")).toEqual([1, 2]));
  });

  it("permanent_normal starts afresh and keeps its mailbox", async () => {
    await open();
    await rig.send("/a", "note", { n: 1 });
    await rig.system.send(caller, [
      { to: "/a", type: "finish", payload: {} },
      { to: "/a", type: "note", payload: { n: 2 } },
    ]);
    await holds(async () => expect(await rig.notes("/a")).toEqual([2]));
    expect((await view("/a")).restarts).toBe(1);
  });

  it("temporary_abnormal does not come back, and its mailbox becomes dead letters", async () => {
    await open();
    const spawn = { address: "/pool/x", kind: "probe", restart: "temporary" as const };
    await rig.system.spawn(caller, spawn);
    await rig.system.send(caller, [
      { to: "/pool/x", type: "crash", payload: {} },
      { to: "/pool/x", type: "note", payload: { n: 1 } },
    ]);
    await holds(async () => expect((await view("/pool/x")).status).toBe("failed"));
    await holds(async () => {
      expect((await rig.system.deadLetters({ limit: 10 })).items.length).toBe(2);
    });
  });

  it.each([
    ["oneForOne", [1, 0, 0]],
    ["restForOne", [1, 1, 0]],
    ["oneForAll", [1, 1, 1]],
  ])("%s restarts the siblings that it names", async (strategy, started) => {
    const children = [a, b, c];
    const group = { type: "supervisor" as const, id: "g", strategy, children };
    await open({ children: [captain, group as never] });
    for (const id of ["a", "b", "c"]) await rig.notes(`/g/${id}`);
    const before = await generations();
    await rig.send("/g/b", "crash", {});
    await holds(async () => expect((await view("/g/b")).restarts).toBe(3));
    for (const id of ["a", "b", "c"]) await rig.notes(`/g/${id}`);
    const after = await generations();
    const moved = ["b", "c", "a"].map((id) => Number(after[id]! > before[id]!));
    expect(moved).toEqual(started);
  });

  async function generations(): Promise<Record<string, number>> {
    const found: Record<string, number> = {};
    for (const id of ["a", "b", "c"]) found[id] = (await view(`/g/${id}`)).generation;
    return found;
  }

  it("beyond the intensity fail the supervisor, and in the end the process with 70", async () => {
    await open({
      children: [{ type: "supervisor", id: "g", intensity: 1, children: [a], backoffMs: 1 }],
      swarm: { intensity: 2 },
      limits: { maxAttempts: 1 },
    });
    for (let n = 0; n < 40 && rig.ended.length === 0; n++) {
      await rig.send("/g/a", "note", { n });
      await rig.send("/g/a", "crash", {});
    }
    await holds(() => {
      expect(rig.ended[0]).toBe(70);
      return Promise.resolve();
    });
    const events = await rig.store.events({ limit: 200, type: "supervisor.failed" });
    expect(new Set(events.map(({ address }) => address))).toEqual(new Set(["/g", "/"]));
  });
});

describe("lost threads", () => {
  it("a lost host is nobody's fault: the work is handed over again, alone", async () => {
    await open();
    await rig.notes("/a");
    rig.hosts.holds = (address) => address === "/a";
    await rig.send("/a", "note", { n: 1 });
    rig.hosts.holds = () => false;
    rig.hosts.placed.findLast(({ request }) => request.address === "/a")!.lose(lost);
    await holds(async () => expect(await rig.notes("/a")).toEqual([1]));
    const stays = rig.hosts.placed.filter(({ request }) => request.address === "/a");
    expect(stays.map(({ request }) => request.alone)).toEqual([false, true, false]);
    expect((await view("/a")).restarts).toBe(0);
  });

  it("an agent that loses its host alone twice is the culprit", async () => {
    await open();
    await rig.notes("/a");
    rig.hosts.holds = (address) => address === "/a";
    await rig.send("/a", "note", { n: 1 });
    for (let time = 1; time <= 4; time++) {
      const count = rig.hosts.placed.length;
      rig.hosts.placed.findLast(({ request }) => request.address === "/a")!
        .lose({ ...lost, alone: time > 1 });
      if (time === 4) break;
      await holds(() => {
        expect(rig.hosts.placed.length).toBeGreaterThan(count);
        return Promise.resolve();
      });
      const placed = rig.hosts.placed.at(-1)!;
      await holds(() => {
        expect(placed.heard.some(({ t }) => t === "deliver")).toBe(true);
        return Promise.resolve();
      });
    }
    await holds(async () => {
      const { items } = await rig.system.deadLetters({ limit: 10 });
      expect(items.map(({ reason }) => reason)).toEqual(["poison"]);
    });
  });

  it("a turn past its deadline is stopped and charged", async () => {
    await open({ limits: { turnDeadlineMs: 100, maxAttempts: 1 } });
    await rig.notes("/a");
    rig.hosts.holds = (address) => address === "/a";
    await rig.send("/a", "note", { n: 1 });
    await holds(async () => {
      const { items } = await rig.system.deadLetters({ limit: 10 });
      expect(items[0]?.message).toContain("took more than");
    });
    expect((await view("/a")).lastError?.code).toBe("stalled");
  });
});

describe("a refused commit", () => {
  it("throws the tail away, charges the envelope that fails alone, and goes on", async () => {
    const refuseNote = (changes: readonly Change[]) =>
      changes.some((change) =>
        change.op === "event" && change.row.type === "note.taken" && change.row.data.includes("13")
      );
    await open({ wrapStore: (store) => refusing(store, refuseNote) });
    const many = Array.from({ length: 30 }, (_, n) => ({ to: "/a", type: "note", payload: { n } }));
    await rig.system.send(caller, many);
    await holds(async () => {
      expect(await rig.notes("/a")).toEqual(many.map((_, n) => n).filter((n) => n !== 13));
    });
    const { items } = await rig.system.deadLetters({ limit: 10 });
    expect(items.map(({ reason, envelope }) => [reason, envelope.payload])).toEqual([
      ["poison", '{"n":13}'],
    ]);
  });

  it("that holds a reply parks the agent in the end: a reply cannot be left out", async () => {
    const refuseAnswer = (changes: readonly Change[]) =>
      changes.some((change) =>
        change.op === "state" && change.row.state.text.includes('"answers":[{')
      );
    await open({ wrapStore: (store) => refusing(store, refuseAnswer) });
    await rig.send("/a", "query", { to: "/b" });
    await holds(async () => expect((await view("/a")).status).toBe("parked"));
    expect((await rig.system.deadLetters({ limit: 10 })).items).toEqual([]);
    expect((await view("/a")).mailboxDepth).toBe(1);
  });
});

/** The real store, but for commits that `refuse` names: those break it as a bug of ours would. */
function refusing(store: Store, refuse: (changes: readonly Change[]) => boolean): Store {
  let broken = false;
  return new Proxy(store, {
    get(target, name) {
      if (name === "commit") {
        return (changes: readonly Change[]) => {
          if (broken) return Promise.reject(new CommitRejected(false));
          if (!refuse(changes)) return target.commit(changes);
          broken = true;
          return Promise.reject(new CommitRejected(true));
        };
      }
      if (name === "recover") {
        return async () => {
          await target.recover();
          broken = false;
        };
      }
      const value = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
