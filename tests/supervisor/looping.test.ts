/** Agents that keep themselves busy and get nowhere, beside such that only look like it (R7). */
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Effect, SendEffect } from "../../src/actors/effect.ts";
import type { Envelope } from "../../src/actors/envelope.ts";
import type { TurnedFrame } from "../../src/actors/protocol.ts";
import { type Loop, loopAfter } from "../../src/supervisor/looping.ts";
import { envelope } from "../conformance/envelope.ts";
import { eventually } from "../support/eventually.ts";
import { openRig, type Rig } from "./rig.ts";

const captain = { type: "agent" as const, id: "captain", agent: "probe" };
const a = { type: "agent" as const, id: "a", agent: "probe" };
const b = { type: "agent" as const, id: "b", agent: "probe" };

let folder: string;
let rig: Rig;

beforeEach(async () => {
  folder = await Deno.makeTempDir();
  rig = await openRig({ folder, children: [captain, a, b] });
});

afterEach(async () => {
  await rig.close();
  await Deno.remove(folder, { recursive: true });
});

const view = (address: string) => rig.system.agent(address);
const again = (left: number, notes: boolean) => rig.send("/a", "again", { to: "/a", left, notes });

it(
  "a thousand turns for its own messages: looping, and the circle ends",
  async () => {
    await again(1_000_000, false);
    const [letter] = await eventually(async () => {
      const { items } = await rig.system.deadLetters({ limit: 10 });
      return items.length > 0 && items;
    }, { deadlineMs: 30_000 });
    expect(letter).toMatchObject({ reason: "poison", envelope: { type: "again", from: "/a" } });
    expect(letter!.message).toMatch(/1000 turns in a row for its own "again".*send with a delay/);
    const { left } = JSON.parse(letter!.envelope.payload);
    // The first came from outside, the next is the first of a thousand that make a difference.
    expect(1_000_000 - left).toBe(1_002);
    expect(await rig.notes("/a")).toEqual([]);
    const { lastError, restarts, status } = await view("/a");
    expect([lastError!.code, restarts, status]).toEqual(["looping", 3, "running"]);
    expect((await view("/b")).restarts).toBe(0);
    expect(rig.ended).toEqual([]);
    await again(3, false);
    await eventually(async () => (await view("/a")).mailboxDepth === 0);
    const { items } = await rig.system.deadLetters({ limit: 10 });
    expect(items.filter(({ reason }) => reason === "poison")).toHaveLength(1);
  },
  60_000,
);

it("turns that change the state get somewhere, and a circle with an end ends", async () => {
  await again(1_500, true);
  await eventually(async () => (await rig.notes("/a"))[0] === 1, { deadlineMs: 30_000 });
  await again(900, false);
  await eventually(async () => (await view("/a")).mailboxDepth === 0, { deadlineMs: 30_000 });
  expect((await view("/a")).restarts).toBe(0);
  const { items } = await rig.system.deadLetters({ limit: 10 });
  // The last of each circle is not taken by its guard.
  expect(items.map(({ reason }) => reason)).toEqual(["undelivered", "undelivered"]);
}, 60_000);

it("counts turns for its own messages alone, and not those that work a queue off", () => {
  const cell = { address: "/a", loop: null as Loop | null };
  const own = envelope({ from: "/a", type: "again" });
  const send = { kind: "send", to: "/a" } as SendEffect;
  const take = (by: Partial<Envelope>, effects: Effect[] = [send], text = "{}") => {
    const state = { bundle: "b", version: 1, text };
    const frame = { consumed: 1, effects, state } as unknown as TurnedFrame;
    cell.loop = loopAfter(cell, [{ ...own, ...by }, envelope({ from: "/b" })], frame);
    return cell.loop?.turns ?? null;
  };
  expect([take({}), take({}), take({})]).toEqual([0, 1, 2]);
  expect(take({}, [])).toBe(2);
  expect(take({}, [{ ...send, to: "/b" }])).toBe(2);
  expect([take({}, [send], "[]"), take({}, [send], "[]")]).toEqual([0, 1]);
  for (const other of [{ from: "/b" }, { kind: "timer" as const }, { kind: "result" as const }]) {
    expect([take(other), take({}), take({})]).toEqual([null, 0, 1]);
  }
});
