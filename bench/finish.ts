/** Where the tokens of W3 end: answers when as many have arrived as were asked for. */
import { assign, defineAgent, reply, setupAgent, z } from "../src/index.ts";
import type { ReplyTo } from "../src/index.ts";

const accepts = {
  arrived: z.object({}),
  /** Answered when `count` tokens have arrived since the last answer. */
  wait: z.object({ count: z.number() }),
};

interface Context {
  arrived: number;
  wanted: number;
  replyTo: ReplyTo | null;
}

const machine = setupAgent({ accepts, types: {} as { context: Context } }).createMachine({
  context: { arrived: 0, wanted: 0, replyTo: null },
  initial: "open",
  on: {
    arrived: { actions: assign({ arrived: ({ context }) => context.arrived + 1 }) },
    wait: {
      actions: assign({
        wanted: ({ event }) => event.count,
        replyTo: ({ event }) => event.envelope.replyTo,
      }),
    },
  },
  states: {
    open: {
      always: {
        guard: ({ context }) => context.replyTo !== null && context.arrived >= context.wanted,
        actions: [
          reply(({ context }) => context.arrived, { to: ({ context }) => context.replyTo }),
          assign({ arrived: 0, replyTo: null }),
        ],
      },
    },
  },
});

export default defineAgent({ kind: "finish", accepts, replies: { wait: z.number() }, machine });
