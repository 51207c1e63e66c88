import { assign, defineAgent, reply, setupAgent, z } from "../../src/index.ts";
import { add, emptyTally, type Tally } from "./tally.ts";

const accepts = {
  "count.add": z.object({
    id: z.string().max(200),
    n: z.number().int().min(1),
    producer: z.string().min(1).max(100),
  }),
  "count.read": z.object({}),
};

const producer = z.object({
  count: z.number(),
  last: z.number(),
  doubled: z.number(),
  outOfOrder: z.number(),
  missing: z.array(z.number()),
});

/** Counts messages and tells whether each came once and in order: a witness for crash tests. */
export default defineAgent({
  kind: "counter",
  accepts,
  replies: {
    "count.read": z.object({
      total: z.number(),
      doubled: z.number(),
      outOfOrder: z.number(),
      last: z.string().nullable(),
      perProducer: z.record(z.string(), producer),
    }),
  },
  machine: setupAgent({ accepts, types: {} as { context: Tally } }).createMachine({
    context: emptyTally,
    on: {
      "count.add": { actions: assign(({ context, event }) => add(context, event)) },
      "count.read": { actions: reply(({ context }) => context) },
    },
  }),
});
