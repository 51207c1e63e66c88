import { describe, expect, test } from "vitest";
import { definitions } from "../../bench/definitions.ts";
import {
  type Figure,
  isMet,
  median,
  percentile,
  ratio,
  toJson,
  toTable,
} from "../../bench/figures.ts";
import { partsOf, workloads } from "../../bench/parts.ts";

const figure: Figure = {
  name: "W2.p50",
  unit: "ms",
  runs: [3, 1, 2],
  limit: { name: "L1 + L3", runs: [0.5, 0.5, 0.25] },
  target: { most: 1.5 },
  without: "agents that ask agents",
};

describe("figures", () => {
  test("median() takes the middle, of two the mean, and leaves the order alone", () => {
    const values = [9, 1, 5];
    expect([median(values), median([4, 1, 3, 2]), median([7])]).toEqual([5, 2.5, 7]);
    expect(values).toEqual([9, 1, 5]);
  });

  test("percentile() is the nearest rank", () => {
    const values = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect([0, 0.5, 0.99, 1].map((p) => percentile(values, p))).toEqual([1, 50, 99, 100]);
    expect(percentile([2], 0.99)).toBe(2);
  });

  test("ratio() divides run by run", () => {
    expect(ratio(figure)).toEqual({ median: 6, min: 2, max: 8 });
    expect(ratio({ ...figure, limit: null })).toBeNull();
  });

  test("ratio() divides the medians where there are not as many runs", () => {
    const limit = { name: "L1", runs: [0.5, 4] };
    expect(ratio({ ...figure, limit })).toEqual({ median: 2 / 2.25, min: 2 / 2.25, max: 2 / 2.25 });
  });

  test("isMet() judges the ratio, without a limit the value, without a target nothing", () => {
    const isMetBy = (target: Figure["target"], limit = figure.limit) =>
      isMet({ ...figure, target, limit });
    expect([isMetBy({ most: 6 }), isMetBy({ most: 5.9 })]).toEqual([true, false]);
    expect([isMetBy({ least: 6 }), isMetBy({ least: 6.1 })]).toEqual([true, false]);
    expect([isMetBy({ most: 2 }, null), isMetBy({ most: 1 }, null)]).toEqual([true, false]);
    expect(isMetBy(null)).toBeNull();
  });

  test("toJson() is one line with everything", () => {
    expect(JSON.parse(toJson(figure))).toEqual({
      name: "W2.p50",
      unit: "ms",
      median: 2,
      min: 1,
      max: 3,
      runs: [3, 1, 2],
      limit: "L1 + L3",
      ratio: { median: 6, min: 2, max: 8 },
      target: { most: 1.5 },
      met: false,
      without: "agents that ask agents",
    });
    expect(toJson(figure)).not.toContain("\n");
  });

  test("toTable() shows spread, ratio, target and what is left out", () => {
    const [head, line, , , note] = toTable([figure, { ...figure, name: "W2.p99" }]).split("\n");
    expect(head!.split(/\s{2,}/)).toEqual(
      ["figure", "unit", "median", "min", "max", "runs", "of the limit", "spread", "wanted", "met"],
    );
    expect(line!.split(/\s{2,}/)).toEqual(
      ["W2.p50", "ms", "2.00", "1.00", "3.00", "3", "6.00 × L1 + L3", "2.00–8.00", "≤ 1.5", "no"],
    );
    expect(note).toBe("W2.p50, W2.p99: without agents that ask agents.");
  });

  test("every limit of a definition is a figure that is measured too", () => {
    const names = definitions.map(({ name }) => name);
    const missing = definitions.flatMap(({ limit }) => limit ?? [])
      .filter((name) => !names.includes(name));
    expect(missing).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });

  test("parts come once each, with what they are compared with", () => {
    expect(partsOf(["recovery", "one-way"]).map(({ name }) => name)).toEqual(
      ["limits", "one-way.inProcess", "one-way.http", "recovery"],
    );
    expect(partsOf(Object.keys(workloads)).map(({ name }) => name)[0]).toBe("limits");
  });
});
