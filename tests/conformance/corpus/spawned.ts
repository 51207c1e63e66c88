/** Spawned machines, references to them, and transition logic. */
import {
  type AnyActorRef,
  assign,
  enqueueActions,
  forwardTo,
  sendParent,
  sendTo,
  spawnChild,
  stopChild,
} from "xstate";
import { type Case, type Given, hour, machine, send, wait } from "../case.ts";
import { add, fail, failure, kid, output, put, sum } from "./parts.ts";

const steps = (...types: string[]) => types.map((type) => send(type));
const heard = {
  pong: { actions: put("pong", (event) => event["n"]) },
  tick: { actions: add("ticks") },
  said: { actions: put("said", (event) => event["what"]) },
};
const to = (id: string, ...types: string[]) =>
  Object.fromEntries(types.map((type) => [type, { actions: sendTo(id, { type }) }]));
const ref = (key: string) => ({ context }: Given) => context[key] as AnyActorRef;

const byAction: Case[] = [
  {
    name: "spawnChild, stopChild, again under the same id",
    system: true,
    unitMs: hour,
    make: () =>
      machine({
        context: {},
        on: {
          spawn: { actions: spawnChild("kid", { id: "k", input: { n: 1 } as never }) },
          stop: { actions: stopChild("k") },
          ...to("k", "ping"),
          ...heard,
        },
      }, { actors: { kid: kid() } }),
    steps: [
      ...steps("spawn", "ping"),
      wait(1),
      ...steps("stop", "spawn", "ping"),
      wait(1),
      wait(1),
    ],
  },
  {
    name: "spawn in assign: references in a list, in a map, stop by reference",
    system: true,
    make: () =>
      machine({
        context: { list: [], map: new Map() },
        on: {
          spawn: {
            actions: assign(
              (
                { context, spawn, event }: Given & {
                  spawn(src: string, options: object): AnyActorRef;
                },
              ) => {
                const one = spawn("kid", { id: event["id"] });
                return {
                  list: [...context["list"] as unknown[], one],
                  map: new Map([...context["map"] as Map<unknown, unknown>, [event["id"], one]]),
                };
              },
            ),
          },
          all: {
            actions: enqueueActions(({ enqueue, context }) => {
              for (const one of context["list"] as AnyActorRef[]) {
                enqueue.sendTo(one, { type: "ping" });
              }
            }),
          },
          one: {
            actions: sendTo(
              ({ context }: Given) => (context["map"] as Map<string, AnyActorRef>).get("b")!,
              { type: "ping" },
            ),
          },
          stop: {
            actions: stopChild(({ context }: Given) => (context["list"] as AnyActorRef[])[0]!),
          },
          pong: { actions: add("pongs") },
        },
      }, { actors: { kid: kid() } }),
    steps: [
      send("spawn", { id: "a" }),
      send("spawn", { id: "b" }),
      ...steps("all", "one", "stop", "all"),
    ],
  },
  {
    name: "anonymous spawn in assign, twice",
    make: () =>
      machine({
        context: {},
        on: {
          spawn: {
            actions: assign(({ context, spawn }: Given & { spawn(src: string): unknown }) => ({
              before: context["last"],
              last: spawn("kid"),
            })),
          },
          last: { actions: sendTo(ref("last"), { type: "ping" }) },
          before: { actions: sendTo(ref("before"), { type: "end" }) },
          pong: { actions: add("pongs") },
        },
      }, { actors: { kid: kid() } }),
    steps: steps("spawn", "last", "spawn", "last", "before"),
  },
  {
    name: "spawn in the context factory: siblings know one another",
    system: true,
    make: () => {
      const talker = machine({
        context: ({ input }: { input?: { to: unknown } }) => ({ to: input?.to }),
        on: {
          say: { actions: sendTo(ref("to"), ({ self }) => ({ type: "hear", from: self })) },
          hear: {
            actions: [
              add("heard"),
              sendTo(({ event }) => (event as Given["event"])["from"] as AnyActorRef, {
                type: "yes",
              }),
            ],
          },
          yes: { actions: sendParent({ type: "said", what: "yes" }) },
        },
      });
      return machine({
        context: ({ spawn }: { spawn(src: string, options: object): unknown }) => {
          const b = spawn("talker", { id: "b" });
          return { a: spawn("talker", { id: "a", input: { to: b } }), b };
        },
        on: { say: { actions: sendTo("a", { type: "say" }) }, ...heard },
      }, { actors: { talker } });
    },
    steps: steps("say", "say"),
  },
  {
    name: "a spawned child's output and error come as events of its id",
    make: () =>
      machine({
        context: {},
        on: {
          spawn: { actions: spawnChild("kid", { id: "k" }) },
          ...to("k", "end", "ping"),
          "xstate.done.actor.k": { actions: put("done", output) },
        },
      }, { actors: { kid: kid() } }),
    steps: steps("spawn", "ping", "end"),
  },
  {
    name: "spawned with syncSnapshot",
    make: () =>
      machine({
        context: {},
        on: {
          spawn: { actions: spawnChild("kid", { id: "k", syncSnapshot: true }) },
          ...to("k", "ping", "end"),
          "xstate.snapshot.k": { actions: add("snapshots") },
        },
      }, { actors: { kid: kid() } }),
    steps: steps("spawn", "ping", "end"),
  },
  {
    name: "a reference in a message and in an answer, to a child that is gone by then",
    make: () =>
      machine({
        context: {},
        on: {
          spawn: {
            actions: assign(({ spawn }: { spawn(src: string, options: object): unknown }) => ({
              one: spawn("kid", { id: "k" }),
            })),
          },
          stop: { actions: stopChild(ref("one")) },
          ping: { actions: sendTo(ref("one"), { type: "ping" }) },
          pong: { actions: add("pongs") },
        },
      }, { actors: { kid: kid() } }),
    steps: steps("spawn", "ping", "stop", "ping", "ping"),
  },
  {
    name: "spawnChild with systemId, found by another child",
    system: true,
    make: () => {
      const seeker = machine({
        on: { seek: { actions: sendTo(({ system }) => system.get("boss"), { type: "ping" }) } },
      });
      return machine({
        context: {},
        entry: [
          spawnChild("kid", { id: "k", systemId: "boss" }),
          spawnChild("seeker", { id: "s" }),
        ],
        on: { ...to("s", "seek"), ...heard },
      }, { actors: { kid: kid(), seeker } });
    },
    steps: steps("seek", "seek"),
  },
  {
    name: "a spawned child outlives the state that spawned it",
    system: true,
    unitMs: hour,
    make: () =>
      machine({
        context: {},
        initial: "a",
        states: { a: { entry: spawnChild("kid", { id: "k" }), on: { x: "b" } }, b: {} },
        on: { ...to("k", "ping"), ...heard },
      }, { actors: { kid: kid() } }),
    steps: [...steps("x", "ping"), wait(2)],
  },
];

const pure: Case[] = [
  {
    name: "transition logic, invoked",
    system: true,
    make: () =>
      machine({
        invoke: { src: "sum", id: "sum", input: 10 },
        on: { add: { actions: forwardTo("sum") } },
      }, {
        actors: { sum: sum() },
      }),
    steps: [send("add", { by: 5 }), send("add", { by: 1 })],
  },
  {
    name: "transition logic, spawned in assign, followed by its snapshots",
    make: () =>
      machine({
        context: {},
        on: {
          spawn: {
            actions: assign(({ spawn }: { spawn(src: string, options: object): unknown }) => ({
              sum: spawn("sum", { id: "sum", input: 1, syncSnapshot: true }),
            })),
          },
          add: { actions: sendTo(ref("sum"), (({ event }: Given) => event) as never) },
          "xstate.snapshot.sum": {
            actions: put("now", (event) => (event["snapshot"] as { context: number }).context),
          },
        },
      }, { actors: { sum: sum() } }),
    steps: [send("spawn"), send("add", { by: 5 }), send("add", { by: -2 })],
  },
  {
    name: "transition logic, stopped and begun anew",
    make: () =>
      machine({
        initial: "a",
        states: {
          a: {
            invoke: { src: "sum", id: "sum", input: 0 },
            on: { add: { actions: forwardTo("sum") }, x: "b" },
          },
          b: { on: { x: "a" } },
        },
      }, { actors: { sum: sum() } }),
    steps: [send("add", { by: 5 }), send("x"), send("x"), send("add", { by: 1 })],
  },
  {
    name: "an unhandled error of a child of a handled child",
    make: () =>
      machine({
        context: {},
        invoke: { src: "outer", id: "o", onError: { actions: put("error", failure) } },
        on: { boom: { actions: sendTo("o", { type: "boom" }) } },
      }, {
        actors: {
          outer: machine({
            invoke: { src: "inner", id: "i" },
            on: { boom: { actions: sendTo("i", { type: "boom" }) } },
          }, {
            actors: { inner: machine({ context: {}, on: { boom: { actions: fail("boom") } } }) },
          }),
        },
      }),
    steps: steps("boom", "boom"),
  },
];

export const spawned: Case[] = [...byAction, ...pure];
