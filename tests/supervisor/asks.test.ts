/** Asks that come again, because their answers were lost on the way. */
import { afterEach, expect, it } from "vitest";
import { ClockRig } from "./clock-rig.ts";

const children = [{ type: "agent" as const, id: "a", agent: "probe" }];
const caller = { name: "tester" };
const key = { key: "k", bodyHash: "h" };

let rig: ClockRig;

afterEach(async () => {
  await rig.stop();
});

/** Its reply, or the code of its refusal; "none" when it is still waited for. */
async function askAgain(): Promise<unknown> {
  let answer: unknown = "none";
  rig.system.ask(caller, { to: "/a", type: "read", payload: {} }, key).then(
    ({ reply }) => answer = reply,
    ({ code }) => answer = code,
  );
  await rig.clock.pass(10);
  return answer;
}

it("are answered again as long as the answer is kept, and refused later", async () => {
  const limits = { keepConsumedMs: 3_600_000 };
  rig = await new ClockRig({ children, kinds: ["probe"], limits }).start();
  const first = await askAgain();
  expect(first).toMatchObject({ notes: [] });
  await rig.send("/a", "note", { n: 1 });
  expect(await askAgain()).toEqual(first);
  await rig.clock.pass(2 * 3_600_000);
  expect(await askAgain()).toBe("ask_not_found");
});
