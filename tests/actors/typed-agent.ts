/**
 * An agent that uses every piece of the SDK with its types: it must compile (`deno check`). What
 * must not compile is tried in sdk-typing.test.ts against the same setup.
 */
import {
  agentAt,
  ask,
  assign,
  call,
  defineAgent,
  defineSwarm,
  emit,
  fromPromise,
  refuse,
  reply,
  setupAgent,
  spawnAgent,
  stopAgent,
  tell,
  z,
} from "../../src/index.ts";
import type { ReplyTo } from "../../src/index.ts";

export const accepts = {
  summarize: z.object({ path: z.string() }),
  forget: z.object({ all: z.boolean().optional() }),
};

export const replies = { summarize: z.object({ count: z.number() }) };

/** Another agent, known by its messages alone. */
const scribeMessages = {
  accepts: { remember: z.object({ text: z.string() }), flush: z.object({}) },
  replies: { remember: z.object({ ok: z.boolean() }) },
};
export const scribe = agentAt("/scribe", scribeMessages);

export const agent = setupAgent({
  accepts,
  replies,
  types: {} as {
    context: { path: string; waiting: ReplyTo<{ count: number }> | null; count: number };
    events: { type: "tick" };
    input: { folder: string };
  },
  actors: {
    readFile: call("file.read"),
    ownTool: call<{ celsius: number }, { city: string }>("weather.today"),
    askScribe: ask({ to: scribe, type: "remember" }),
    askOne: ask({ messages: scribeMessages, type: "remember" }),
    askAnyone: ask<{ ok: boolean }, { text: string }>({ type: "remember" }),
    slow: fromPromise<number, number>(({ input }) => Promise.resolve(input)),
  },
  guards: { big: ({ context }, params: { n: number }) => context.count > params.n },
  delays: { soon: 10 },
});

export const machine = agent.createMachine({
  context: ({ input }) => ({ path: input.folder, waiting: null, count: 0 }),
  initial: "idle",
  states: {
    idle: {
      after: { soon: { guard: { type: "big", params: { n: 3 } }, target: "reading" } },
      on: {
        summarize: {
          target: "reading",
          actions: [
            assign({
              path: ({ event }) => event.path,
              waiting: ({ event }) => event.envelope.replyTo,
            }),
            tell("/scribe", "note", ({ event }) => ({ path: event.path })),
            tell(({ event }) => event.path, "note"),
            tell(scribe, "remember", ({ event }) => ({ text: event.path })),
            tell(scribe, "flush"),
            reply(({ context }) => ({ count: context.count })),
            refuse("not_found", ({ event }) => `no ${event.path}`),
            spawnAgent(({ event }) => ({
              under: "/readers",
              name: "r",
              kind: "reader",
              input: event.path,
            })),
            stopAgent("/readers/r"),
            emit({ type: "file.seen" }),
          ],
        },
        tick: { actions: assign({ count: ({ context }) => context.count + 1 }) },
        "system.stop": {
          actions: tell("/scribe", "bye", {}, { lane: "high", expiresInMs: 1_000 }),
        },
        "system.undelivered": {
          actions: tell("/scribe", "lost", ({ event }) => ({ to: event.to })),
        },
      },
    },
    reading: {
      tags: "busy",
      invoke: [
        {
          src: "readFile",
          input: ({ context }) => ({ path: context.path }),
          onDone: {
            target: "idle",
            actions: [
              reply(({ event }) => ({ count: event.output.text.length }), {
                to: ({ context }) => context.waiting,
              }),
            ],
          },
          onError: { target: "idle" },
        },
        {
          src: "askAnyone",
          input: { to: "/scribe", payload: { text: "x" } },
        },
      ],
    },
  },
});

const summarizer = defineAgent({
  kind: "summarizer",
  accepts,
  replies,
  input: z.object({ folder: z.string() }),
  needs: { calls: ["file.read"] },
  machine,
  migrate: (state) => ({ ...state, context: { ...state.context, count: 0 } }),
});

// An agent without messages of its own is fine.
defineAgent({
  kind: "quiet",
  accepts: {},
  machine: setupAgent({ types: {} as { context: { n: number } } }).createMachine({
    context: { n: 1 },
  }),
});

defineSwarm({
  kinds: { summarizer: "./summarizer.ts" },
  children: [{ type: "agent", id: "s", agent: "summarizer" }],
});

export { scribeMessages, summarizer };
