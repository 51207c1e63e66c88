/** More agents with work than threads take turns (R7). */
import { afterEach, beforeEach, expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { openRig, type Rig } from "./rig.ts";

const ids = ["a", "b", "c"];
const children = ids.map((id) => ({ type: "agent" as const, id, agent: "probe" }));
let folder: string;
let rig: Rig;

beforeEach(async () => {
  folder = await Deno.makeTempDir();
});
afterEach(async () => {
  await rig.close();
  await Deno.remove(folder, { recursive: true });
});

it("an agent that never runs out of work does not keep others from the one thread", async () => {
  rig = await openRig({ folder, children, limits: { maxThreads: 1, turnEnvelopes: 1 } });
  const many = Array.from(
    { length: 5_000 },
    (_, n) => ({ to: "/a", type: "note", payload: { n } }),
  );
  const sent = rig.system.send({ name: "tester" }, many);
  await rig.send("/b", "note", { n: 1 });
  await rig.send("/c", "note", { n: 2 });
  await sent;
  await eventually(async () => {
    const [b, c] = await Promise.all([rig.system.agent("/b"), rig.system.agent("/c")]);
    return b.mailboxDepth + c.mailboxDepth === 0 && b.turns > 1 && c.turns > 1;
  });
  expect((await rig.system.agent("/a")).mailboxDepth).toBeGreaterThan(0);
  expect(rig.hosts.live).toBeLessThanOrEqual(1);
  await eventually(async () => (await rig.system.agent("/a")).mailboxDepth === 0, {
    deadlineMs: 60_000,
  });
  expect(await rig.notes("/a")).toEqual(many.map((_, n) => n));
}, 90_000);

it("many that start at once and have nothing to do pass a few threads on", async () => {
  const pool = [{ type: "dynamic" as const, id: "pool", agents: ["probe"] }];
  rig = await openRig({ folder, children: pool });
  const spawned = Array.from({ length: 200 }, (_, n) => `/pool/p${n}`);
  await Promise.all(
    spawned.map((address) => rig.system.spawn({ name: "tester" }, { address, kind: "probe" })),
  );
  await eventually(async () => {
    const views = await Promise.all(spawned.map((address) => rig.system.agent(address)));
    return views.every(({ turns }) => turns > 0);
  }, { what: "the first turn of each" });
  expect(rig.hosts.live).toBeLessThan(60);
  await Promise.all(spawned.slice(0, 100).map((address) => rig.send(address, "note", { n: 1 })));
  expect(await rig.notes(spawned[99]!)).toEqual([1]);
});

it("who does not arrive in its thread keeps nobody else from theirs", async () => {
  const pool = [{ type: "dynamic" as const, id: "pool", agents: ["probe"] }];
  rig = await openRig({ folder, children: pool, limits: { turnsInHand: 2 } });
  const place = rig.hosts.place.bind(rig.hosts);
  rig.hosts.place = (request, events) =>
    request.address.startsWith("/pool/hangs") ? new Promise(() => {}) : place(request, events);
  for (const name of ["hangs-1", "hangs-2", "goes-on"]) {
    await rig.system.spawn({ name: "tester" }, { address: `/pool/${name}`, kind: "probe" });
  }
  await eventually(async () => (await rig.system.agent("/pool/goes-on")).turns > 0);
  expect((await rig.system.agent("/pool/hangs-1")).turns).toBe(0);
});
