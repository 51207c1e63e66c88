/** The ingestor's calls to memory: several slots side by side, each with one change at a time. */
import { assign, call, setupAgent, spawnAgent, tell } from "../../src/index.ts";
import { next, withoutNext } from "./backlog.ts";
import { accepts } from "./messages.ts";
import { type Context, counted, noted, withSlot } from "./state.ts";

const mostTries = 3;
const readers = "/readers";

/** One reader per content: the second file of the same content finds it there already. */
function readerOf(hash: string): string {
  return hash.slice(0, 24);
}

export const ingestor = setupAgent({
  accepts,
  types: {} as { context: Context },
  actors: {
    link: call<{ known: boolean }, { path: string; hash: string }>("memory.link"),
    unlink: call<{ found: boolean }, { path: string }>("memory.unlink"),
  },
});

/** One of the calls that may be under way: takes the next change, tells memory, starts a reader. */
export function slot(i: number) {
  const task = (context: Context) => context.slots[i]!;
  const failed = (context: Context) => task(context).tries >= mostTries;
  return ingestor.createStateConfig({
    initial: "free",
    states: {
      free: {
        always: {
          // The free slots would all take the same change: only the first of them may.
          guard: ({ context }) =>
            context.slots.indexOf(null) === i && next(context.backlog, context.slots) !== null,
          target: "taken",
          actions: assign(({ context }) => ({
            ...withSlot(context, i, {
              ...next(context.backlog, context.slots)!,
              tries: 0,
            }),
            backlog: withoutNext(context.backlog),
          })),
        },
      },
      taken: {
        always: [
          { guard: ({ context }) => task(context).hash === null, target: "unlinking" },
          { target: "linking" },
        ],
      },
      linking: {
        invoke: {
          id: `link-${i}`,
          src: "link",
          input: ({ context }) => ({ path: task(context).path, hash: task(context).hash! }),
          onDone: [
            {
              guard: ({ event }) => event.output.known,
              target: "free",
              actions: assign(({ context }) => ({
                ...counted(context, { known: 1 }),
                ...withSlot(context, i, null),
              })),
            },
            {
              target: "free",
              actions: [
                spawnAgent(({ context }) => ({
                  under: readers,
                  name: readerOf(task(context).hash!),
                  kind: "reader",
                  input: { path: task(context).path, hash: task(context).hash },
                })),
                // Where a reader is at it already, it has one more place to look.
                tell(
                  ({ context }) => `${readers}/${readerOf(task(context).hash!)}`,
                  "source.also",
                  ({ context }) => ({ path: task(context).path }),
                ),
                assign(({ context }) => ({
                  ...counted(context, { reading: 1 }),
                  ...withSlot(context, i, null),
                })),
              ],
            },
          ],
          onError: "failing",
        },
      },
      unlinking: {
        invoke: {
          id: `unlink-${i}`,
          src: "unlink",
          input: ({ context }) => ({ path: task(context).path }),
          onDone: {
            target: "free",
            actions: assign(({ context }) => ({
              ...counted(context, { removed: 1 }),
              ...withSlot(context, i, null),
            })),
          },
          onError: "failing",
        },
      },
      failing: {
        entry: assign(({ context }) =>
          withSlot(context, i, { ...task(context), tries: task(context).tries + 1 })
        ),
        always: {
          guard: ({ context }) => failed(context),
          target: "free",
          actions: assign(({ context }) => ({
            ...counted(context, { failed: 1 }),
            ...noted(context, {
              path: task(context).path,
              code: "call_failed",
              message: `Memory did not take note of the file in ${mostTries} tries`,
            }),
            ...withSlot(context, i, null),
          })),
        },
        after: { 2_000: "taken" },
      },
    },
  });
}
