import { defineAgent, setupAgent, z } from "../../../src/index.ts";

const accepts = { note: z.object({ n: z.number() }) };

/** Takes what the corpus tells. */
export default defineAgent({
  kind: "sink",
  accepts,
  machine: setupAgent({ accepts }).createMachine({ on: { note: {} } }),
});
