import {
  ask,
  assign,
  defineAgent,
  enqueueActions,
  fromPromise,
  reply,
  setupAgent,
  spawnAgent,
  stopAgent,
  tell,
  z,
} from "../../../src/index.ts";
import { type Act, type Book, lanes, mix } from "../words.ts";

const work = z.object({
  /** Incarnation of the sender: numbers of one count without a gap. */
  life: z.string(),
  n: z.number(),
  lane: z.enum(lanes),
  /** Request of a client, `null` between agents. */
  op: z.string().nullable(),
  acts: z.array(z.unknown()),
});
const accepts = { work, question: z.object({ op: z.string() }), silent: z.object({}) };

const worker = setupAgent({
  accepts,
  types: {} as { context: Book; events: { type: "tick"; tag: string } | { type: "stop.me" } },
  actors: {
    question: ask<{ op: string }>({ type: "question", timeoutMs: 2_000 }),
    run: fromPromise<number, number>(({ input }) => Promise.resolve(input + 1)),
  },
});

/** Does what the simulation asks of it, and keeps a book that can be held against the store. */
export default defineAgent({
  kind: "worker",
  accepts,
  replies: { question: z.object({ op: z.string() }) },
  machine: worker.createMachine({
    context: {
      life: "",
      took: {},
      seen: {},
      sent: {},
      waiting: [],
      asked: 0,
      answered: 0,
      undelivered: 0,
      faults: [],
    },
    type: "parallel",
    states: {
      main: {
        initial: "live",
        states: {
          live: {
            on: {
              "work": {
                actions: enqueueActions(({ enqueue, event, context }) => {
                  const acts = event.acts as Act[];
                  const id = event.envelope.id;
                  if (acts.some((act) => act.do === "crash")) throw new Error("asked to crash");
                  const book = structuredClone(context);
                  if (book.life === "") book.life = id;
                  note(book, event.envelope.from, event);
                  book.took[event.lane] = mix(book.took[event.lane], id);
                  for (const [i, act] of acts.entries()) {
                    if (act.do === "tell") {
                      const n = book.sent[act.to] = (book.sent[act.to] ?? 0) + 1;
                      const { life } = book;
                      const message = { life, n, lane: act.lane, op: null, acts: act.acts };
                      enqueue(tell(act.to, "work", message, { lane: act.lane }));
                    } else if (act.do === "timer") {
                      const tag = `${id}.${i}`;
                      book.waiting.push(tag);
                      enqueue.raise({ type: "tick", tag }, { delay: act.ms, id: tag });
                    } else if (act.do === "cancel") {
                      const tag = book.waiting.shift();
                      if (tag !== undefined) enqueue.cancel(tag);
                    } else if (act.do === "spawn") {
                      enqueue(spawnAgent({ under: "/pool", name: act.name, kind: "worker" }));
                    } else if (act.do === "stop") enqueue(stopAgent(act.address));
                    else if (act.do === "finish") enqueue.raise({ type: "stop.me" });
                  }
                  enqueue.assign(book);
                }),
              },
              "tick": {
                actions: assign(({ context, event }) => {
                  const at = context.waiting.indexOf(event.tag);
                  if (at < 0) return { faults: [...context.faults, `tick twice: ${event.tag}`] };
                  return { waiting: context.waiting.toSpliced(at, 1) };
                }),
              },
              "question": { actions: reply(({ event }) => ({ op: event.op })) },
              "silent": {},
              "stop.me": "done",
            },
          },
          done: { type: "final" },
        },
      },
      asker: {
        initial: "idle",
        states: {
          idle: {
            on: {
              "work": {
                guard: ({ event }) => (event.acts as Act[]).some((act) => act.do === "ask"),
                target: "asking",
                actions: assign({ asked: ({ context }) => context.asked + 1 }),
              },
              "stop.me": "done",
            },
          },
          asking: {
            on: { "stop.me": "done" },
            invoke: {
              src: "question",
              input: ({ event }) => {
                const { acts, envelope } = event as unknown as {
                  acts: Act[];
                  envelope: { id: string };
                };
                const found = acts.find((act) => act.do === "ask")!;
                return { to: found.to, payload: { op: envelope.id } };
              },
              onDone: {
                target: "idle",
                actions: assign({ answered: ({ context }) => context.answered + 1 }),
              },
              onError: {
                target: "idle",
                actions: assign({ answered: ({ context }) => context.answered + 1 }),
              },
            },
          },
          done: { type: "final" },
        },
      },
      runner: {
        initial: "idle",
        states: {
          idle: {
            on: {
              "work": {
                guard: ({ event }) => (event.acts as Act[]).some((act) => act.do === "run"),
                target: "running",
              },
              "stop.me": "done",
            },
          },
          running: {
            on: { "stop.me": "done" },
            invoke: { src: "run", input: 1, onDone: "idle", onError: "idle" },
          },
          done: { type: "final" },
        },
      },
    },
    on: {
      "system.undelivered": {
        actions: assign({ undelivered: ({ context }) => context.undelivered + 1 }),
      },
    },
  }),
});

/** Numbers of one sender's life rise within a lane. */
function note(book: Book, from: string, { life, lane, n }: z.output<typeof work>): void {
  const name = `${from} ${lane}`;
  const [before, last] = book.seen[name] ?? ["", 0];
  if (before === life && n <= last) {
    book.faults.push(`${name}: number ${n} of life ${life} came after ${last}`);
  }
  book.seen[name] = [life, n];
}
