/** The swarm of the workloads: counters, as many as a workload spawns. */
import type { SwarmInput } from "../src/swarm.ts";

const swarm: SwarmInput = {
  kinds: { counter: "./counter.ts" },
  children: [{ type: "dynamic", id: "counters", agents: ["counter"] }],
};

export default swarm;
