/** The agent of W1 and W2: counts its messages and keeps the last one. */
import { assign, defineAgent, reply, setupAgent, z } from "../src/index.ts";

const accepts = {
  /** Counts. */
  add: z.object({ text: z.string() }),
  /** Counts and answers with the count. */
  count: z.object({ text: z.string() }),
  /** Answers what was counted. */
  read: z.object({}),
};

interface Count {
  messages: number;
  last: string | null;
}

/** One more message. */
function next(count: Count, text: string): Count {
  return { messages: count.messages + 1, last: text };
}

const machine = setupAgent({ accepts, types: {} as { context: Count } }).createMachine({
  context: { messages: 0, last: null },
  on: {
    add: { actions: assign(({ context, event }) => next(context, event.text)) },
    count: {
      actions: [
        assign(({ context, event }) => next(context, event.text)),
        reply(({ context }) => context.messages),
      ],
    },
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
