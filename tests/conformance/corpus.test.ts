/** The conformance corpus: XState itself, turns, turns from JSON, turns with runs lost. */
import { describe, expect, it } from "vitest";
import { conform } from "./conform.ts";
import { allCases, corpus } from "./corpus/index.ts";

describe("the corpus", () => {
  it("has 120 machines and more, each by a name of its own, a third for the real system", () => {
    expect(allCases.length).toBeGreaterThanOrEqual(120);
    expect(new Set(allCases.map(({ name }) => name)).size).toBe(allCases.length);
    expect(allCases.filter(({ system }) => system).length * 3).toBeGreaterThanOrEqual(120);
  });
});

describe.each(Object.entries(corpus))("%s", (_, cases) => {
  it.each(cases)("$name", ({ make, steps, ...options }) => conform(make, steps, options));
});
