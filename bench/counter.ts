/** The agent of W1 and W2: counts its messages and keeps the last one. */
import { assign } from "xstate";
import { z } from "zod";
import { defineAgent, reply, setupAgent } from "../src/index.ts";

const accepts = {
  /** Counts. */
  add: z.object({ text: z.string() }),
  /** Counts and answers with the count. */
  count: z.object({ text: z.string() }),
  /** Answers what was counted. */
  read: z.object({}),
};

const machine = setupAgent({
  accepts,
  types: { context: {} as { messages: number; last: string | null } },
  actions: {
    keep: assign({
      messages: ({ context }) => context.messages + 1,
      last: ({ event }) => "text" in event ? event.text : null,
    }),
  },
}).createMachine({
  context: { messages: 0, last: null },
  on: {
    add: { actions: "keep" },
    count: { actions: ["keep", reply(({ context }) => context.messages)] },
    read: { actions: reply(({ context }) => context) },
  },
});

export default defineAgent({
  kind: "counter",
  accepts,
  replies: {
    count: z.number(),
    read: z.object({ messages: z.number(), last: z.string().nullable() }),
  },
  machine,
});
