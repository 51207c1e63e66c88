/** Idempotency-Keys: whatever takes one does it once and answers the same, at once and later. */
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Idempotency } from "../../src/supervisor/control.ts";
import { openRig, type Rig } from "./rig.ts";

const agent = (id: string) => ({ type: "agent" as const, id, agent: "probe" });
const children = [agent("a"), { type: "dynamic" as const, id: "pool" }];
const caller = { name: "tester" };
const key = (name: string): Idempotency => ({ key: name, bodyHash: "h" });

let folder: string;
let rig: Rig;
beforeAll(async () => {
  folder = await Deno.makeTempDir();
  rig = await openRig({ folder, children });
});
afterAll(async () => {
  await rig?.close();
  await Deno.remove(folder, { recursive: true });
});

const countOf = async (type: string) => (await rig.store.events({ limit: 99, type })).length;
const carryOut = (verb: "pause" | "restart" | "delete", address: string, by: Idempotency) =>
  rig.system.carryOut(caller, { verb, address }, by);

/** Five at once, one later and one after the end of the process. */
async function always<T>(act: () => Promise<T>): Promise<T> {
  const all = await Promise.all(Array.from({ length: 5 }, act));
  all.push(await act());
  // A turn, as several ends without one between them would lead to safe mode.
  await rig.notes("/a");
  rig = await rig.crash();
  all.push(await act());
  for (const one of all) expect(one).toEqual(all[0]);
  return all[0]!;
}

it("a spawn, though its agent has done something since", async () => {
  const spawn = { address: "/pool/one", kind: "probe" };
  await always(async () => {
    const view = await rig.system.spawn(caller, spawn, key("spawn"));
    await rig.send("/pool/one", "note", { n: 1 });
    await rig.notes("/pool/one");
    return view;
  });
  expect(await countOf("agent.spawned")).toBe(1);
});

it("an ask", async () => {
  await always(() => rig.system.ask(caller, { to: "/a", type: "read", payload: {} }, key("ask")));
});

it("each verb", async () => {
  await always(() => carryOut("restart", "/a", key("restart")));
  expect(await countOf("agent.restarted")).toBe(1);
  await always(() => carryOut("pause", "/pool/one", key("pause")));
  // Its agent is no more when it is asked again.
  await always(() => carryOut("delete", "/pool/one", key("delete")));
  expect(await countOf("agent.deleted")).toBe(1);
});

it("not what was refused: it can be asked again", async () => {
  const send = (to: string) =>
    rig.system.send(caller, [{ to, type: "note", payload: { n: 2 } }], key("refused"));
  await expect(send("/nobody")).rejects.toMatchObject({ code: "agent_not_found" });
  expect((await send("/a")).ids).toHaveLength(1);
});
