/** What `dreamos init` writes: two agents that talk, their test, and how to go on. */

const gitignore = `runtime/
node_modules/
`;

const swarm = `import { defineSwarm } from "dreamos";

/** Which kinds of agents there are, and which run. */
export default defineSwarm({
  kinds: { door: "./door/agent.ts", lamp: "./lamp/agent.ts" },
  children: [
    { type: "agent", id: "lamp", agent: "lamp" },
    { type: "agent", id: "door", agent: "door" },
  ],
});
`;

const doorAgent =
  `import { agentAt, assign, defineAgent, reply, setupAgent, tell, z } from "dreamos";
import * as lampMessages from "../lamp/messages.ts";

const accepts = {
  "visitor.came": z.object({ name: z.string().min(1) }),
  "visitors": z.object({}),
};
const replies = { visitors: z.object({ count: z.number(), last: z.string().nullable() }) };

/** The compiler holds what is told to it to what the lamp accepts. */
const lamp = agentAt("/lamp", lampMessages);

/** Counts visitors, and has the lamp lit for each. */
export default defineAgent({
  kind: "door",
  accepts,
  replies,
  machine: setupAgent({
    accepts,
    replies,
    types: {} as { context: { count: number; last: string | null } },
  }).createMachine({
    context: { count: 0, last: null },
    on: {
      "visitor.came": {
        actions: [
          assign(({ context, event }) => ({ count: context.count + 1, last: event.name })),
          tell(lamp, "light", { ms: 10_000 }),
        ],
      },
      "visitors": { actions: reply(({ context }) => context) },
    },
  }),
});
`;

const lampMessages = `import { z } from "dreamos";

/** What the lamp hears and answers; other agents import this to talk to it. */
export const accepts = {
  light: z.object({ ms: z.number().int().min(1) }),
  status: z.object({}),
};

export const replies = { status: z.object({ lit: z.boolean() }) };
`;

const lampAgent = `import { assign, defineAgent, reply, setupAgent } from "dreamos";
import { accepts, replies } from "./messages.ts";

/** Is lit for a while. The delay goes on when the process is killed and started again. */
export default defineAgent({
  kind: "lamp",
  accepts,
  replies,
  machine: setupAgent({
    accepts,
    replies,
    types: {} as { context: { ms: number } },
    delays: { enough: ({ context }) => context.ms },
  }).createMachine({
    context: { ms: 0 },
    initial: "dark",
    on: {
      light: { target: ".lit", actions: assign({ ms: ({ event }) => event.ms }) },
    },
    states: {
      dark: { on: { status: { actions: reply({ lit: false }) } } },
      lit: {
        on: { status: { actions: reply({ lit: true }) } },
        after: { enough: "dark" },
      },
    },
  }),
});
`;

const test = `import { testAgent } from "dreamos/testing";
import { expect, test } from "vitest";
import door from "./door/agent.ts";
import lamp from "./lamp/agent.ts";

test("the door counts visitors and has the lamp lit", async () => {
  const agent = await testAgent(door);
  await agent.send("visitor.came", { name: "Ada" });
  await agent.send("visitor.came", { name: "Grace" });
  expect(await agent.ask("visitors")).toEqual({ count: 2, last: "Grace" });
  expect(agent.seen.sent[0]).toMatchObject({ to: "/lamp", type: "light", payload: { ms: 10_000 } });
});

test("the lamp goes out in time, even when it crashes after every turn", async () => {
  const agent = await testAgent(lamp, { crashAfterEveryTurn: true });
  await agent.send("light", { ms: 10_000 });
  await agent.advance("9s");
  expect(await agent.ask("status")).toEqual({ lit: true });
  await agent.advance("1s");
  expect(await agent.ask("status")).toEqual({ lit: false });
});
`;

const packageJson = (name: string) =>
  `${JSON.stringify({ name, private: true, type: "module" }, null, 2)}
`;

const readme = (name: string) =>
  `# ${name}

A swarm of two agents: \`door\` counts visitors, \`lamp\` is lit for ten seconds for each.

\`\`\`sh
dreamos test   # compiles and tests it
dreamos up swarm.ts   # runs it until Ctrl-C; its state is in ./runtime
\`\`\`

In a second terminal, in this folder:

\`\`\`sh
dreamos send door visitor.came '{"name":"Ada"}'
dreamos ask lamp status
dreamos ask door visitors
\`\`\`

Kill the process as hard as you like and start it again: the count is there, and the lamp goes out
when it should have. In a checkout of Dream.OS the command is \`npx dreamos\`, run there with the
path of this folder.
`;

/** Path in the new folder → text. */
export function swarmFiles(name: string): ReadonlyMap<string, string> {
  return new Map([
    [".gitignore", gitignore],
    ["README.md", readme(name)],
    ["package.json", packageJson(name.toLowerCase())],
    ["swarm.ts", swarm],
    ["swarm.test.ts", test],
    ["door/agent.ts", doorAgent],
    ["lamp/agent.ts", lampAgent],
    ["lamp/messages.ts", lampMessages],
  ]);
}
