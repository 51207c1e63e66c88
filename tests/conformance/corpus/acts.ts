/** Actions: assign, raise, sendTo, emit, log, enqueueActions, tell, reply, and their order. */
import { assign, emit, enqueueActions, log, raise, sendTo } from "xstate";
import { refuse, reply, type ReplyTo, tell } from "../../../src/index.ts";
import { ask, type Case, type Given, hour, machine, send, settle, wait } from "../case.ts";
import { add, put, twice } from "./parts.ts";

const steps = (...types: string[]) => types.map((type) => send(type));
const n = ({ context }: Given) => context["n"] as number;

export const acts: Case[] = [
  {
    name: "assign: object, function, property functions, in order",
    make: () =>
      machine({
        context: { n: 1, list: [] },
        on: {
          x: {
            actions: [
              assign({ n: 5 }),
              assign(({ context, event }: Given) => ({ m: context["n"], by: event["by"] })),
              assign({ n: (given: Given) => n(given) * 2, list: (given: Given) => [n(given)] }),
            ],
          },
        },
      }),
    steps: [send("x", { by: "me" }), send("x")],
  },
  {
    name: "raise: several, from entry, exit and transition, with data",
    system: true,
    make: () =>
      machine({
        context: { n: 0 },
        initial: "a",
        states: {
          a: {
            exit: raise({ type: "left" }),
            on: {
              x: {
                target: "b",
                actions: raise(({ event }: Given) => ({ type: "with", n: event["n"] } as never)),
              },
            },
          },
          b: { entry: raise({ type: "came" }), on: { back: "a" } },
        },
        on: {
          left: { actions: log("left") },
          came: { actions: log("came") },
          with: { actions: put("with", (event) => event["n"]) },
        },
      }),
    steps: [send("x", { n: 4 }), send("back"), send("x", { n: 5 })],
  },
  {
    name: "emit, log and raise in one step: XState's own order",
    system: true,
    make: () =>
      machine({
        entry: [emit({ type: "e.start" }), log("start")],
        on: {
          x: { actions: [emit({ type: "e.x", a: 1 } as never), log("x"), raise({ type: "y" })] },
          y: {
            actions: [
              log("y"),
              emit(({ event }: Given) => ({ type: "e.y", by: event.type }) as never),
            ],
          },
        },
      }),
    steps: steps("x", "y"),
  },
  {
    name: "log of values and of functions",
    make: () =>
      machine({
        context: { n: 3 },
        on: { x: { actions: [log("plain"), log(({ event }: Given) => `${event["a"]}`)] } },
      }),
    steps: [send("x", { a: 1 }), send("x", { a: "two" })],
  },
  {
    name: "enqueueActions: check, nested, raise, emit, after the assigns before it",
    system: true,
    make: () =>
      machine({
        context: { n: 0 },
        on: {
          x: {
            actions: enqueueActions(({ enqueue, check }) => {
              enqueue.assign({ n: 5 });
              if (check((given: Given) => n(given) === 0)) enqueue(add("first"));
              enqueue(enqueueActions(({ enqueue: deeper, context }) => {
                deeper.assign({ deeper: context["n"] } as never);
                deeper.raise({ type: "y" });
              }));
              enqueue.emit({ type: "e.done" } as never);
            }),
          },
          y: { actions: [add("y"), log("y")] },
        },
      }),
    steps: steps("x", "x"),
  },
  {
    name: "enqueueActions: named actions with params, delayed raise and cancel",
    unitMs: hour,
    make: () =>
      machine({
        context: { n: 0 },
        on: {
          x: {
            actions: enqueueActions(({ enqueue, context }) => {
              enqueue({ type: "plus", params: { by: 3 } } as never);
              if (context["n"] as number > 0) enqueue.cancel("bell");
              else enqueue.raise({ type: "bell" }, { delay: 2 * hour, id: "bell" });
            }),
          },
          bell: { actions: add("bells") },
        },
      }, {
        actions: {
          plus: assign((given: Given, { by }: { by: number }) => ({ n: n(given) + by })),
        },
      }),
    steps: [send("x"), wait(1), send("x"), wait(2)],
  },
  {
    name: "enqueueActions: spawn, sendTo and stop a child",
    make: () =>
      machine({
        context: {},
        on: {
          start: {
            actions: enqueueActions(({ enqueue }) => void enqueue.spawnChild("echo", { id: "k" })),
          },
          ping: {
            actions: enqueueActions(({ enqueue }) => void enqueue.sendTo("k", { type: "ping" })),
          },
          stop: { actions: enqueueActions(({ enqueue }) => void enqueue.stopChild("k")) },
        },
      }, { actors: { echo: machine({ context: {}, on: { ping: { actions: add("pings") } } }) } }),
    steps: steps("start", "ping", "stop", "start", "ping"),
  },
  {
    name: "sendTo oneself comes after this macrostep",
    make: () =>
      machine({
        context: {},
        initial: "a",
        states: {
          a: {
            on: {
              x: {
                target: "b",
                actions: [sendTo(({ self }) => self, { type: "mail" }), raise({ type: "raised" })],
              },
            },
          },
          b: { on: { raised: "c", mail: "wrong" } },
          c: { on: { mail: "d" } },
          d: {},
          wrong: {},
        },
      }),
    steps: steps("x"),
  },
  {
    name: "ping-pong with oneself, a hundred times",
    make: () =>
      machine({
        context: { n: 0 },
        on: {
          go: [
            {
              guard: (given: Given) => n(given) < 100,
              actions: [add("n"), sendTo(({ self }) => self, { type: "go" })],
            },
            { actions: log("over") },
          ],
        },
      }),
    steps: steps("go"),
  },
  {
    name: "tell: fixed and computed, with what the assign before it made",
    system: true,
    make: () =>
      machine({
        context: { n: 0 },
        on: {
          x: {
            actions: [
              add("n"),
              tell("/sink", "note", ({ context }) => ({ n: (context as { n: number }).n })),
              raise({ type: "y" }),
            ],
          },
          y: { actions: tell(() => "/sink", () => "note", { n: 100 }) },
        },
      }),
    steps: steps("x", "x"),
  },
  {
    name: "reply at once, to a message nobody waits for, and refuse",
    system: true,
    make: () =>
      machine({
        context: { n: 7 },
        on: {
          read: { actions: reply(({ context }) => ({ n: (context as { n: number }).n })) },
          not: { actions: refuse("not_today", "Come back tomorrow") },
        },
      }),
    steps: [ask("read"), send("read"), ask("not"), ask("read")],
  },
  {
    name: "reply in a later turn, from kept replyTo",
    system: true,
    make: () =>
      machine({
        context: { n: 7, to: null },
        on: {
          read: {
            actions: assign(({ event }: Given) => ({
              to: (event["envelope"] as { replyTo: unknown }).replyTo,
            })),
          },
          now: {
            actions: reply("late", { to: ({ context }) => (context as { to: ReplyTo }).to }),
          },
          forget: { actions: assign({ to: null }) },
        },
      }),
    steps: [ask("read"), send("now"), send("forget")],
  },
  {
    name: "tells of entry and exit, in the order of the states",
    system: true,
    make: () => {
      const noted = (at: number) => ({
        entry: tell("/sink", "note", { n: at }),
        exit: tell("/sink", "note", { n: -at }),
      });
      return machine({
        initial: "a",
        states: {
          a: { ...noted(1), initial: "b", states: { b: { ...noted(2) } }, on: { x: "c" } },
          c: { ...noted(3), on: { x: "a" } },
        },
      });
    },
    steps: steps("x", "x"),
  },
  {
    name: "a named tell with params",
    make: () =>
      machine({
        context: {},
        on: {
          x: { actions: { type: "note", params: ({ event }: Given) => ({ n: event["n"] }) } },
        },
      }, {
        actions: { note: tell("/sink", "note", (_: unknown, params: unknown) => params as never) },
      }),
    steps: [send("x", { n: 1 }), send("x", { n: 2 })],
  },
  {
    name: "output of a promise is told",
    system: true,
    make: () =>
      machine({
        context: {},
        initial: "a",
        states: {
          a: { on: { go: "b" } },
          b: {
            invoke: {
              src: "twice",
              input: ({ event }: Given) => ({ n: event["n"] }),
              onDone: {
                target: "a",
                actions: tell(
                  "/sink",
                  "note",
                  (({ event }: Given) => ({ n: event["output"] })) as never,
                ),
              },
            },
          },
        },
      }, { actors: { twice: twice() } }),
    steps: [send("go", { n: 4 }), settle, send("go", { n: 5 }), settle],
  },
];
