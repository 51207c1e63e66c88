/** OTP's suite: what child specs and supervisor flags may say. */
import { describe, expect, it } from "vitest";
import { parseSwarm } from "../../src/swarm.ts";
import { agent, type Child, supervisor } from "./otp.ts";

describe("specs", () => {
  const read = (children: unknown, more = {}) =>
    parseSwarm({ kinds: { probe: "./probe.ts" }, children, ...more }, "test");
  const refusal = (children: unknown, more = {}) => {
    try {
      read(children, more);
      return "accepted";
    } catch (thrown) {
      return (thrown as { code: string; message: string }).code;
    }
  };

  it("sup_start_map, sup_start_map_simple: the defaults are OTP's where it has them", () => {
    const { children } = read([
      { type: "agent", id: "a", agent: "probe" },
      { type: "agent", id: "b", agent: "probe", shutdownMs: "brutal" },
      { type: "supervisor", id: "c", children: [] },
      { type: "dynamic", id: "d" },
    ]);
    expect(children.map((child) => [(child as { restart: string }).restart, child.shutdownMs]))
      .toEqual([
        ["permanent", 5_000],
        ["permanent", "brutal"],
        ["permanent", "infinity"],
        ["transient", 5_000],
      ]);
    expect(children.every(({ significant }) => !significant)).toBe(true);
  });

  it.each<[string, unknown]>([
    ["no name", { type: "agent", agent: "probe" }],
    ["no kind", { type: "agent", id: "a" }],
    ["an unknown kind", { type: "agent", id: "a", agent: "other" }],
    ["an unknown key", { type: "agent", id: "a", agent: "probe", silly: true }],
    ["no spec at all", "a"],
    ["a restart type that does not exist", { ...agent("a"), restart: "sometimes" }],
    ["a negative shutdownMs", { ...agent("a"), shutdownMs: -1 }],
    ["a shutdownMs in words", { ...agent("a"), shutdownMs: "soon" }],
    ["two children of one name", supervisor("g", [agent("a"), agent("a")])],
    ["a type that does not exist", { ...agent("a"), type: "worker" }],
    ["a name that is no name", { ...agent("a b") }],
    ["a significant child that is permanent", {
      ...supervisor("g", [{ ...agent("a"), significant: true }]),
      autoShutdown: "anySignificant",
    }],
    ["a significant child where autoShutdown is never", {
      ...supervisor("g", [agent("a", { significant: true, restart: "transient" })]),
    }],
  ])("child_specs, child_specs_map, sup_start_map_faulty_specs: refuses %s", (_what, spec) => {
    expect(refusal([spec])).toBe("bad_swarm");
  });

  it.each<[string, Record<string, unknown>]>([
    ["a strategy that does not exist", { strategy: "simple_one_for_one" }],
    ["a negative intensity", { intensity: -1 }],
    ["an intensity in words", { intensity: "five" }],
    ["a period of nothing", { periodMs: 0 }],
    ["an autoShutdown that does not exist", { autoShutdown: "false" }],
    ["an unknown flag", { silly: 1 }],
  ])("sup_flags, sup_start_error_return: refuses %s", (_what, flags) => {
    expect(refusal([{ ...supervisor("g", []), ...flags }])).toBe("bad_swarm");
  });

  it("significant_simple: a dynamic supervisor has no autoShutdown", () => {
    const pool = { type: "dynamic", id: "pool" };
    expect(refusal([{ ...pool, autoShutdown: "anySignificant" }])).toBe("bad_swarm");
    expect(refusal([pool])).toBe("accepted");
  });

  it("backoff_defeats_intensity: a limit that could never be reached is refused", () => {
    const slow: Partial<Extract<Child, { type: "supervisor" }>> = { intensity: 4, backoffMs: 100 };
    const at = (periodMs: number) =>
      refusal([supervisor("g", [], { ...slow, backoffMaxMs: 10_000, periodMs })]);
    // 100 + 200 + 400 + 800
    expect([at(1_500), at(1_499)]).toEqual(["accepted", "backoff_defeats_intensity"]);
    expect(refusal([], { intensity: 5, periodMs: 1_000 })).toBe("backoff_defeats_intensity");
    expect(refusal([{ type: "dynamic", id: "pool", periodMs: 1_000 }])).toBe(
      "backoff_defeats_intensity",
    );
  });
});
