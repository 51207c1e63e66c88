import {
  assign,
  call,
  defineAgent,
  fromPromise,
  raise,
  reply,
  setupAgent,
  z,
} from "../../../src/index.ts";

const accepts = {
  "count": z.object({}),
  /** One more count after so long. */
  "later": z.object({ ms: z.number() }),
  /** Into a state tagged `busy`, in which nothing goes on. */
  "work": z.object({}),
  /** Into one tagged `busy` and `waiting`. */
  "wait": z.object({}),
  "run": z.object({}),
  "call": z.object({}),
  "rest": z.object({}),
  "read": z.object({}),
  /** An ask that is never answered. */
  "owe": z.object({}),
};

/** Idle, busy, waiting, running or calling, as it is told. */
export default defineAgent({
  kind: "sleeper",
  accepts,
  replies: { read: z.object({ count: z.number() }), owe: z.object({}) },
  needs: { calls: ["file.read"] },
  machine: setupAgent({
    accepts,
    types: {} as { context: { count: number } },
    actors: {
      forever: fromPromise(() => new Promise<void>(() => {})),
      reading: call("file.read"),
    },
  }).createMachine({
    context: { count: 0 },
    initial: "idle",
    on: {
      "count": { actions: assign({ count: ({ context }) => context.count + 1 }) },
      "later": {
        actions: raise(() => ({ type: "count" }) as never, { delay: ({ event }) => event.ms }),
      },
      "work": ".working",
      "wait": ".waiting",
      "run": ".running",
      "call": ".calling",
      "rest": ".idle",
      "read": { actions: reply(({ context }) => context) },
      "owe": {},
    },
    states: {
      idle: {},
      working: { tags: "busy" },
      waiting: { tags: ["busy", "waiting"] },
      running: { invoke: { src: "forever" } },
      calling: { invoke: { src: "reading", input: { path: "/none" }, onDone: "idle" } },
    },
  }),
});
