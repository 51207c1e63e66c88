/** The swarm of the workloads: as many agents as a workload spawns. */
import type { SwarmInput } from "../src/swarm.ts";

const swarm: SwarmInput = {
  kinds: {
    counter: "./counter.ts",
    link: "./link.ts",
    finish: "./finish.ts",
    teller: "./teller.ts",
  },
  children: [
    { type: "dynamic", id: "workers", agents: ["counter", "teller"], maxChildren: 1_000_000 },
    { type: "dynamic", id: "ring", agents: ["link", "finish"] },
  ],
};

export default swarm;
