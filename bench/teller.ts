/** The agent of F: each turn of it publishes, so that each commit has something for all readers. */
import { assign, defineAgent, emit, reply, setupAgent, z } from "../src/index.ts";

const accepts = { tell: z.object({ text: z.string() }) };

const machine = setupAgent({
  accepts,
  types: {} as {
    context: { told: number };
    emitted: { type: "news.told"; told: number; text: string };
  },
}).createMachine({
  context: { told: 0 },
  on: {
    tell: {
      actions: [
        assign({ told: ({ context }) => context.told + 1 }),
        emit(({ context, event }) => (
          { type: "news.told" as const, told: context.told, text: event.text }
        )),
        reply(({ context }) => context.told),
      ],
    },
  },
});

export default defineAgent({ kind: "teller", accepts, replies: { tell: z.number() }, machine });
