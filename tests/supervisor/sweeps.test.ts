/** Retention at work, on a clock moved by hand. */
import { afterEach, expect, it } from "vitest";
import { ClockRig } from "./clock-rig.ts";

const hour = 3_600_000;
let rig: ClockRig;
afterEach(() => rig.stop());

async function retention() {
  const read = rig.system.status();
  await rig.clock.settle();
  return (await read).retention;
}

it("sweeps soon after a start and then every ten minutes, and tells what it did", async () => {
  const children = [{ type: "agent" as const, id: "a", agent: "sleeper" }];
  rig = await new ClockRig({ children, kinds: ["sleeper"], limits: { keepConsumedMs: hour } })
    .start();
  const beginMs = rig.clock.wallMs();
  await rig.send("/a", "count");
  await rig.send("/a", "count");
  expect(await retention()).toMatchObject({
    keepConsumedMs: hour,
    oldest: { messageAtMs: beginMs },
    lastSweep: null,
  });
  await rig.clock.pass(61_000);
  const first = (await retention()).lastSweep!;
  expect(first).toMatchObject({ removed: 0 });
  await rig.clock.pass(hour + 9 * 60_000);
  const { lastSweep, oldest } = await retention();
  expect(lastSweep!.atMs).toBeGreaterThan(beginMs + hour);
  expect(oldest.messageAtMs).toBe(null);
  await rig.send("/a", "count");
  expect((await retention()).oldest.messageAtMs).toBe(rig.clock.wallMs());
});
