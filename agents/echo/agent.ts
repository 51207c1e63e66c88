import { defineAgent, reply, setupAgent, z } from "../../src/index.ts";

const accepts = { "echo.say": z.object({ text: z.string() }) };

/** Says what it is told: the smallest agent there can be, for trying things out. */
export default defineAgent({
  kind: "echo",
  accepts,
  replies: { "echo.say": z.object({ text: z.string() }) },
  machine: setupAgent({ accepts }).createMachine({
    on: { "echo.say": { actions: reply(({ event }) => ({ text: event.text })) } },
  }),
});
