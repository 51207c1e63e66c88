import {
  ask,
  assign,
  defineAgent,
  emit,
  enqueueActions,
  raise,
  reply,
  setupAgent,
  spawnAgent,
  tell,
  z,
} from "../../../src/index.ts";

const accepts = {
  "note": z.object({ n: z.number() }),
  /** Throws in the middle of the turn. */
  "crash": z.object({ n: z.number().optional() }),
  "finish": z.object({}),
  "pass": z.object({ to: z.string(), count: z.number() }),
  "later": z.object({ ms: z.number(), n: z.number() }),
  "start": z.object({ name: z.string(), kind: z.string() }),
  "query": z.object({ to: z.string() }),
  "read": z.object({}),
  "silent": z.object({}),
};

interface Context {
  notes: number[];
  undelivered: string[];
  answers: unknown[];
}

const probe = setupAgent({
  accepts,
  types: {} as {
    context: Context;
    events: { type: "system.undelivered"; code: string; to: string };
    emitted: { type: "note.taken"; n: number };
  },
  actors: { question: ask<unknown>({ type: "read", timeoutMs: 300 }) },
});

/** Does what tests ask of it and tells what happened to it. */
export default defineAgent({
  kind: "probe",
  accepts,
  replies: {
    read: z.object({
      notes: z.array(z.number()),
      undelivered: z.array(z.string()),
      answers: z.array(z.unknown()),
    }),
  },
  machine: probe.createMachine({
    context: { notes: [], undelivered: [], answers: [] },
    initial: "live",
    states: {
      live: {
        on: {
          "note": {
            actions: [
              assign({ notes: ({ context, event }) => [...context.notes, event.n] }),
              emit(({ event }) => ({ type: "note.taken" as const, n: event.n })),
            ],
          },
          "crash": {
            actions: assign(() => {
              throw new Error("asked to crash");
            }),
          },
          "finish": "done",
          "pass": {
            actions: enqueueActions(({ enqueue, event }) => {
              for (let n = 1; n <= event.count; n++) enqueue(tell(event.to, "note", { n }));
            }),
          },
          "later": {
            actions: raise(({ event }) => ({ type: "note", n: event.n }) as never, {
              delay: ({ event }) => event.ms,
            }),
          },
          "start": {
            actions: [
              spawnAgent(({ event: { name, kind } }) => ({ under: "/pool", name, kind })),
              tell(({ event: { name } }) => `/pool/${name}`, "note", { n: 1 }),
            ],
          },
          "query": "asking",
          "read": { actions: reply(({ context }) => context) },
          "silent": {},
        },
      },
      asking: {
        invoke: {
          src: "question",
          input: ({ event }) => ({ to: (event as unknown as { to: string }).to, payload: {} }),
          onDone: {
            target: "live",
            actions: assign({
              answers: ({ context, event }) => [...context.answers, event.output],
            }),
          },
          onError: {
            target: "live",
            actions: assign({
              answers: ({ context, event }) => [
                ...context.answers,
                (event.error as { code: string }).code,
              ],
            }),
          },
        },
      },
      done: { type: "final" },
    },
    on: {
      "system.undelivered": {
        actions: assign({
          undelivered: ({ context, event }) => [
            ...context.undelivered,
            (event as unknown as { code: string }).code,
          ],
        }),
      },
    },
  }),
});
