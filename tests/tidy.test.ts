/**
 * The house rules as executable checks (CONTRIBUTING.md). Each rule proves on planted files that it
 * finds what it is for, and nothing beside it.
 */
import { describe, expect, test } from "vitest";
import { importRules } from "./house/import-rules.ts";
import { layoutRules, nameRules } from "./house/layout-rules.ts";
import { isCode, readCode, readSources, type Rule, type SourceFile } from "./house/source.ts";
import { textRules, wordRules } from "./house/word-rules.ts";

const sources = await readSources();
const codes = sources.filter(({ path }) => isCode(path)).map(readCode);

/** `path:line` of every finding. */
function places(violations: readonly string[]): string[] {
  return violations.map((violation) => violation.split(" ", 1)[0]!);
}

function plantedPlaces(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, text }) =>
    text.split("\n").flatMap((line, index) =>
      line.includes("PLANTED") ? [`${path}:${index + 1}`] : []
    )
  );
}

function holds<File extends SourceFile>(
  rule: Rule<File>,
  files: readonly File[],
  read: (file: SourceFile) => File,
): void {
  describe(rule.name, () => {
    test("holds", () => expect(rule.find(files)).toEqual([]));
    test("finds planted violations and no others", () => {
      const found = places(rule.find(rule.planted.map(read)));
      const wanted = plantedPlaces(rule.planted);
      expect(wanted).not.toEqual([]);
      expect([...new Set(found)].sort()).toEqual(wanted.sort());
    });
  });
}

for (const rule of [...layoutRules, ...wordRules, ...importRules]) holds(rule, codes, readCode);
for (const rule of [...nameRules, ...textRules]) holds(rule, sources, (file) => file);

test("the rules read the whole checkout", () => {
  expect(codes.map(({ path }) => path)).toEqual(
    expect.arrayContaining(["src/clock.ts", "scripts/run.mjs", "tests/tidy.test.ts"]),
  );
});
