/** When calls are made, and when they are not. */
import { afterEach, expect, it } from "vitest";
import { ClockRig } from "./clock-rig.ts";

const grants = { calls: ["file.read"] };
const children = [{ type: "agent" as const, id: "a", agent: "sleeper", grants }];
const caller = { name: "tester" };

let rig: ClockRig;

afterEach(async () => {
  await rig.stop();
});

it("one that is cancelled before the turn that asked for it is durable is not made", async () => {
  // A turn takes one message of a batch.
  rig = await new ClockRig({ children, kinds: ["sleeper"], limits: { effectsPerTurn: 4 } }).start();
  // The disk takes longer than two turns.
  rig.commitMs = 1_000;
  const sent = rig.system.send(caller, [
    { to: "/a", type: "call", payload: {} },
    { to: "/a", type: "rest", payload: {} },
  ]);
  await rig.clock.settle();
  expect((await rig.system.agent("/a")).turns).toBe(3);
  await rig.clock.pass(10_000);
  await sent;
  expect(rig.calls).toEqual([]);
  expect((await rig.system.agent("/a")).calls).toEqual([]);
});
