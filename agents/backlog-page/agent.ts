import { defineAgent, setupAgent, tell, z } from "../../src/index.ts";
import { type Change, change } from "../ingestor/backlog.ts";

const accepts = { "page.return": z.object({}) };
const input = z.object({ entries: z.array(change) });

/** Holds a page of the ingestor's backlog, so that the ingestor's own state stays small. */
export default defineAgent({
  kind: "backlog-page",
  accepts,
  input,
  machine: setupAgent({
    accepts,
    types: {} as { context: { entries: Change[] }; input: z.infer<typeof input> },
  }).createMachine({
    context: ({ input }) => ({ entries: input.entries }),
    initial: "holding",
    states: {
      holding: {
        on: {
          "page.return": {
            target: "returned",
            actions: tell(
              ({ event }) => event.envelope.from,
              "page.returned",
              ({ context }) => ({ entries: context.entries }),
            ),
          },
        },
      },
      returned: { type: "final" },
    },
  }),
});
