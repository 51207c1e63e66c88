/** The agent of W3: hands the token on to the next one of the ring. */
import { assign, defineAgent, enqueueActions, reply, setupAgent, tell, z } from "../src/index.ts";

const accepts = {
  /** The token, with the hops that are left to it. */
  hop: z.object({ left: z.number() }),
  read: z.object({}),
};

const machine = setupAgent({
  accepts,
  types: {} as { context: { next: string; hops: number }; input: { next: string } },
}).createMachine({
  context: ({ input }) => ({ next: input.next, hops: 0 }),
  on: {
    hop: {
      actions: [
        assign({ hops: ({ context }) => context.hops + 1 }),
        enqueueActions(({ context, event, enqueue }) => {
          const left = event.left - 1;
          if (left > 0) enqueue(tell(context.next, "hop", { left }));
          else enqueue(tell("/ring/finish", "arrived", {}));
        }),
      ],
    },
    read: { actions: reply(({ context }) => context.hops) },
  },
});

export default defineAgent({
  kind: "link",
  accepts,
  replies: { read: z.number() },
  machine,
});
