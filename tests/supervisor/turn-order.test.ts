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

it("turns that are followed have their own numbers, however far the agent is by then", async () => {
  rig = await new ClockRig({ children: [agent("a")], kinds: ["probe"] }).start();
  const { turns } = await rig.system.agent("/a");
  const seen: number[] = [];
  rig.system.followTurns("/a", { turn: ({ turn }) => void seen.push(turn), end: () => {} });
  // The disk takes longer than three turns.
  rig.commitMs = 1_000;
  for (const n of [1, 2, 3]) {
    rig.system.send(caller, [{ to: "/a", type: "note", payload: { n } }]);
    await rig.clock.settle();
  }
  expect(seen).toEqual([]);
  await rig.clock.pass(10_000);
  expect(seen).toEqual([turns + 1, turns + 2, turns + 3]);
});

it("who waited for a thread when a commit was refused is in nobody's way afterwards", async () => {
  const names = ["a", "b", "c", "d", "e", "f"];
  const limits = { maxThreads: 1, turnsInHand: 1 };
  rig = await new ClockRig({ children: names.map(agent), kinds: ["probe"], limits }).start();
  rig.hosts.holds = () => true;
  for (const name of names) await rig.send(`/${name}`, "note", { n: 1 });
  rig.fault = "reject";
  await expect(rig.send("/a", "note", { n: 2 })).rejects.toBeInstanceOf(Error);
  rig.hosts.holds = () => false;
  rig.hosts.answerHeld();
  await rig.clock.pass(1_000);
  const views = await Promise.all(names.map((name) => rig.system.agent(`/${name}`)));
  expect(views.map(({ mailboxDepth }) => mailboxDepth)).toEqual(names.map(() => 0));
});
