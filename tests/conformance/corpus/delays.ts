/** Time: after, delayed raise and sendTo, cancel. All delays are whole hours. */
import { assign, cancel, emit, enqueueActions, log, raise, sendParent, sendTo } from "xstate";
import { type Case, type Given, hour, machine, send, wait } from "../case.ts";
import { add, kid } from "./parts.ts";

const delays = {
  short: hour,
  computed: ({ context }: Given) => hour * (context["hours"] as number),
  byEvent: ({ event }: Given) => hour * (event["hours"] as number ?? 1),
};
const ways: [string, unknown][] = [
  ["a number", 2 * hour],
  ["a name", "short"],
  ["a computed name", "computed"],
];

const perWay = ways.flatMap(([what, delay]): Case[] => [
  {
    name: `after ${what}`,
    system: true,
    unitMs: hour,
    make: () =>
      machine({
        context: { hours: 2 },
        initial: "a",
        states: {
          a: { after: { [delay as string]: "b" }, on: { again: { target: "a", reenter: true } } },
          b: { entry: [log("b"), emit({ type: "e.b" })], after: { [delay as string]: "a" } },
        },
      }, { delays }),
    steps: [wait(1), send("again"), wait(1), wait(1), send("again"), wait(3)],
  },
  {
    name: `raise after ${what}, cancelled the second time`,
    system: true,
    unitMs: hour,
    make: () =>
      machine({
        context: { hours: 3, n: 0 },
        on: {
          set: { actions: raise({ type: "rung" }, { id: "bell", delay: delay as never }) },
          unset: { actions: cancel("bell") },
          rung: { actions: [add("n"), log("rung")] },
        },
      }, { delays }),
    steps: [send("set"), wait(4), send("set"), send("unset"), wait(4), send("set"), wait(1)],
  },
  {
    name: `sendTo a child after ${what}, and what it answers`,
    system: true,
    unitMs: hour,
    make: () =>
      machine({
        context: { hours: 1 },
        initial: "a",
        states: {
          a: { invoke: { src: "kid", id: "k" }, on: { leave: "b" } },
          b: { on: { back: "a" } },
        },
        on: {
          set: { actions: sendTo("k", { type: "ping" }, { delay: delay as never, id: "p" }) },
          pong: { actions: add("pongs") },
          tick: { actions: add("ticks") },
        },
      }, { delays, actors: { kid: kid() } }),
    steps: [send("set"), wait(1), wait(1), send("leave"), send("back"), send("set"), wait(3)],
  },
  {
    name: `a guarded after ${what} beside another one`,
    unitMs: hour,
    make: () =>
      machine({
        context: { hours: 1, open: false },
        initial: "a",
        states: {
          a: {
            after: {
              [delay as string]: [
                { guard: ({ context }: Given) => context["open"], target: "b" },
                { actions: [log("shut"), assign({ open: true })] },
              ],
              [5 * hour]: { target: "a", reenter: true },
            },
          },
          b: {},
        },
      }, { delays }),
    steps: [wait(2), wait(3), wait(2)],
  },
]);

export const timing: Case[] = [
  ...perWay,
  {
    name: "a delay given by the event",
    unitMs: hour,
    make: () =>
      machine({
        context: {},
        on: {
          set: { actions: raise({ type: "t" }, { delay: "byEvent" as never }) },
          t: { actions: add("t") },
        },
      }, { delays }),
    steps: [send("set", { hours: 2 }), send("set", { hours: 1 }), wait(1), wait(1)],
  },
  {
    name: "three delays, one cancelled by a computed id, one left alone",
    system: true,
    unitMs: hour,
    make: () =>
      machine({
        context: { which: "two" },
        entry: [1, 2, 3].map((n) =>
          raise({ type: `t${n}` }, { delay: n * hour, id: ["", "one", "two", "three"][n]! })
        ),
        on: {
          stop: { actions: cancel(({ context }: Given) => context["which"] as string) },
          "t1": { actions: log("1") },
          "t2": { actions: log("2") },
          "t3": { actions: log("3") },
        },
      }),
    steps: [wait(1), send("stop"), wait(1), wait(1)],
  },
  {
    name: "one id twice: both fire, cancel reaches the last",
    unitMs: hour,
    make: () =>
      machine({
        context: {},
        on: {
          set: { actions: raise({ type: "t" }, { delay: 2 * hour, id: "t" }) },
          cancel: { actions: cancel("t") },
          t: { actions: add("t") },
        },
      }),
    steps: [
      send("set"),
      wait(1),
      send("set"),
      send("cancel"),
      wait(2),
      send("set"),
      send("set"),
      wait(1),
      send("cancel"),
      wait(3),
    ],
  },
  {
    name: "one id for two senders: each cancels its own",
    unitMs: hour,
    make: () => {
      const child = machine({
        context: {},
        entry: raise({ type: "t" }, { delay: hour, id: "same" }),
        on: {
          t: { actions: [add("t"), sendParent({ type: "heard" })] },
          stop: { actions: cancel("same") },
        },
      });
      return machine({
        context: {},
        entry: raise({ type: "t" }, { delay: hour, id: "same" }),
        invoke: { src: "child", id: "c" },
        on: {
          t: { actions: add("t") },
          heard: { actions: add("heard") },
          stop: { actions: cancel("same") },
        },
      }, { actors: { child } });
    },
    steps: [send("stop"), wait(1)],
  },
  {
    name: "after in nested and parallel states at once",
    system: true,
    unitMs: hour,
    make: () =>
      machine({
        type: "parallel",
        states: {
          l: {
            initial: "a",
            after: { [3 * hour]: ".c" },
            states: { a: { after: { [hour]: "b" } }, b: { after: { [hour]: "a" } }, c: {} },
          },
          r: {
            initial: "a",
            states: { a: { after: { [hour]: "b" } }, b: { after: { [2 * hour]: "a" } } },
          },
        },
      }),
    steps: [wait(1), wait(1), wait(1), wait(2)],
  },
  {
    name: "delay zero comes in a turn of its own",
    unitMs: hour,
    make: () =>
      machine({
        context: {},
        on: {
          set: { actions: [raise({ type: "zero" }, { delay: 0 }), log("set")] },
          zero: { actions: add("zero") },
        },
      }),
    steps: [send("set"), wait(1)],
  },
  {
    name: "delays that raise delays, a chain of five",
    unitMs: hour,
    make: () =>
      machine({
        context: { n: 0 },
        entry: raise({ type: "next" }, { delay: hour }),
        on: {
          next: {
            actions: enqueueActions(({ enqueue, context }) => {
              enqueue.assign({ n: (context["n"] as number) + 1 });
              if (context["n"] as number < 4) enqueue.raise({ type: "next" }, { delay: hour });
            }),
          },
        },
      }),
    steps: [wait(2), wait(2), wait(2)],
  },
  {
    name: "sendTo oneself later, after leaving the state that asked for it",
    unitMs: hour,
    make: () =>
      machine({
        context: {},
        initial: "a",
        states: {
          a: {
            entry: sendTo(({ self }) => self, { type: "late" }, { delay: hour }),
            on: { x: "b" },
          },
          b: {},
        },
        on: { late: { actions: add("late") } },
      }),
    steps: [send("x"), wait(1)],
  },
  {
    name: "a child's own after ends it, its parent's is cancelled by that",
    system: true,
    unitMs: hour,
    make: () => {
      const child = machine({
        initial: "a",
        states: { a: { after: { [2 * hour]: "z" } }, z: { type: "final" } },
      });
      return machine({
        initial: "w",
        states: {
          w: { invoke: { src: "child", id: "c", onDone: "ok" }, after: { [3 * hour]: "late" } },
          ok: { after: { [hour]: "w" } },
          late: {},
        },
      }, { actors: { child } });
    },
    steps: [wait(1), wait(1), wait(1), wait(2)],
  },
];
