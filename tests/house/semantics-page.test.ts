/** docs/semantics.md promises nothing without a proof. */
import { describe, expect, it } from "vitest";
import { readSources } from "./source.ts";

const sources = await readSources();
const page = sources.find(({ path }) => path === "docs/semantics.md")!.text;

/** The list items, each on one line. */
function promises(text: string): string[] {
  return text.split(/\n(?=- |\n)/).filter((part) => part.startsWith("- "))
    .map((item) => item.replaceAll(/\s+/g, " ").trim());
}

/** What is wrong with the proof at the end of `promise`; null when it holds. */
function fault(promise: string): string | null {
  const proof = /`(tests\/[^`]+)` "([^"]+)"$/.exec(promise);
  if (!proof) return `no proof at the end: ${promise}`;
  const [, path, title] = proof;
  const source = sources.find((one) => one.path === path);
  if (!source) return `there is no ${path}`;
  const quoted = [`"${title}"`, `\`${title}\``];
  return quoted.some((text) => source.text.includes(text)) ? null : `${path} has no "${title}"`;
}

describe("docs/semantics.md", () => {
  it("ends every promise with a test that exists", () => {
    const found = promises(page);
    expect(found.length).toBeGreaterThan(30);
    expect(found.map(fault).filter((one) => one !== null)).toEqual([]);
  });

  it("would be told of a promise without one", () => {
    expect(fault("- All is well.")).toMatch(/no proof/);
    expect(fault('- It is. `tests/none.test.ts` "x"')).toMatch(/there is no/);
    expect(fault(
      '- It is. `tests/house/semantics-page.test.ts` "no such" ' +
        '`tests/house/tally.test.ts` "none of this name"',
    )).toMatch(/has no/);
  });
});
