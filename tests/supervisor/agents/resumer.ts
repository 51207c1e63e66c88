import { assign, defineAgent, reply, setupAgent, z } from "../../../src/index.ts";

const accepts = {
  /** Open work that ends at the first `system.resume`. */
  "work": z.object({}),
  /** Open work that no `system.resume` helps. */
  "hang": z.object({}),
  "read": z.object({}),
};

/** Names `system.resume`. */
export default defineAgent({
  kind: "resumer",
  accepts,
  replies: { read: z.object({ resumed: z.number() }) },
  machine: setupAgent({
    accepts,
    types: {} as {
      context: { resumed: number };
      events: { type: "system.resume"; reason: string };
    },
  }).createMachine({
    context: { resumed: 0 },
    initial: "idle",
    on: {
      "work": ".working",
      "hang": ".hanging",
      "read": { actions: reply(({ context }) => context) },
    },
    states: {
      idle: {},
      working: {
        tags: "busy",
        on: {
          "system.resume": {
            target: "idle",
            actions: assign({ resumed: ({ context }) => context.resumed + 1 }),
          },
        },
      },
      hanging: {
        tags: "busy",
        on: {
          "system.resume": {
            actions: assign({ resumed: ({ context }) => context.resumed + 1 }),
          },
        },
      },
    },
  }),
});
