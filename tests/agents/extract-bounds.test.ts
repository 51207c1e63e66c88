/** What must hold for any text: nothing dropped, same answer, bounded time and size. */
import process from "node:process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { extract } from "../../agents/reader/extract/extract.ts";
import { type Block, oneLine } from "../../agents/reader/extract/parts.ts";
import { cut, toPassages } from "../../agents/reader/extract/passages.ts";

const squeeze = (text: string) => text.replace(/\s+/gu, "");

describe("passages", () => {
  const word = fc.oneof(
    fc.stringMatching(/^[a-z]{1,12}$/),
    fc.constantFrom("日本語。", "👩‍👩‍👧‍👦", "é", "end. ", "\n", "\n\n", "x".repeat(1_500)),
  );
  const text = fc.array(word, { maxLength: 120 }).map((words) => words.join(" "));
  const block = fc.oneof(
    fc.record({
      type: fc.constant("heading" as const),
      depth: fc.integer({ min: 1, max: 6 }),
      text,
    }),
    fc.record({ type: fc.constantFrom("prose" as const, "other" as const), text }),
  );

  it("hold every character of every block, at most 1,200 each", () => {
    fc.assert(
      fc.property(
        fc.array(block, { maxLength: 12 }),
        fc.constantFrom(100, 400),
        (blocks, small) => {
          const passages = toPassages(blocks as Block[], small);
          const told = squeeze(passages.map((p) => [...p.headings, p.text].join(" ")).join(" "));
          for (const { type, text } of blocks) {
            const pieces = cut(type === "heading" ? oneLine(text) : text);
            for (const piece of pieces) expect(told).toContain(squeeze(piece));
            expect(squeeze(pieces.join(""))).toBe(squeeze(text));
          }
          for (const passage of passages) {
            expect(passage.text.trim()).not.toBe("");
            expect(passage.text.length).toBeLessThanOrEqual(1_200);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it("cut at sentences rather than in the middle, and never in the middle of a character", () => {
    const sentence = "A sentence of some length stands here to be counted. ";
    const pieces = cut(sentence.repeat(60));
    expect(pieces.every((piece) => piece.endsWith("."))).toBe(true);
    expect(pieces.every((piece) => piece.length > 600)).toBe(true);
    const family = "👩‍👩‍👧‍👦";
    for (const piece of cut(family.repeat(400))) {
      expect(piece.startsWith(family) && piece.endsWith(family)).toBe(true);
    }
  });
});

describe("any text", () => {
  it("gives a document or a reason, the same each time", () => {
    const ending = fc.constantFrom("md", "html", "json", "csv", "txt");
    const text = fc.oneof(
      fc.string({ unit: "binary", maxLength: 2_000 }),
      fc.array(fc.constantFrom(..."#*_`[](){}<>!&|\\-=\"',;:\n\t ab1".split("")), {
        maxLength: 2_000,
      }).map((characters) => characters.join("")),
    );
    fc.assert(
      fc.property(ending, text, (ending, text) => {
        const source = { path: `/in/x.${ending}`, hash: "0".repeat(64), text };
        const first = extract(source);
        expect(extract(source)).toEqual(first);
        if (first.ok) {
          expect(first.document.title).not.toBe("");
          for (const date of first.document.dates) expect(date).toMatch(/^\d{4}-\d\d-\d\d$/u);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("reads BOM, CRLF and an empty file", () => {
    const read = extract({ path: "a.md", hash: "", text: "\ufeff# One\r\n\r\ntwo\r\n" });
    expect(read).toMatchObject({
      document: { title: "One", passages: [{ headings: ["One"], text: "two" }] },
    });
    for (const ending of ["md", "html", "json", "csv", "txt"]) {
      const empty = extract({ path: `/in/empty.${ending}`, hash: "", text: "" });
      expect(empty).toMatchObject({ ok: true, document: { title: "empty", passages: [] } });
    }
  });

  it("refuses what is too large to be sent, by its size", () => {
    const read = extract({ path: "a.txt", hash: "", text: "words ".repeat(180_000) });
    expect(read).toMatchObject({ ok: false, code: "file_too_large" });
  });
});

describe("pathological text ends in bounded time", () => {
  const deepest = 100_000;
  const cases: Record<string, string> = {
    "brackets.md": "[".repeat(deepest),
    "brackets.json": "[".repeat(deepest) + "]".repeat(deepest),
    "objects.json": '{"a":'.repeat(deepest) + "1" + "}".repeat(deepest),
    "unclosed.json": "[".repeat(deepest),
    "stars.md": "*".repeat(1024 * 1024),
    "emphasis.md": "a*".repeat(300_000),
    "emphasis-paragraphs.md": ("a*".repeat(450) + "\n\n").repeat(600),
    "quotes.md": "> ".repeat(50_000) + "a",
    "nested-list.md": Array.from({ length: 1_200 }, (_, i) => `${" ".repeat(i)}- a`).join("\n"),
    "numbered.md": "1. ".repeat(200_000) + "x",
    "links.md": "![](".repeat(100_000),
    "table.md": "|a|b|\n|-|-|\n" + "|x|y|\n".repeat(50_000),
    "underlined.md": "a\n=\n".repeat(60_000),
    "definitions.md": "[a]: b\n".repeat(50_000),
    "line.txt": "x".repeat(1024 * 1024),
    "marks.txt": "e" + "\u0301".repeat(500_000),
    "urls.txt": "http://a(".repeat(80_000),
    "years.txt": "2024 ".repeat(150_000),
    "divs.html": "<div>".repeat(150_000),
    "ends.html": "<a>".repeat(60_000) + "</b>".repeat(60_000),
    "navs.html": "<nav>".repeat(deepest) + "</nav>",
    "angle.html": "<".repeat(1024 * 1024),
    "quotes.csv": '"'.repeat(1024 * 1024),
    "commas.csv": ",".repeat(1024 * 1024),
  };
  for (const [name, text] of Object.entries(cases)) {
    it(name, () => {
      // Of the processor: how much of it others get does not count.
      const before = process.cpuUsage();
      extract({ path: `/in/${name}`, hash: "", text });
      const { user, system } = process.cpuUsage(before);
      expect((user + system) / 1_000).toBeLessThan(5_000);
    });
  }
});
