/** Orders that come again with their Idempotency-Key, because their answers were lost. */
import { afterEach, expect, it } from "vitest";
import type { VerbInput } from "../../src/supervisor/control.ts";
import { ClockRig } from "./clock-rig.ts";

const grants = { calls: ["file.read"] };
const children = [
  { type: "agent" as const, id: "a", agent: "sleeper", grants },
  { type: "dynamic" as const, id: "pool" },
];
const caller = { name: "tester" };
const commitMs = 1_000;

let rig: ClockRig;

afterEach(async () => {
  await rig.stop();
});

it.each([
  ["agent.restarted", { verb: "restart", address: "/a", fresh: true }, "running"],
  ["agent.deleted", { verb: "delete", address: "/pool/one" }, null],
] as [event: string, VerbInput, status: string | null][])(
  "%s happens once, though the process is killed before the answer",
  async (event, order, status) => {
    rig = await new ClockRig({ children, kinds: ["sleeper"] }).start();
    const spawned = rig.system.spawn(caller, { address: "/pool/one", kind: "sleeper" });
    await rig.clock.pass(100);
    await spawned;
    rig.commitMs = commitMs;
    const give = () => rig.system.carryOut(caller, order, { key: "k", bodyHash: "h" });
    const times = () => rig.events().filter((one) => one === `${event} ${order.address}`).length;
    give().catch(() => {});
    for (let ms = 0; ms < 20 * commitMs && times() === 0; ms += 100) await rig.clock.pass(100);
    expect(times()).toBe(1);
    await rig.kill();
    rig.commitMs = 0;
    await rig.start();
    const again = give();
    await rig.clock.pass(1_000);
    const [outcome] = (await again).agents;
    expect(outcome).toMatchObject({ address: order.address, status, error: null });
    expect(times()).toBe(1);
  },
);
