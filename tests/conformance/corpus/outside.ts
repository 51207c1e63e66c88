/** Logic that runs outside the turn: promises, callbacks, observables; in four ways to start it. */
import {
  assign,
  type EventObject,
  fromCallback,
  fromEventObservable,
  fromObservable,
  fromPromise,
  sendTo,
  spawnChild,
} from "xstate";
import { type Case, type Given, machine, send, settle } from "../case.ts";
import { add, broken, counting, failure, output, put, saying, twice } from "./parts.ts";

type Spawn = { spawn(src: string, options: object): unknown };
const heard = {
  "xstate.done.actor.w": { actions: put("done", output) },
  "xstate.error.actor.w": { actions: put("error", failure) },
  "xstate.snapshot.w": { actions: add("snapshots") },
  back: { actions: put("back", (event) => event["data"]) },
  to: { actions: sendTo("w", ({ event }) => event) },
};
const go = { n: 21 };

/** Each way starts the logic `w` when "go" comes. */
const ways: [string, (logic: unknown) => object][] = [
  ["invoked", (w) =>
    machine({
      context: {},
      initial: "idle",
      states: {
        idle: { on: { go: "busy" } },
        busy: {
          invoke: {
            src: "w",
            id: "w",
            input: ({ event }: Given) => ({ n: event["n"] }),
            onDone: { target: "idle", actions: put("done", output) },
            onError: { target: "idle", actions: put("error", failure) },
          },
          on: { leave: "idle" },
        },
      },
      on: { back: heard.back, to: heard.to },
    }, { actors: { w } })],
  ["spawned by an action", (w) =>
    machine({
      context: {},
      on: { ...heard, go: { actions: spawnChild("w", { id: "w", input: go as never }) } },
    }, { actors: { w } })],
  ["spawned in assign", (w) =>
    machine({
      context: {},
      on: {
        ...heard,
        go: {
          actions: assign(({ spawn }: Spawn) => ({ ref: spawn("w", { id: "w", input: go }) })),
        },
      },
    }, { actors: { w } })],
  ["of a nested machine", (w) =>
    machine({
      context: {},
      invoke: { src: "inner", id: "inner", onDone: { actions: put("inner", output) } },
      on: { go: { actions: sendTo("inner", ({ event }) => event) } },
    }, {
      actors: {
        inner: machine({
          context: {},
          initial: "idle",
          output: ({ context }: Given) => context,
          states: {
            idle: { on: { go: "busy" } },
            busy: {
              invoke: {
                src: "w",
                id: "w",
                input: ({ event }: Given) => ({ n: event["n"] }),
                onDone: { target: "z", actions: put("done", output) },
                onError: { target: "z", actions: put("error", failure) },
              },
            },
            z: { type: "final" },
          },
          on: { back: heard.back },
        }, { actors: { w } }),
      },
    })],
];

interface Kind {
  what: string;
  logic: () => unknown;
  more?: Partial<Case>;
}

const odd = {
  date: new Date(5),
  map: new Map<unknown, unknown>([["a", new Set([1, NaN])]]),
  big: 2n ** 70n,
  none: undefined,
  numbers: [Infinity, -0],
};

const kinds: Kind[] = [
  { what: "a promise", logic: twice, more: { system: true } },
  { what: "a promise that fails", logic: broken, more: { system: true } },
  { what: "a promise of odd values", logic: () => fromPromise(() => Promise.resolve(odd)) },
  {
    what: "a promise that fails with plain data",
    logic: () => fromPromise(() => Promise.reject({ code: "no", at: 3 })),
  },
  {
    what: "a promise that emits",
    logic: () =>
      fromPromise(({ emit }) => {
        emit({ type: "e.on" } as never);
        return Promise.resolve(1);
      }),
    more: { traces: false, repeats: true },
  },
  {
    what: "a callback that answers",
    logic: () =>
      fromCallback(({ sendBack, receive }) => {
        receive((event) =>
          sendBack({ type: "back", data: (event as EventObject & { n: number }).n })
        );
      }),
    more: { traces: false, steps: [send("go", go), settle, send("to", { n: 4 }), settle] },
  },
  {
    what: "a callback that speaks first",
    logic: () => fromCallback(({ sendBack, input }) => sendBack({ type: "back", data: input })),
    more: { traces: false, repeats: true },
  },
  {
    what: "a callback that throws",
    logic: () =>
      fromCallback(() => {
        throw new SyntaxError("no");
      }),
    more: { traces: false },
  },
  { what: "an observable", logic: () => counting(3), more: { repeats: true, traces: false } },
  {
    what: "an observable that fails",
    logic: () =>
      fromObservable(() =>
        saying((listener) => {
          listener.next?.(1);
          listener.error?.(new Error("dry"));
        })
      ),
    more: { repeats: true, traces: false },
  },
  {
    what: "an event observable",
    logic: () =>
      fromEventObservable(() =>
        saying((listener) => {
          listener.next?.({ type: "back", data: 9 });
          listener.complete?.();
        })
      ),
    more: { repeats: true, traces: false },
  },
];

/** What "answers" needs the root's own `to`, which the nested one does not have. */
const fits = (way: string, { what }: Kind) =>
  way !== "of a nested machine" || !what.includes("answers");

export const outside: Case[] = kinds.flatMap((kind) =>
  ways.filter(([way]) => fits(way, kind)).map(([way, make]): Case => ({
    name: `${kind.what}, ${way}`,
    make: () => make(kind.logic()),
    steps: [send("go", go), settle],
    ...kind.more,
  }))
);

outside.push({
  name: "a promise left before it is done says nothing",
  make: () => ways[0]![1](twice()),
  steps: [send("go", go), send("leave"), settle, send("go", { n: 2 }), settle],
});
