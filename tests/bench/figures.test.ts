import { describe, expect, test } from "vitest";
import { definitions } from "../../bench/definitions.ts";
import { type Figure, median, percentile, ratio, toJson, toTable } from "../../bench/figures.ts";

const figure: Figure = {
  name: "W2.p50",
  unit: "ms",
  runs: [3, 1, 2],
  limit: { name: "L1 + L3", value: 0.5 },
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

  test("ratio() divides the median by the limit", () => {
    expect(ratio(figure)).toBe(4);
    expect(ratio({ ...figure, limit: null })).toBeNull();
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
      ratio: 4,
      without: "agents that ask agents",
    });
    expect(toJson(figure)).not.toContain("\n");
  });

  test("toTable() shows spread, ratio and what is left out", () => {
    const [head, line, , , note] = toTable([figure, { ...figure, name: "W2.p99" }]).split("\n");
    expect(head).toMatch(/^figure\s+unit\s+median\s+min\s+max\s+of the limit$/);
    expect(line).toMatch(/^W2\.p50\s+ms\s+2\.00\s+1\.00\s+3\.00\s+4\.00 × L1 \+ L3$/);
    expect(note).toBe("W2.p50, W2.p99: without agents that ask agents.");
  });

  test("every limit of a definition is a figure that is measured too", () => {
    const names = definitions.map(({ name }) => name);
    const missing = definitions.flatMap(({ limit }) => limit ?? [])
      .filter((name) => !names.includes(name));
    expect(missing).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });
});
