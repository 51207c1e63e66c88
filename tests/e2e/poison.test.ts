/** Poison, bad state and the verbs, with the real service and the commands that people use. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { type Service, startService } from "../support/service.ts";

const sdk = fileURLToPath(new URL("../../src/index.ts", import.meta.url));
const swarm = (folder: string) =>
  `import { defineSwarm } from ${JSON.stringify(sdk)};
export default defineSwarm({
  kinds: { captain: ${JSON.stringify(join(sdk, "../../agents/captain/agent.ts"))},
    tally: ${JSON.stringify(join(folder, "tally.ts"))} },
  backoffMs: 10,
  backoffMaxMs: 50,
  children: [
    { type: "agent", id: "captain", agent: "captain" },
    { type: "agent", id: "tally", agent: "tally" },
    { type: "agent", id: "other", agent: "tally" },
  ],
});
`;
/** Keeps numbers; cannot take "bad" ones, and nothing at all when its state is broken. */
const tally = (badIsTaken: boolean) => `
import { assign, defineAgent, reply, setupAgent, z } from ${JSON.stringify(sdk)};
const accepts = {
  add: z.object({ n: z.number(), bad: z.boolean().optional() }),
  spoil: z.object({}),
  read: z.object({}),
};
export default defineAgent({
  kind: "tally",
  accepts,
  replies: { read: z.object({ seen: z.array(z.number()) }) },
  machine: setupAgent({
    accepts,
    types: {} as { context: { seen: number[]; spoiled: boolean } },
  }).createMachine({
    context: { seen: [], spoiled: false },
    on: {
      add: {
        actions: assign(({ context, event }) => {
          if (context.spoiled) throw new Error("planted: the state is bad");
          if (event.bad && !${badIsTaken}) throw new Error("planted: not this one");
          return { seen: [...context.seen, event.n] };
        }),
      },
      spoil: { actions: assign(() => ({ spoiled: true })) },
      read: { actions: reply(({ context }) => ({ seen: context.seen })) },
    },
  }),
});
`;

let folder: string;
let service: Service;

beforeAll(async () => {
  folder = await Deno.makeTempDir();
  await Deno.writeTextFile(join(folder, "swarm.ts"), swarm(folder));
  await Deno.writeTextFile(join(folder, "tally.ts"), tally(false));
  service = await startService({ swarm: join(folder, "swarm.ts") });
});
afterAll(async () => {
  await service?.remove();
  await Deno.remove(folder, { recursive: true });
});

const seen = async (to: string): Promise<number[]> => {
  const { reply } = await service.client.ask({ to, type: "read", timeoutMs: 60_000 });
  return (reply as { seen: number[] }).seen;
};
async function command(...args: string[]) {
  const { code, out, err } = await service.cli(...args);
  expect([code, err]).toEqual([0, ""]);
  return out;
}

test("one of a thousand is a dead letter, and is replayed once the agent is mended", async () => {
  const add = (n: number) => ({ to: "/tally", type: "add", payload: { n, bad: n === 500 } });
  await service.client.sendMany(Array.from({ length: 1_000 }, (_, n) => add(n)));
  const others = Array.from({ length: 1_000 }, (_, n) => n).filter((n) => n !== 500);
  expect(await seen("/tally")).toEqual(others);
  const agent = await service.client.agent("/tally");
  expect(agent.restarts).toBeLessThanOrEqual(3);
  const { items: [letter] } = await service.client.deadLetters({ to: "/tally" });
  expect(letter).toMatchObject({ reason: "poison", envelope: { attempt: 3 } });
  expect(await command("deadletters", "show", String(letter!.id))).toContain("planted");
  await service.kill9();
  await Deno.writeTextFile(join(folder, "tally.ts"), tally(true));
  await service.start();
  const out = await command("deadletters", "replay", String(letter!.id));
  expect(out).toContain("sent again as");
  expect(await seen("/tally")).toEqual([...others, 500]);
  const again = await service.cli("deadletters", "replay", String(letter!.id));
  expect([again.code, again.err.includes("letter_not_found")]).toEqual([5, true]);
  expect(await command("deadletters")).toBe("No dead letters\n");
}, 120_000);

test("a bad state parks its agent; a fresh start and an earlier state are ways out", async () => {
  const send = (type: string, payload = {}) => service.client.send({ to: "/other", type, payload });
  await send("add", { n: 1 });
  expect(await seen("/other")).toEqual([1]);
  await command("restart", "/other");
  const { items: [good] } = await service.client.checkpoints("/other");
  await send("spoil");
  for (const n of [2, 3, 4, 5]) await send("add", { n });
  await eventually(async () => (await service.client.agent("/other")).status === "parked", {
    what: "the agent to be parked",
    deadlineMs: 60_000,
  });
  const parked = await service.client.agent("/other");
  expect(parked).toMatchObject({ mailboxDepth: 4, lastError: { code: "bad_state" } });
  expect(await command("status", "/other")).toContain("bad_state");
  const refused = await service.cli("pause", "/other");
  expect(refused.err).toContain("cannot_pause_parked");
  await service.kill9();
  await service.start();
  expect((await service.client.agent("/other")).status).toBe("parked");
  expect(await command("checkpoints", "/other")).toContain(String(good!.id));
  await command("restart", "/other", "--from-checkpoint", String(good!.id));
  expect(await seen("/other")).toEqual([1, 2, 3, 4, 5]);
  await send("add", { n: 6 });
  await command("restart", "/other", "--fresh");
  expect((await seen("/other")).every((n) => n === 6)).toBe(true);
  await command("pause", "/other");
  await send("add", { n: 7 });
  expect(await service.client.agent("/other")).toMatchObject({ status: "paused", mailboxDepth: 1 });
  await command("resume", "/");
  expect((await seen("/other")).at(-1)).toBe(7);
}, 120_000);
