/** Random trees under random faults: when the faults end, everybody who should run does (R6). */
import { describe, expect, it } from "vitest";
import type { ToThread } from "../../src/actors/protocol.ts";
import { type Random, randomOf } from "../torture/random.ts";
import { ClockRig } from "./clock-rig.ts";
import { agent, type Child, flatten, once, supervisor } from "./otp.ts";

const steps = 80;

function randomTree(random: Random, depth: number): Child[] {
  return Array.from({ length: random.int(1, 4) }, (_, i) => {
    const id = `n${i}`;
    if (depth > 0 && random.chance(0.4)) return randomGroup(random, id, depth);
    const restart = random.pick(["permanent", "permanent", "transient", "temporary"] as const);
    return agent(id, { restart, shutdownMs: random.pick([0, 50, "brutal", "infinity"] as const) });
  });
}

function randomGroup(random: Random, id: string, depth: number): Child {
  const strategy = random.pick(["oneForOne", "oneForAll", "restForOne"] as const);
  const autoShutdown = random.pick(["never", "anySignificant", "allSignificant"] as const);
  const children = randomTree(random, depth - 1).map((child): Child => {
    if (child.type !== "agent" || autoShutdown === "never" || child.restart === "permanent") {
      return child;
    }
    return { ...child, significant: random.chance(0.7) };
  });
  const intensity = random.pick([1, 3, 100]);
  const restart = random.pick(["permanent", "permanent", "transient"] as const);
  return supervisor(id, children, { strategy, autoShutdown, intensity, restart });
}

const isFirst = (frame: ToThread) => frame.t === "deliver" && frame.envelopes.length === 0;

async function agentsOf(rig: ClockRig): Promise<{ address: string; status: string }[]> {
  return flatten(await rig.system.tree()).filter(({ type }) => type === "agent");
}

async function act(rig: ClockRig, random: Random, addresses: string[]): Promise<void> {
  const address = random.pick(addresses);
  const { hosts } = rig;
  const roll = random.next();
  if (roll < 0.25) return await rig.send(address, "note", { n: 1 }).catch(() => {});
  if (roll < 0.5) return await rig.send(address, "crash").catch(() => {});
  if (roll < 0.6) return await rig.send(address, "finish").catch(() => {});
  if (roll < 0.7) hosts.breaks = (at, frame) => at === address && isFirst(frame);
  else if (roll < 0.8) hosts.holds = (at) => at === address;
  else if (roll < 0.9) calm(rig);
  else if (roll < 0.92) await restart(rig, random);
  else await rig.clock.pass(random.int(1, 3_000));
}

async function restart(rig: ClockRig, random: Random): Promise<void> {
  if (random.chance(0.5)) await rig.stop();
  else await rig.kill();
  rig.ended.length = 0;
  await rig.start();
  // Ends in a row without a turn between them mean safe mode.
  const resumed = rig.system.carryOut({ name: "tester" }, { verb: "resume", address: "/" });
  resumed.catch(() => {});
  await rig.clock.settle();
}

function calm({ hosts }: ClockRig): void {
  hosts.breaks = () => false;
  hosts.holds = () => false;
  hosts.answerHeld();
}

async function run(seed: number): Promise<void> {
  const random = randomOf(seed, "otp");
  const rig = new ClockRig({
    kinds: ["probe"],
    children: randomTree(random, 3),
    limits: once,
    swarm: { intensity: 10_000, backoffMs: 1, backoffMaxMs: 5 },
    random: () => random.next(),
  });
  await rig.start();
  const addresses = (await agentsOf(rig)).map(({ address }) => address);
  for (let step = 0; step < steps; step++) await act(rig, random, addresses);
  calm(rig);
  for (let i = 0; i < 40; i++) await rig.clock.pass(1_000);
  for (const { address, status } of await agentsOf(rig)) {
    const seen = `seed ${seed}: ${address} is ${status}`;
    if (["completed", "failed", "stopped", "parked"].includes(status)) continue;
    expect(["passive", "running"], seen).toContain(status);
    await rig.send(address, "note", { n: seed });
    expect(await rig.ask(address), seen).toMatchObject({ notes: expect.arrayContaining([seed]) });
  }
  expect(rig.ended, `seed ${seed}`).toEqual([]);
  await rig.stop();
  expect(rig.hosts.live, `seed ${seed}`).toBe(0);
}

/** Those that found something once, and some more. */
const seeds = [142, 156, 204, 217, 248, ...Array.from({ length: 30 }, (_, seed) => seed)];

describe("a random tree under random faults", () => {
  it.each(seeds)("seed %i: comes to rest whole", run, 60_000);
});
