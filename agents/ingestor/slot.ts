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

const task = (context: Context, i: number) => context.slots[i]!;

/** One of the calls that may be under way: takes the next change, tells memory, starts a reader. */
export function slot(i: number) {
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
            ...withSlot(context, i, { ...next(context.backlog, context.slots)!, tries: 0 }),
            backlog: withoutNext(context.backlog),
          })),
        },
      },
      taken: {
        always: [
          { guard: ({ context }) => task(context, i).hash === null, target: "unlinking" },
          { target: "linking" },
        ],
      },
      linking: linking(i),
      unlinking: unlinking(i),
      failing: failing(i),
    },
  });
}

function linking(i: number) {
  const readerOfTask = (context: Context) => readerOf(task(context, i).hash!);
  return ingestor.createStateConfig({
    invoke: {
      id: `link-${i}`,
      src: "link",
      input: ({ context }) => ({ path: task(context, i).path, hash: task(context, i).hash! }),
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
              name: readerOfTask(context),
              kind: "reader",
              input: { path: task(context, i).path, hash: task(context, i).hash },
            })),
            // Where a reader is at it already, it has one more place to look.
            tell(
              ({ context }) => `${readers}/${readerOfTask(context)}`,
              "source.also",
              ({ context }) => ({ path: task(context, i).path }),
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
  });
}

function unlinking(i: number) {
  return ingestor.createStateConfig({
    invoke: {
      id: `unlink-${i}`,
      src: "unlink",
      input: ({ context }) => ({ path: task(context, i).path }),
      onDone: {
        target: "free",
        actions: assign(({ context }) => ({
          ...counted(context, { removed: 1 }),
          ...withSlot(context, i, null),
        })),
      },
      onError: "failing",
    },
  });
}

/** Memory said no: perhaps the disk is full. Tried again a little later, then told as a problem. */
function failing(i: number) {
  return ingestor.createStateConfig({
    entry: assign(({ context }) =>
      withSlot(context, i, { ...task(context, i), tries: task(context, i).tries + 1 })
    ),
    always: {
      guard: ({ context }) => task(context, i).tries >= mostTries,
      target: "free",
      actions: assign(({ context }) => ({
        ...counted(context, { failed: 1 }),
        ...noted(context, {
          path: task(context, i).path,
          code: "call_failed",
          message: `Memory did not take note of the file in ${mostTries} tries`,
        }),
        ...withSlot(context, i, null),
      })),
    },
    after: { 2_000: "taken" },
  });
}
