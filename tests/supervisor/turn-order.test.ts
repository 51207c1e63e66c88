/** What happens between the end of one turn and the next, where several agents want their turns. */
import { afterEach, expect, it } from "vitest";
import { ClockRig } from "./clock-rig.ts";

const agent = (id: string) => ({ type: "agent" as const, id, agent: "probe" });
const caller = { name: "tester" };

let rig: ClockRig;

afterEach(async () => {
  await rig.stop();
});

it("what a turn left comes before what the next one's turn made of an expired ask", async () => {
  // One turn in hand at a time, and one envelope in each.
  const limits = { turnsInHand: 1, effectsPerTurn: 4 };
  rig = await new ClockRig({ children: [agent("a"), agent("b")], kinds: ["probe"], limits })
    .start();
  const held = new Set<string>();
  rig.hosts.holds = (address) => held.has(address);
  const answer = (address: string) => {
    held.delete(address);
    rig.hosts.answerHeld();
  };
  held.add("/b");
  await rig.send("/b", "note", { n: 0 });
  await rig.send("/a", "wonder", { to: "/b" });
  held.add("/a");
  const note = (n: number) => ({ to: "/a", type: "note", payload: { n } });
  const sent = rig.system.send(caller, [note(1), note(2)]);
  await rig.clock.settle();
  await sent;
  await rig.send("/a", "note", { n: 3 });
  // It has the ask in its mailbox, and waits for the turn of the other one to end.
  answer("/b");
  await rig.clock.settle();
  expect((await rig.system.agent("/b")).mailboxDepth).toBe(1);
  // The ask expires, and nobody but who is to be handed it has seen that yet.
  rig.clock.setWall(1_000);
  answer("/a");
  await rig.clock.settle();
  expect(await rig.ask("/a")).toMatchObject({ notes: [1, 2, 3] });
});
