/** States and transitions: targets, entry and exit, guards, eventless steps, final states. */
import { and, assign, log, not, or, raise, stateIn } from "xstate";
import { ask, type Case, type Given, machine, send } from "../case.ts";
import { add, fail, put } from "./parts.ts";

const s = (name: string, config: object = {}) => ({
  [name]: { entry: log(`in ${name}`), exit: log(`out ${name}`), ...config },
});
const steps = (...types: string[]) => types.map((type) => send(type));

export const states: Case[] = [
  {
    name: "nested states enter from outside in and leave from inside out",
    system: true,
    make: () =>
      machine({
        initial: "a",
        states: {
          ...s("a", {
            initial: "b",
            states: s("b", { initial: "c", states: s("c") }),
            on: { x: "d" },
          }),
          ...s("d", { on: { x: "a.b" } }),
        },
      }),
    steps: steps("x", "x", "x"),
  },
  ...(["b", ".b", "#deep"] as const).flatMap((target) =>
    [true, false].map((reenter): Case => ({
      name: `target ${target}, reenter ${reenter}`,
      make: () =>
        machine({
          initial: "a",
          states: {
            ...s("a", {
              initial: "a1",
              on: { x: { target, reenter, actions: log("go") } },
              states: { ...s("a1"), ...s("b", { id: "deep" }) },
            }),
            ...s("b", { on: { back: "a" } }),
          },
        }),
      steps: steps("x", "x", "back", "x"),
    }))
  ),
  {
    name: "a transition without target runs actions only; reenter of oneself leaves and enters",
    make: () =>
      machine({
        context: {},
        initial: "a",
        states: s("a", {
          on: { here: { actions: add("here") }, again: { target: "a", reenter: true } },
        }),
      }),
    steps: steps("here", "again", "here"),
  },
  {
    name: "the child's transition wins over the parent's, a guard hands on to it",
    system: true,
    make: () =>
      machine({
        context: { open: false },
        initial: "p",
        states: {
          p: {
            initial: "c",
            on: { go: "outer", toggle: { actions: assign({ open: true }) } },
            states: {
              c: { on: { go: { guard: ({ context }: Given) => context["open"], target: "d" } } },
              d: {},
            },
          },
          outer: { on: { back: "p" } },
        },
      }),
    steps: steps("go", "back", "toggle", "go", "go"),
  },
  {
    name: "guards: params, and, or, not, stateIn",
    make: () =>
      machine({
        context: { n: 0 },
        type: "parallel",
        on: { inc: { actions: add("n") } },
        states: {
          l: {
            initial: "low",
            states: {
              low: {
                on: {
                  go: [
                    {
                      guard: and([{ type: "above", params: { n: 2 } }, not("even")]),
                      target: "odd",
                    },
                    { guard: or([stateIn("#right"), "even"]), target: "even", actions: log("or") },
                  ],
                },
              },
              odd: {},
              even: { on: { back: "low" } },
            },
          },
          r: { initial: "x", states: { x: { on: { right: "y" } }, y: { id: "right" } } },
        },
      }, {
        guards: {
          above: ({ context }: Given, { n }: { n: number }) => context["n"] as number > n,
          even: ({ context }: Given) => context["n"] as number % 2 === 0,
        },
      }),
    steps: steps("inc", "go", "right", "go", "back", "inc", "inc", "go"),
  },
  {
    name: "dynamic params of guards and actions",
    system: true,
    make: () =>
      machine({
        context: { least: 3, seen: [] },
        on: {
          x: {
            guard: { type: "above", params: ({ context }: Given) => context["least"] },
            actions: { type: "note", params: ({ event }: Given) => ({ n: event["n"] }) },
          },
        },
      }, {
        guards: { above: ({ event }: Given, least: number) => event["n"] as number > least },
        actions: {
          note: assign(({ context }: Given, { n }: { n: number }) => ({
            seen: [...context["seen"] as number[], n],
            least: n,
          })),
        },
      }),
    steps: [3, 4, 4, 9].map((n) => send("x", { n })),
  },
  {
    name: "always: a chain, with guards that the chain itself opens",
    make: () =>
      machine({
        context: { n: 0 },
        initial: "a",
        states: {
          a: { on: { go: "b" } },
          b: {
            always: [
              { guard: ({ context }: Given) => context["n"] as number >= 3, target: "c" },
              { actions: add("n"), target: "b", reenter: true },
            ],
          },
          c: { entry: add("n"), always: "d" },
          d: { tags: "end" },
        },
      }),
    steps: steps("go"),
  },
  {
    name: "always comes before raised events, those before messages",
    make: () =>
      machine({
        context: {},
        initial: "a",
        states: {
          a: {
            on: { go: { target: "b", actions: [raise({ type: "r1" }), raise({ type: "r2" })] } },
          },
          b: { entry: raise({ type: "r3" }), always: "c" },
          c: { on: { r1: { actions: log("1") }, r2: { actions: log("2") }, r3: "d" } },
          d: { on: { r1: "a" } },
        },
      }),
    steps: steps("go", "go"),
  },
  {
    name: "always of the root, for ever open but without effect on the state",
    make: () =>
      machine({
        context: { n: 0, big: false },
        always: {
          guard: ({ context }: Given) => !context["big"] && context["n"] as number > 1,
          actions: assign({ big: true }),
        },
        on: { inc: { actions: add("n") } },
      }),
    steps: steps("inc", "inc", "inc"),
  },
  ...[undefined, {}, { actions: log("eaten") }].map((rule, i): Case => ({
    name: `a forbidden transition, way ${i}`,
    make: () =>
      machine({
        context: {},
        initial: "a",
        states: { a: { on: { x: rule, "*": { actions: log("other") } } } },
        on: { x: { actions: add("root") }, y: { actions: add("root") } },
      }),
    steps: steps("x", "y", "z"),
  })),
  {
    name: "wildcards: exact, partial and full, by depth",
    system: true,
    make: () =>
      machine({
        context: {},
        initial: "a",
        on: { "*": { actions: add("root") } },
        states: {
          a: {
            on: { "key.*": { actions: add("key") }, "key.down": { actions: add("down") } },
            initial: "b",
            states: { b: { on: { "key.up.*": { actions: add("up") } } } },
          },
        },
      }),
    steps: steps("key.up", "key.up.left", "key.down", "key", "key.else", "nothing"),
  },
  {
    name: "several targets at once, initial actions, tags and meta",
    make: () =>
      machine({
        context: {},
        initial: "off",
        states: {
          off: { tags: ["quiet"], on: { go: { target: ["on.l.b", "on.r.b"] }, plain: "on" } },
          on: {
            type: "parallel",
            tags: "loud",
            meta: { why: "because" },
            on: { off: "off" },
            states: {
              l: {
                initial: { target: "a", actions: add("l") },
                states: { a: {}, b: { tags: "lb" } },
              },
              r: { initial: "a", states: { a: { meta: { r: 1 } }, b: { tags: "rb" } } },
            },
          },
        },
      }),
    steps: steps("go", "off", "plain"),
  },
  {
    name: "done of a nested state goes up with its output",
    system: true,
    make: () =>
      machine({
        context: {},
        initial: "p",
        states: {
          p: {
            initial: "a",
            states: {
              a: { on: { x: "end" } },
              end: { type: "final", output: ({ event }: Given) => ({ by: event["by"] }) },
            },
            onDone: { target: "q", actions: put("got", (event) => event["output"]) },
          },
          q: {},
        },
      }),
    steps: [send("x", { by: 7 })],
  },
  {
    name: "the machine's output is made from context and the last event",
    make: () =>
      machine({
        context: { n: 1 },
        initial: "a",
        output: ({ context, event }: Given) => ({ n: context["n"], type: event.type }),
        states: { a: { on: { inc: { actions: add("n") }, end: "z" } }, z: { type: "final" } },
      }),
    steps: steps("inc", "end"),
  },
  {
    name: "final on the way: the always of a sibling goes first",
    make: () =>
      machine({
        initial: "a",
        states: {
          a: { on: { x: "b" } },
          b: { initial: "c", states: { c: { always: "d" }, d: { type: "final" } }, onDone: "e" },
          e: { entry: log("e"), always: "f" },
          f: { type: "final" },
        },
      }),
    steps: steps("x"),
  },
  {
    name: "input makes the first context",
    make: () =>
      machine({
        context: ({ input }: { input: { at: number } }) => ({ n: input.at }),
        on: { inc: { actions: add("n") } },
      }),
    input: { at: 41 },
    steps: steps("inc"),
  },
  {
    name: "values that JSON does not know stay what they are",
    make: () =>
      machine({
        context: {
          date: new Date(5),
          map: new Map([["a", new Set([1n])]]),
          none: undefined,
          nan: NaN,
          zero: -0,
          $: "own",
          error: new TypeError("kept"),
          bytes: new Uint8Array([1, 255]),
        },
        on: { x: { actions: add("n") } },
      }),
    steps: steps("x", "x"),
  },
  {
    name: "ids as targets, a machine id with a dot, state keys that look like numbers",
    make: () =>
      machine({
        id: "m.1",
        initial: "1",
        states: {
          1: { id: "one", on: { x: "2" } },
          2: { initial: "10", states: { 10: {}, 9: {} }, on: { x: "#one", y: ".9" } },
        },
      }),
    steps: steps("x", "y", "x", "x"),
  },
  {
    name: "an exception in an action ends a nested machine only by its own state",
    make: () =>
      machine({
        context: {},
        initial: "a",
        states: { a: { on: { ask: { actions: put("asked") } } } },
        on: { never: { actions: fail("never") } },
      }),
    steps: [ask("ask")],
  },
];
