/** Parallel states and history. */
import { log, raise, stateIn } from "xstate";
import { type Case, type Given, machine, send } from "../case.ts";
import { add, put } from "./parts.ts";

const steps = (...types: string[]) => types.map((type) => send(type));
const region = (event: string, extra: object = {}) => ({
  initial: "a",
  states: {
    a: { entry: log(`${event} a`), exit: log(`${event} a out`), on: { [event]: "b" } },
    b: { entry: log(`${event} b`), exit: log(`${event} b out`), on: { [event]: "a" } },
    ...extra,
  },
});

const kinds = ["shallow", "deep"] as const;
const inner = {
  a: { on: { n: "b" } },
  b: { initial: "x", states: { x: { on: { n: "y" } }, y: { entry: log("y") } } },
};
const around = ["n", "n", "off", "on", "n", "off", "on", "off", "first"];

const histories = kinds.flatMap((history): Case[] => [
  {
    name: `${history} history`,
    system: true,
    make: () =>
      machine({
        initial: "on",
        states: {
          on: {
            initial: "a",
            on: { off: "off" },
            states: { ...inner, h: { type: "history", history } },
          },
          off: { on: { on: "on.h", first: "on" } },
        },
      }),
    steps: steps(...around),
  },
  {
    name: `${history} history never visited, with a default`,
    make: () =>
      machine({
        initial: "off",
        states: {
          off: { on: { on: "on.h" } },
          on: {
            initial: "a",
            on: { off: "off" },
            states: { ...inner, h: { type: "history", history, target: "b" } },
          },
        },
      }),
    steps: steps("on", "n", "off", "on"),
  },
  {
    name: `${history} history never visited, without a default`,
    make: () =>
      machine({
        initial: "off",
        states: {
          off: { on: { on: "on.h" } },
          on: {
            initial: "a",
            on: { off: "off" },
            states: { ...inner, h: { type: "history", history } },
          },
        },
      }),
    steps: steps("on", "n", "n", "off", "on"),
  },
  {
    name: `${history} history of parallel regions`,
    make: () =>
      machine({
        id: "with.dots",
        initial: "p",
        states: {
          p: {
            type: "parallel",
            on: { off: "off" },
            states: { l: region("l"), r: region("r"), h: { type: "history", history } },
          },
          off: { on: { on: "p.h" } },
        },
      }),
    steps: steps("l", "off", "on", "r", "off", "on", "l", "off", "on"),
  },
  {
    name: `${history} history inside each region`,
    make: () => {
      const part = (key: string) => ({
        initial: "live",
        states: {
          live: {
            initial: "a",
            on: { [`${key}.off`]: "dead" },
            states: { ...inner, h: { type: "history", history } },
          },
          dead: { on: { [`${key}.on`]: "live.h" } },
        },
      });
      return machine({ type: "parallel", states: { l: part("l"), r: part("r") } });
    },
    steps: steps("n", "l.off", "n", "l.on", "r.off", "n", "r.on", "l.off", "r.off", "r.on", "l.on"),
  },
]);

export const regions: Case[] = [
  ...histories,
  {
    name: "regions take the same event each, one after the other",
    make: () =>
      machine({ type: "parallel", states: { l: region("x"), m: region("x"), r: region("y") } }),
    steps: steps("x", "y", "x", "y"),
  },
  {
    name: "the order of regions after transitions is state",
    system: true,
    make: () => {
      const part = (key: string) => ({
        initial: "a",
        states: {
          a: { on: { [key]: "b" } },
          b: {
            always: {
              guard: ({ context }: Given) => context["go"],
              target: "c",
              actions: log(key),
            },
          },
          c: {},
        },
      });
      return machine({
        context: {},
        type: "parallel",
        states: { x: part("x"), y: part("y"), z: part("z") },
        on: { go: { actions: add("go") } },
      });
    },
    steps: steps("y", "z", "x", "go"),
  },
  {
    name: "done when all regions are, output by region",
    system: true,
    make: () => {
      const part = (event: string) => region(event, { end: { type: "final", output: event } });
      return machine({
        context: {},
        initial: "p",
        states: {
          p: {
            type: "parallel",
            states: {
              l: { ...part("l"), on: { "l.end": ".end" }, onDone: { actions: log("l done") } },
              r: { ...part("r"), on: { "r.end": ".end" } },
            },
            onDone: { target: "end", actions: put("out", (event) => event["output"]) },
          },
          end: {},
        },
      });
    },
    steps: steps("l", "r.end", "l.end"),
  },
  {
    name: "a region leaves the whole, another one's transition is dropped",
    make: () =>
      machine({
        initial: "p",
        states: {
          p: {
            type: "parallel",
            states: {
              l: { initial: "a", states: { a: { on: { x: "#out" } } } },
              r: { initial: "a", states: { a: { on: { x: "b" }, exit: log("r a out") }, b: {} } },
            },
          },
          out: { id: "out", on: { x: "p" } },
        },
      }),
    steps: steps("x", "x", "x"),
  },
  {
    name: "regions inside regions",
    system: true,
    make: () =>
      machine({
        type: "parallel",
        states: {
          o: { type: "parallel", states: { l: region("l"), r: region("r") } },
          u: {
            initial: "q",
            states: {
              q: { on: { u: "p" } },
              p: { type: "parallel", states: { s: region("l"), t: region("u") } },
            },
          },
        },
      }),
    steps: steps("r", "u", "l", "u", "r", "l"),
  },
  {
    name: "stateIn looks at the other region, raised events cross over",
    make: () =>
      machine({
        type: "parallel",
        states: {
          l: {
            initial: "a",
            states: {
              a: { on: { x: { target: "b", actions: raise({ type: "y" }) } } },
              b: { id: "lb" },
            },
          },
          r: {
            initial: "a",
            states: { a: { on: { y: { guard: stateIn("#lb"), target: "b" } } }, b: {} },
          },
        },
      }),
    steps: steps("y", "x"),
  },
  {
    name: "reentering a region among others",
    make: () => {
      const { states, ...rest } = region("x");
      return machine({
        type: "parallel",
        states: {
          l: { ...rest, states, on: { again: { target: "l", reenter: true } } },
          r: region("y"),
        },
      });
    },
    steps: steps("x", "y", "again", "x"),
  },
  {
    name: "a transition of the parallel state to one region's state",
    make: () =>
      machine({
        initial: "p",
        states: {
          p: {
            type: "parallel",
            states: { l: region("l"), r: region("r") },
            on: { set: ".r.b", reset: { target: ".r.b", reenter: true } },
          },
        },
      }),
    steps: steps("l", "set", "reset", "r", "l"),
  },
];
