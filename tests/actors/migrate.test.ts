/** What `migrate` may give back, and which states a changed machine can still take (R13). */
import { describe, expect, it } from "vitest";
import { createMachine } from "xstate";
import { fitStored } from "../../src/actors/migrate.ts";
import type { MigrationState } from "../../src/actors/run-migrate.ts";
import { Session } from "../../src/actors/session.ts";
import type { InnerMachine } from "../../src/actors/xstate-inner.ts";
import { defaultLimits } from "../../src/limits.ts";

function machine(config: Record<string, unknown>): InnerMachine {
  return createMachine({ id: "m", context: { n: 1 }, ...config }) as unknown as InnerMachine;
}

const optionsOf = (it: InnerMachine) => (
  { machine: it, system: new Set<string>(), limits: defaultLimits }
);
const stateOf = (it: InnerMachine) => Session.begin(optionsOf(it), undefined, 0).close().text;

/** What a machine of now makes of it: its value, or why not. */
function fit(text: string, now: InnerMachine): unknown {
  try {
    const stored = fitStored(text, 1, { machine: now, version: 1, migrate: null });
    return Session.restore(optionsOf(now), stored).snapshot.value;
  } catch (error) {
    return (error as Error).message;
  }
}

describe("migrate", () => {
  const old = machine({ initial: "a", states: { a: { after: { 1000: "b" } }, b: {} } });
  const text = stateOf(old);
  const migrate = (by: (state: MigrationState) => unknown) =>
    fitStored(text, 1, { machine: old, version: 2, migrate: by as never });
  const cycle: Record<string, unknown> = {};
  cycle["self"] = cycle;

  it.each<[string, (state: MigrationState) => unknown, RegExp]>([
    ["nothing", () => undefined, /gave back no state/],
    ["null", () => null, /gave back no state/],
    ["a number", () => 7, /gave back no state/],
    ["a promise", (s) => Promise.resolve(s), /a promise/],
    ["no value", ({ value: _, ...rest }) => rest, /no state value/],
    ["a number for a value", (s) => ({ ...s, value: 7 }), /no state value/],
    ["a list for a value", (s) => ({ ...s, value: ["a"] }), /no state value/],
    ["an empty value", (s) => ({ ...s, value: {} }), /the one state inside the machine/],
    ["two values", (s) => ({ ...s, value: { a: {}, b: {} } }), /the one state inside/],
    ["a state that is not there", (s) => ({ ...s, value: "z" }), /state "z"/],
    ["no context", ({ context: _, ...rest }) => rest, /no context/],
    ["null for a context", (s) => ({ ...s, context: null }), /no context/],
    ["a list for a context", (s) => ({ ...s, context: [1] }), /no context/],
    ["the context alone", ({ context }) => context, /no state value/],
    ["a function", (s) => ({ ...s, context: { f: () => 1 } }), /cannot be stored: context\.f/],
    ["a cycle", (s) => ({ ...s, context: cycle }), /cannot be stored: context\.self/],
    ["no history", ({ history: _, ...rest }) => rest, /no history/],
    ["bad history", (s) => ({ ...s, history: { h: 7 } }), /no history/],
    ["no children", ({ children: _, ...rest }) => rest, /no children/],
    ["a new child", (s) => ({ ...s, children: { x: { src: "y" } } }), /child "x".*not there/],
    ["a throw", () => {
      throw new RangeError("planted");
    }, /migrate\(state, 1\) threw RangeError: planted/],
  ])("that gives back %s is refused", (_, by, why) => {
    const call = () => migrate(by);
    expect(call).toThrow(why);
    expect(call).toThrow(expect.objectContaining({ code: "definition_changed" }));
  });

  it("may change what it is given; delays of states that are left end", () => {
    const stay = migrate((state) => {
      state.context["n"] = 5;
      return state;
    });
    expect([stay.root.context, stay.timers.length]).toEqual([{ n: 5 }, 1]);
    const left = migrate((state) => ({ ...state, value: "b" }));
    expect([left.root.value, left.timers]).toEqual(["b", []]);
  });
});

describe("a state that the machine of now would only half take", () => {
  const flat = machine({ initial: "a", states: { a: {} } });
  const regions = (...names: string[]) =>
    machine({
      type: "parallel",
      states: Object.fromEntries(names.map((name) => [name, { initial: "x", states: { x: {} } }])),
    });

  it("is refused, naming what is not said", () => {
    const nested = machine({ initial: "a", states: { a: { initial: "x", states: { x: {} } } } });
    expect(fit(stateOf(flat), nested)).toMatch(/the one state inside "a"/);
    expect(fit(stateOf(nested), flat)).toMatch(/state "a\.x"/);
    expect(fit(stateOf(regions("p")), regions("p", "q"))).toMatch(/state "q" of the stored value/);
  });

  it("is taken when all is there; a history state is no region", () => {
    const more = machine({ initial: "b", states: { a: {}, b: {} } });
    expect(fit(stateOf(flat), more)).toBe("a");
    const remembering = machine({
      type: "parallel",
      states: { p: { initial: "x", states: { x: {} } }, back: { type: "history" } },
    });
    expect(fit(stateOf(regions("p")), remembering)).toEqual({ p: "x" });
  });
});
