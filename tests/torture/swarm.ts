import swarm from "../../agents/swarm.ts";
import { defineSwarm } from "../../src/index.ts";

const kinds = Object.entries(swarm.kinds).map(([name, path]) => [name, `../../agents/${path}`]);

/** The default swarm, and a place for agents that run away. */
export default defineSwarm({
  ...swarm,
  kinds: {
    ...Object.fromEntries(kinds),
    runaway: "../fixtures/swarm-runaways/runaway.ts",
  },
  children: [
    ...swarm.children,
    {
      type: "dynamic",
      id: "runaways",
      restart: "permanent",
      intensity: 100,
      backoffMs: 10,
      backoffMaxMs: 100,
    },
  ],
});
