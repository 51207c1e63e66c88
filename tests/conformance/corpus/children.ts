/** Machines as children: invoked, nested, named, failing. */
import { assign, forwardTo, log, sendParent, sendTo } from "xstate";
import { type Case, type Given, hour, machine, send, wait } from "../case.ts";
import { add, failure, kid, output, put } from "./parts.ts";

const steps = (...types: string[]) => types.map((type) => send(type));
const heard = {
  pong: { actions: put("pong", (event) => event["n"]) },
  tick: { actions: add("ticks") },
  said: { actions: put("said", (event) => event["what"]) },
};
const to = (id: string, ...types: string[]) =>
  Object.fromEntries(types.map((type) => [type, { actions: sendTo(id, { type }) }]));

const parent = (invoke: object, on: object = {}) =>
  machine({
    context: {},
    initial: "a",
    states: {
      a: {
        invoke: { src: "kid", id: "k", input: { from: "parent" }, ...invoke },
        on: {
          ...to("k", "ping", "end", "fail"),
          leave: "b",
          again: { target: "a", reenter: true },
          ...on,
        },
      },
      b: { on: { back: "a" } },
    },
    on: heard,
  }, { actors: { kid: kid() } });

const invoked: Case[] = [
  {
    name: "an invoked machine: sendTo, sendParent, its own delay",
    system: true,
    unitMs: hour,
    make: () => parent({}),
    steps: [send("ping"), send("ping"), wait(1), wait(1), send("ping")],
  },
  {
    name: "its output reaches onDone, once",
    make: () => parent({ onDone: { actions: put("done", output) } }),
    steps: steps("ping", "end", "again", "end"),
  },
  {
    name: "its error reaches onError",
    system: true,
    make: () => parent({ onError: { target: "b", actions: put("error", failure) } }),
    steps: steps("ping", "fail", "back", "ping"),
  },
  {
    name: "leaving stops it with its delays, coming back starts another",
    system: true,
    unitMs: hour,
    make: () => parent({}),
    steps: [send("ping"), wait(1), send("leave"), wait(2), send("back"), wait(1), wait(1)],
  },
  {
    name: "reentry stops and starts it in one step",
    system: true,
    unitMs: hour,
    make: () => parent({}),
    steps: [send("ping"), wait(1), send("again"), wait(1), wait(1), send("ping")],
  },
  {
    name: "onSnapshot follows it",
    make: () =>
      parent({
        onSnapshot: {
          actions: put("seen", (event) => (event["snapshot"] as { status: string }).status),
        },
      }),
    steps: steps("ping", "ping", "end"),
  },
  {
    name: "forwardTo hands over the event as it is",
    system: true,
    make: () => parent({}, { ping: { actions: forwardTo("k") } }),
    steps: steps("ping", "ping"),
  },
  {
    name: "two children of one state, one without id",
    make: () =>
      machine({
        context: {},
        invoke: [{ src: "kid", id: "one", onDone: { actions: put("one", output) } }, {
          src: "kid",
          onDone: { actions: put("two", output) },
        }],
        on: {
          ...to("one", "ping", "end"),
          other: { actions: sendTo("1.(machine)", { type: "end" }) },
          ...heard,
        },
      }, { actors: { kid: kid() } }),
    steps: steps("ping", "end", "other"),
  },
  {
    name: "a child in each of two regions, both end",
    system: true,
    make: () => {
      const part = (id: string) => ({
        initial: "w",
        states: {
          w: {
            invoke: { src: "kid", id, onDone: "z" },
            on: { [id]: { actions: sendTo(id, { type: "end" }) } },
          },
          z: { type: "final" },
        },
      });
      return machine({
        context: {},
        initial: "p",
        states: {
          p: { type: "parallel", states: { l: part("l"), r: part("r") }, onDone: "q" },
          q: {},
        },
      }, { actors: { kid: kid() } });
    },
    steps: steps("l", "r"),
  },
  {
    name: "a child that is done at once",
    make: () =>
      machine({
        context: {},
        invoke: { src: "quick", id: "q", onDone: { actions: put("done", output) } },
      }, {
        actors: {
          quick: machine({ initial: "z", output: () => 1, states: { z: { type: "final" } } }),
        },
      }),
    steps: steps("x"),
  },
  {
    name: "input functions see what entry has assigned",
    make: () =>
      machine({
        context: { n: 1 },
        initial: "a",
        states: {
          a: { on: { go: "b" } },
          b: {
            entry: assign({ n: 9 }),
            invoke: {
              src: "kid",
              id: "k",
              input: ({ context, event }: Given) => ({ n: context["n"], by: event.type }),
            },
          },
        },
      }, { actors: { kid: kid() } }),
    steps: steps("go"),
  },
];

/** A machine between the root and `kid`. */
const middle = (more: object = {}) =>
  machine({
    context: {},
    initial: "m",
    states: {
      m: {
        invoke: { src: "kid", id: "grandkid", systemId: "deep", onDone: "z", ...more },
        after: {
          [3 * hour]: { actions: [log("middle"), sendParent({ type: "said", what: "late" })] },
        },
      },
      z: { type: "final" },
    },
    output: { middle: true },
    on: {
      ...to("grandkid", "ping", "end", "fail"),
      pong: { actions: sendParent(({ event }) => event) },
      tick: { actions: sendParent({ type: "tick" }) },
    },
  }, { actors: { kid: kid() } });
const top = (invoke: object, inner: object = {}) =>
  machine({
    context: {},
    initial: "a",
    states: {
      a: {
        invoke: { src: "middle", id: "m", ...invoke },
        on: { leave: "b", again: { target: "a", reenter: true } },
      },
      b: { on: { back: "a" } },
    },
    on: {
      ...to("m", "ping", "end", "fail"),
      deep: { actions: sendTo(({ system }) => system.get("deep"), { type: "ping" }) },
      ...heard,
    },
  }, { actors: { middle: middle(inner) } });

const nested: Case[] = [
  {
    name: "two levels: pings down, pongs up, delays of both",
    system: true,
    unitMs: hour,
    make: () => top({}),
    steps: [send("ping"), wait(1), wait(1), wait(1), send("ping")],
  },
  {
    name: "two levels: done goes up twice",
    make: () => top({ onDone: { target: "b", actions: put("done", output) } }),
    steps: steps("ping", "end", "back", "ping"),
  },
  {
    name: "two levels: an error nobody handles below reaches onError above",
    system: true,
    make: () => top({ onError: { target: "b", actions: put("error", failure) } }),
    steps: steps("ping", "fail", "back", "ping"),
  },
  {
    name: "two levels: handled in the middle, the top hears nothing",
    make: () => top({ onError: "b" }, { onError: { actions: put("caught", failure) } }),
    steps: steps("fail", "ping"),
  },
  {
    name: "two levels: systemId from the top, free again after reentry",
    system: true,
    make: () => top({}),
    steps: steps("deep", "again", "deep", "leave", "back", "deep"),
  },
];

export const children: Case[] = [...invoked, ...nested];
