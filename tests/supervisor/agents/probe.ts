import {
  ask,
  assign,
  defineAgent,
  emit,
  enqueueActions,
  raise,
  refuse,
  reply,
  type ReplyTo,
  setupAgent,
  spawnAgent,
  spawnChild,
  tell,
  type WorkError,
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
  /** Asks without waiting for the answer. */
  "wonder": z.object({ to: z.string() }),
  "read": z.object({}),
  "silent": z.object({}),
  "trouble.reported": z.object({ from: z.string(), problem: z.string(), message: z.string() }),
  /** Asks the first of `to` the same with the rest, and answers when it is answered. */
  "chain": z.object({ to: z.array(z.string()) }),
  /** Sends itself the same, `left` times less one, with or without a change of its state. */
  "again": z.object({ to: z.string(), left: z.number(), notes: z.boolean() }),
};

interface Context {
  notes: number[];
  undelivered: string[];
  answers: unknown[];
  asker: ReplyTo | null;
}

const probe = setupAgent({
  accepts,
  types: {} as {
    context: Context;
    events: { type: "system.undelivered"; code: string; to: string };
    emitted: { type: "note.taken"; n: number };
  },
  actors: {
    question: ask<unknown>({ type: "read", timeoutMs: 300 }),
    link: ask<{ length: number }>({ type: "chain" }),
  },
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
    chain: z.object({ length: z.number() }),
  },
  machine: probe.createMachine({
    context: { notes: [], undelivered: [], answers: [], asker: null },
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
          "wonder": {
            actions: spawnChild("question", {
              id: "wondering",
              input: ({ event }) => ({ to: (event as unknown as { to: string }).to, payload: {} }),
            }),
          },
          "read": { actions: reply(({ context }) => context) },
          "silent": {},
          "xstate.error.actor.wondering": {},
          "again": {
            guard: ({ event }) => event.left > 0,
            actions: [
              assign({
                notes: ({ context, event }) => event.notes ? [event.left] : context.notes,
              }),
              tell(
                ({ event }) => event.to,
                "again",
                ({ event: { to, left, notes } }) => ({ to, left: left - 1, notes }),
              ),
            ],
          },
          "trouble.reported": {},
          "chain": [
            { guard: ({ event }) => event.to.length > 0, target: "chaining" },
            { actions: reply({ length: 0 }) },
          ],
        },
      },
      chaining: {
        entry: assign({
          asker: ({ event }) => event.type === "chain" ? event.envelope.replyTo : null,
        }),
        invoke: {
          src: "link",
          input: ({ event }) => {
            const { to } = event as unknown as { to: string[] };
            return { to: to[0]!, payload: { to: to.slice(1) } };
          },
          onDone: {
            target: "live",
            actions: reply(({ event }) => ({ length: event.output.length + 1 }), {
              to: ({ context }) => context.asker,
            }),
          },
          onError: {
            target: "live",
            actions: refuse(
              ({ event }) => (event.error as WorkError).code,
              ({ event }) => (event.error as WorkError).message,
              { to: ({ context }) => context.asker },
            ),
          },
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
      "system.stop": {
        actions: emit(() => ({ type: "note.taken" as const, n: -1 })),
      },
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
