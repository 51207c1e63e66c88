/** Poison, and what people do with dead letters. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { ClockRig } from "./clock-rig.ts";
import { openRig, type Rig, type RigOptions } from "./rig.ts";

const agent = (id: string) => ({ type: "agent" as const, id, agent: "probe" });
const pool = { type: "dynamic" as const, id: "pool" };
const caller = { name: "tester" };

let folder: string;
let rig: Rig;

async function open(options: Partial<RigOptions> = {}): Promise<void> {
  rig = await openRig({ folder, children: [agent("a"), agent("b"), pool], ...options });
}
const note = (to: string, n: number) => ({ to, type: "note", payload: { n } });
const crash = (to: string) => ({ to, type: "crash", payload: {} });
const letters = async (to?: string) =>
  (await rig.system.deadLetters(to === undefined ? { limit: 99 } : { to, limit: 99 })).items;
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
  await rig?.close();
  await Deno.remove(folder, { recursive: true });
});

describe("poison", () => {
  it("among a thousand: the other 999 in order, few restarts, no escalation", async () => {
    await open();
    const all = Array.from({ length: 1_000 }, (_, n) => n === 500 ? crash("/a") : note("/a", n));
    for (let n = 0; n < 1_000; n += 250) await rig.system.send(caller, all.slice(n, n + 250));
    const wanted = all.flatMap((_, n) => n === 500 ? [] : [n]);
    await holds(async () => expect(await rig.notes("/a")).toEqual(wanted));
    expect((await letters()).map(({ reason, envelope }) => [reason, envelope.type])).toEqual([
      ["poison", "crash"],
    ]);
    expect((await rig.system.agent("/a")).restarts).toBeLessThanOrEqual(3);
    expect(await rig.store.events({ limit: 9, type: "supervisor.failed" })).toEqual([]);
    expect(rig.ended).toEqual([]);
  });

  it("has its attempts, and the streak before it, counted over kills of everything", async () => {
    await open({ limits: { maxAttempts: 2 }, swarm: { backoffMs: 1, backoffMaxMs: 2 } });
    await rig.notes("/a");
    for (let n = 0; n < 2; n++) {
      await rig.system.send(caller, [crash("/a")]);
      await holds(async () => expect((await letters("/a")).length).toBe(n + 1));
      rig = await rig.crash();
    }
    await rig.system.send(caller, [crash("/a")]);
    await holds(async () => expect((await rig.system.agent("/a")).status).toBe("parked"));
    const parked = await rig.system.agent("/a");
    expect(parked.lastError).toMatchObject({ code: "bad_state" });
    expect(parked.mailboxDepth).toBe(3);
    expect(await letters("/a")).toEqual([]);
    rig = await rig.crash();
    expect((await rig.system.agent("/a")).mailboxDepth).toBe(3);
  });

  it("that is suspected of its host's death is still so after a kill", async () => {
    await open();
    await rig.notes("/a");
    rig.hosts.holds = (address) => address === "/a";
    await rig.send("/a", "note", { n: 1 });
    rig.hosts.placed.findLast(({ request }) => request.address === "/a")!
      .lose({ reason: "host_lost", message: "test", alone: false });
    await holds(async () => {
      const row = (await rig.store.agents()).find(({ record }) => record.address === "/a")!;
      expect(row.record.suspicion).toEqual({ suspect: true, streak: [] });
    });
    rig = await rig.crash();
    expect(await rig.notes("/a")).toEqual([1]);
    const stays = rig.hosts.placed.filter(({ request }) => request.address === "/a");
    expect(stays[0]!.request.alone).toBe(true);
    const row = (await rig.store.agents()).find(({ record }) => record.address === "/a")!;
    expect(row.record.suspicion).toBeNull();
  });
});

describe("a dead letter", () => {
  /** A note that died with its agent. */
  async function deadNote(n: number): Promise<number> {
    await rig.system.spawn(caller, { address: "/pool/p", kind: "probe" });
    await rig.system.carryOut(caller, { verb: "pause", address: "/pool/p" });
    await rig.system.send(caller, [note("/pool/p", n)]);
    await rig.system.carryOut(caller, { verb: "delete", address: "/pool/p" });
    return (await letters("/pool/p"))[0]!.id;
  }

  it("is sent again exactly once, with the dead envelope as its cause", async () => {
    await open();
    const id = await deadNote(5);
    const dead = await rig.system.deadLetter(id);
    const gone = { code: "letter_not_found" };
    await expect(rig.system.replay(caller, id)).rejects.toMatchObject({ code: "agent_not_found" });
    await rig.system.spawn(caller, { address: "/pool/p", kind: "probe" });
    const answers = await Promise.allSettled([1, 2, 3].map(() => rig.system.replay(caller, id)));
    expect(answers.map(({ status }) => status).sort()).toEqual([
      "fulfilled",
      "rejected",
      "rejected",
    ]);
    await expect(rig.system.replay(caller, id)).rejects.toMatchObject(gone);
    expect(await rig.notes("/pool/p")).toEqual([5]);
    rig = await rig.crash();
    await expect(rig.system.replay(caller, id)).rejects.toMatchObject(gone);
    expect(await rig.notes("/pool/p")).toEqual([5]);
    const { items } = await rig.system.messages({ to: "/pool/p", limit: 99 });
    const again = items.find(({ envelope }) => envelope.cause === dead.envelope.id);
    expect(again).toMatchObject({ status: "consumed", envelope: { from: "@tester", hops: 1 } });
    expect(items.find(({ envelope }) => envelope.id === dead.envelope.id)?.status).toBe("dead");
    const [event] = await rig.store.events({ limit: 9, type: "envelope.replayed" });
    expect(JSON.parse(event!.data)).toMatchObject({ by: "@tester", id: dead.envelope.id });
  });

  it("is answered again for the same Idempotency-Key", async () => {
    await open();
    const id = await deadNote(5);
    await rig.system.spawn(caller, { address: "/pool/p", kind: "probe" });
    const key = { key: "k", bodyHash: "h" };
    const first = await rig.system.replay(caller, id, key);
    expect(await rig.system.replay(caller, id, key)).toEqual(first);
    expect(await rig.notes("/pool/p")).toEqual([5]);
  });

  it("is refused when it no longer passes, and stays", async () => {
    await open();
    const found = await rig.store.deadLetters({ limit: 1 });
    expect(found.items).toEqual([]);
    const bury = async (type: string, payload: string, kind: "message" | "reply" = "message") => {
      const id = await deadNote(1);
      const { envelope, ...rest } = await rig.system.deadLetter(id);
      const letter = { ...rest, envelope: { ...envelope, type, payload, kind, to: "/a" } };
      await rig.store.commit([{ op: "deadLetterGone", id }, { op: "deadLetter", letter }]);
      return (await letters("/a"))[0]!.id;
    };
    const refused = async (id: number) => {
      const { code } = await rig.system.replay(caller, id).then(() => ({ code: "sent" }), (e) => e);
      expect((await rig.system.deadLetter(id)).id).toBe(id);
      return code;
    };
    expect(await refused(await bury("note", '{"n":"x"}'))).toBe("invalid_payload");
    expect(await refused(await bury("sing", "{}"))).toBe("unknown_type");
    expect(await refused(await bury("", "{}", "reply"))).toBe("not_replayable");
    await rig.system.carryOut(caller, { verb: "stop", address: "/a" });
    expect(await refused(await bury("note", '{"n":1}'))).toBe("agent_stopped");
    expect(await refused(await bury("note", '{"n":1}'))).toBe("agent_stopped");
  });

  it("is dropped for good, with a note of who did it", async () => {
    await open();
    const id = await deadNote(1);
    await rig.system.dropLetter(caller, id);
    expect(await letters()).toEqual([]);
    await expect(rig.system.dropLetter(caller, id)).rejects.toMatchObject({
      code: "letter_not_found",
    });
    const [event] = await rig.store.events({ limit: 9, type: "envelope.dropped" });
    expect(JSON.parse(event!.data)).toMatchObject({ by: "@tester", letter: id });
  });
});

it("old dead letters go by themselves, and all but the newest of too many", async () => {
  const day = 24 * 3_600_000;
  const limits = { keepDeadLettersCount: 3, maxAttempts: 1 };
  const clocked = await new ClockRig({ children: [agent("a")], kinds: ["probe"], limits }).start();
  const count = () => clocked.tables.letters.length;
  for (let n = 0; n < 5; n++) {
    await clocked.send("/a", "note", { n });
    await clocked.send("/a", "crash", {});
    await clocked.clock.pass(1_000);
  }
  expect(count()).toBe(5);
  await clocked.clock.pass(11 * 60_000);
  expect(count()).toBe(3);
  clocked.clock.setWall(31 * day);
  await clocked.clock.pass(11 * 60_000);
  expect(count()).toBe(0);
  await clocked.stop();
});
