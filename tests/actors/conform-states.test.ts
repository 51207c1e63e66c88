/** States, transitions, actions and time: turns do what XState does (see conform.ts). */
import { describe, it } from "vitest";
import {
  and,
  assign,
  cancel,
  createMachine,
  emit,
  enqueueActions,
  log,
  not,
  or,
  raise,
  setup,
  stateIn,
} from "xstate";
import { conform, send, wait } from "../conformance/conform.ts";

type Context = Record<string, number>;
/** Counts under `key`; fits any machine's types. */
const add = (key: string): never =>
  assign(({ context }: { context: Context }) => ({ [key]: (context[key] ?? 0) + 1 })) as never;

describe("transitions", () => {
  it("assign, guards with params, and/or/not/stateIn", () =>
    conform(() =>
      setup({
        types: {} as { context: Context },
        guards: {
          above: ({ context }, params: { n: number }) => (context["n"] ?? 0) > params.n,
          even: ({ context }) => (context["n"] ?? 0) % 2 === 0,
        },
      }).createMachine({
        context: { n: 0 },
        initial: "low",
        states: {
          low: {
            on: {
              inc: { actions: add("n") },
              go: [
                { guard: and([{ type: "above", params: { n: 2 } }, "even"]), target: "both" },
                { guard: or([not("even"), stateIn("high")]), target: "high" },
              ],
            },
          },
          high: { on: { back: "low" } },
          both: {},
        },
      }), [
      send("go"),
      send("inc"),
      send("go"),
      send("back"),
      ...Array(3).fill(send("inc")),
      send("go"),
    ]));

  it("always, raise and eventless order", () =>
    conform(() =>
      createMachine({
        context: { n: 0 },
        initial: "a",
        states: {
          a: { on: { go: { target: "b", actions: [raise({ type: "two" }), add("n")] } } },
          b: {
            entry: raise({ type: "one" }),
            always: { guard: ({ context }) => context["n"] === 1, actions: add("n"), target: "c" },
            on: { two: "wrong", one: "wrong" },
          },
          c: { on: { two: { actions: add("two") }, one: { target: "d" } } },
          d: {},
          wrong: {},
        },
      }), [send("go")]));

  it("enqueueActions with check, nested", () =>
    conform(() =>
      createMachine({
        context: { n: 0 } as Context,
        on: {
          x: {
            actions: enqueueActions(({ enqueue, check }) => {
              enqueue.assign({ n: 5 });
              if (check(({ context }) => context["n"] === 0)) enqueue(add("seen"));
              enqueue(enqueueActions(({ enqueue: inner, context }) => {
                inner.assign({ nested: context["n"]! });
                inner.raise({ type: "y" });
              }));
              enqueue.emit({ type: "done" });
            }),
          },
          y: { actions: [add("y"), log("y came")] },
        },
      }), [send("x"), send("x")]));

  it("wildcards, partial wildcards, forbidden transitions", () =>
    conform(() =>
      createMachine({
        context: {},
        initial: "a",
        states: {
          a: {
            on: {
              "mouse.*": { actions: add("mouse") },
              "*": { actions: add("any") },
              stay: undefined as never,
              none: {},
            },
            initial: "i",
            states: { i: { on: { "mouse.up": { actions: add("up") } } } },
          },
        },
        on: { stay: { actions: add("root") }, none: { actions: add("root") } },
      }), [send("mouse.up"), send("mouse.down.left"), send("else"), send("none"), send("stay")]));

  it("reenter, internal and external targets, entry and exit order", () =>
    conform(() =>
      createMachine({
        id: "m",
        initial: "a",
        states: {
          a: {
            entry: log("in a"),
            exit: log("out a"),
            initial: "x",
            on: {
              again: { target: "a", reenter: true },
              inner: { target: ".y" },
              same: { target: "#m.a.x" },
            },
            states: {
              x: { entry: log("in x"), exit: log("out x"), on: { next: "y" } },
              y: { entry: log("in y"), exit: log("out y") },
            },
          },
        },
      }), [send("next"), send("again"), send("inner"), send("same")]));

  it("initial actions, multiple targets, tags and meta", () =>
    conform(() =>
      createMachine({
        context: {},
        initial: "off",
        states: {
          off: { tags: "quiet", on: { go: [{ target: ["on.l.b", "on.r.b"] }] } },
          on: {
            type: "parallel",
            tags: ["busy"],
            meta: { m: 1 },
            states: {
              l: {
                initial: { target: "a", actions: add("l") },
                states: { a: {}, b: { tags: "lb" } },
              },
              r: { initial: "a", states: { a: {}, b: { tags: "rb" } } },
            },
          },
        },
      }), [send("go")]));

  it("final states, done events, output", () =>
    conform(() =>
      createMachine({
        context: { n: 3 } as Context,
        initial: "p",
        output: ({ context, event }) => ({ n: context["n"], by: event.type }),
        states: {
          p: {
            type: "parallel",
            states: {
              a: {
                initial: "x",
                states: { x: { on: { a: "y" } }, y: { type: "final", output: 1 } },
              },
              b: { initial: "x", states: { x: { on: { b: "y" } }, y: { type: "final" } } },
            },
            onDone: { target: "end", actions: add("n") },
          },
          end: { type: "final" },
        },
      }), [send("a"), send("b")]));

  it("input in the context factory", () =>
    conform(
      () =>
        createMachine({
          context: ({ input }) => ({ start: (input as { at: number }).at }),
          on: { inc: { actions: add("start") } },
        }),
      [send("inc")],
      { input: { at: 7 } },
    ));

  it("emit, custom order and log within one macrostep", () =>
    conform(() =>
      createMachine({
        entry: [emit({ type: "e0" }), log("l0")],
        on: {
          x: { actions: [emit({ type: "e1", a: 1 }), log("l1"), raise({ type: "y" })] },
          y: { actions: [log("l2"), emit({ type: "e2" })] },
        },
      }), [send("x")]));
});

describe("history and parallel states", () => {
  const player = (kind: "shallow" | "deep") => () =>
    createMachine({
      initial: "on",
      states: {
        on: {
          initial: "a",
          on: { off: "off" },
          states: {
            a: { on: { n: "b" } },
            b: { initial: "x", states: { x: { on: { n: "y" } }, y: {} } },
            h: { type: "history", history: kind },
          },
        },
        off: { on: { on: "on.h" } },
      },
    });
  const steps = [send("n"), send("n"), send("off"), send("on"), send("n"), send("off"), send("on")];

  it("shallow", () => conform(player("shallow"), steps));
  it("deep", () => conform(player("deep"), steps));

  it("deep in parallel regions, ids with dots", () =>
    conform(() =>
      createMachine({
        id: "m.with.dots",
        initial: "p",
        states: {
          p: {
            type: "parallel",
            on: { off: "off" },
            states: {
              l: { initial: "a", states: { a: { on: { l: "b" } }, b: { id: "l.b" } } },
              r: { initial: "a", states: { a: { on: { r: "b" } }, b: {} } },
              h: { type: "history", history: "deep" },
            },
          },
          off: { on: { on: "p.h" } },
        },
      }), [send("l"), send("off"), send("on"), send("r"), send("off"), send("on")]));

  it("the order of regions after transitions is state", () =>
    conform(() =>
      createMachine({
        context: { go: 0 } as Context,
        type: "parallel",
        states: {
          x: {
            initial: "a",
            states: {
              a: { on: { x: "b" } },
              b: {
                always: {
                  guard: ({ context }) => context["go"] === 1,
                  target: "c",
                  actions: log("x"),
                },
              },
              c: {},
            },
          },
          y: {
            initial: "a",
            states: {
              a: { on: { y: "b" } },
              b: {
                always: {
                  guard: ({ context }) => context["go"] === 1,
                  target: "c",
                  actions: log("y"),
                },
              },
              c: {},
            },
          },
        },
        on: { go: { actions: add("go") } },
      }), [send("y"), send("x"), send("go")]));
});

describe("time", () => {
  it("after, several delays, restart on reentry", () =>
    conform(() =>
      createMachine({
        initial: "a",
        states: {
          a: {
            after: { 10: { actions: log("10") }, 30: "b" },
            on: { again: { target: "a", reenter: true } },
          },
          b: { after: { 5: "a" } },
        },
      }), [wait(9), wait(1), wait(10), send("again"), wait(29), wait(1), wait(5), wait(100)]));

  it("named and function delays, guards on after", () =>
    conform(() =>
      setup({
        types: {} as { context: Context },
        delays: { short: 5, long: ({ context }) => 10 * (context["n"] ?? 1) },
      }).createMachine({
        context: { n: 2 },
        initial: "a",
        states: {
          a: { after: { short: { guard: () => false, target: "c" }, long: "b" } },
          b: {},
          c: {},
        },
      }), [wait(5), wait(14), wait(1)]));

  it("raise with delay and cancel, by fixed and computed ids", () =>
    conform(() =>
      createMachine({
        context: {},
        entry: [
          raise({ type: "a" }, { delay: 10, id: "first" }),
          raise({ type: "b" }, { delay: 20, id: "second" }),
          raise({ type: "c" }, { delay: 15 }),
        ],
        on: {
          stop: { actions: cancel(() => "second") },
          a: { actions: add("a") },
          b: { actions: add("b") },
          c: { actions: add("c") },
        },
      }), [wait(10), send("stop"), wait(20)]));

  it("one id twice: both fire, cancel reaches the last", () =>
    conform(() =>
      createMachine({
        context: {},
        on: {
          set: { actions: raise({ type: "t" }, { delay: 10, id: "t" }) },
          cancel: { actions: cancel("t") },
          t: { actions: add("t") },
        },
      }), [
      send("set"),
      wait(5),
      send("set"),
      send("cancel"),
      wait(10),
      send("set"),
      wait(5),
      send("set"),
      wait(5),
      send("cancel"),
      wait(20),
    ]));
});
