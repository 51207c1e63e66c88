/** Golden facts: what a person would say stands in these files, by format. */
import { describe, expect, it } from "vitest";
import { type Document, extract } from "../../agents/reader/extract/extract.ts";

function read(path: string, text: string): Document {
  const read = extract({ path, hash: "ab".repeat(32), text });
  if (!read.ok) throw new Error(read.message);
  return read.document;
}

const outline = (document: Document) =>
  document.passages.map((passage) => [passage.headings.join(" > "), passage.text]);

describe("Markdown", () => {
  it("tells headings, tables, code, links and dates", () => {
    const document = read(
      "/in/guide.md",
      `---
title: "A guide"
date: 2024-03-09
---
# Guide to transactions

Open a transaction with \`begin\` and close it with [commit](docs/commit.md). A transaction that is
never closed holds its lock until the process ends, so close it even when an error is thrown.

## Options

| name | default |
| --- | --- |
| timeoutMs | 500 |

\`\`\`sql
BEGIN;
COMMIT;
\`\`\`

Written on March 3, 2021; see https://example.org/a(b)?c=1. Changed 2022-12-31.

<p align="center"><img alt="The logo"><a href="mailto:a@b.org">write</a></p>

[ref]: https://example.org/ref
`,
    );
    expect(document.title).toBe("A guide");
    expect(document.format).toBe("markdown");
    expect(document.dates).toEqual(["2024-03-09", "2021-03-03", "2022-12-31"]);
    expect(document.links).toEqual([
      "docs/commit.md",
      "mailto:a@b.org",
      "https://example.org/ref",
      "https://example.org/a(b)?c=1",
    ]);
    const [, guide, options] = outline(document);
    expect(guide![0]).toBe("Guide to transactions");
    expect(guide![1]).toContain("Open a transaction with begin and close it with commit.");
    expect(options![0]).toBe("Guide to transactions > Options");
    expect(options![1]).toContain("name | default\ntimeoutMs | 500");
    expect(options![1]).toContain("BEGIN;\nCOMMIT;");
    expect(options![1]).toContain("The logo");
    expect(document.keyPhrases).toContain("transaction");
    expect(document.keySentences.join(" ")).toContain("holds its lock until the process ends");
  });

  it("keeps nested lists, quotes, line breaks and what stands in raw HTML", () => {
    const text = outline(read(
      "/in/list.md",
      "# L\n\n- one\n  - two\n\n    ```\n    code\n    ```\n\n> quoted\n> # inner\n\n" +
        "a  \nb<br>c\n\n<details><summary>More</summary>hidden words</details>\n",
    )).map(([, passage]) => passage).join("\n");
    expect(text).toContain("- one\n  - two\n");
    for (const word of ["code", "quoted", "a\nb\nc", "More", "hidden words"]) {
      expect(text).toContain(word);
    }
  });

  it("takes the name of the folder where a README has no title of its own", () => {
    expect(read("/in/left-pad/README.md", "Just text.").title).toBe("left-pad/README");
    expect(read("/in/notes.md", "Just text.").title).toBe("notes");
  });

  it("resolves references across the slices of a long text", () => {
    const filler = "Words to fill a page, one after another.\n\n".repeat(1_000);
    const document = read(
      "/in/long.md",
      `# T\n\nSee [the end][e].\n\n${filler}[e]: https://e.org\n`,
    );
    expect(document.links).toEqual(["https://e.org"]);
    expect(document.passages[0]!.text).toContain("See the end.");
  });
});

describe("HTML", () => {
  it("tells what people read, without scripts and navigation", () => {
    const document = read(
      "/in/page.html",
      `<!doctype html><html><head><title>Closing &amp; opening</title><style>p{}</style></head>
<body><nav><a href="/home">Home</a></nav><h1>Doors</h1><p>A door
is <b>closed</b> with its <a href="https://example.org/handle">handle</a>.<p>Second<br>line</p>
<script>alert("no")</script><ul><li>wood<li>steel</ul>
<table><tr><th>kind<th>price<tr><td>oak<td>12</table><pre>  kept
    as is</pre></body></html>`,
    );
    expect(document.title).toBe("Closing & opening");
    const text = document.passages.map((passage) => passage.text).join("\n\n");
    expect(document.passages[0]!.headings).toEqual(["Doors"]);
    expect(text).toContain("A door is closed with its handle.");
    expect(text).toContain("Second\nline");
    expect(text).toContain("- wood");
    expect(text).toContain("oak | 12");
    expect(text).toContain("  kept\n    as is");
    expect(text).not.toMatch(/alert|Home|p\{\}/u);
    expect(document.links).toEqual(["https://example.org/handle"]);
  });

  it("hides nothing behind an element that is never closed", () => {
    const document = read("/in/open.html", "<nav>menu <p>the words below");
    expect(document.passages.map((p) => p.text).join(" ")).toContain("the words below");
  });
});

describe("JSON", () => {
  it("makes paths headings and keeps numbers, odd keys and empty values as written", () => {
    const document = read(
      "/in/data.json",
      `{"name":"left-pad","big":12345678901234567890,"__proto__":{"polluted":true},
"author":{"name":"Ada","langs":["en","fr"]},"none":{},"on":false,
"items":[{"id":1,"note":"first"},{"id":2}]}`,
    );
    expect(document.title).toBe("left-pad");
    const text = document.passages.map((p) => [...p.headings, p.text].join("\n")).join("\n\n");
    expect(text).toContain("big: 12345678901234567890");
    expect(text).toContain("polluted: true");
    expect(text).toContain("none: {}");
    expect(text).toContain("id: 1\nnote: first");
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    expect(document.passages.find((p) => p.headings.join() === "author,langs")?.text ?? text)
      .toContain("en\nfr");
  });

  it("says where it is not JSON and quotes nothing of it", () => {
    const read = extract({ path: "/in/bad.json", hash: "", text: '{"secret": "hunter2",}' });
    expect(read).toMatchObject({ ok: false, code: "file_unreadable" });
    expect(!read.ok && read.message).toMatch(/not valid JSON at position \d+/u);
    expect(JSON.stringify(read)).not.toContain("hunter2");
  });
});

describe("CSV and plain text", () => {
  it("puts the header's names before the values of each row", () => {
    const document = read("/in/people.csv", 'name;born\n"Lovelace; Ada";1815\nHopper;1906\n');
    expect(document.passages.map((p) => p.text)).toEqual([
      "name: Lovelace; Ada; born: 1815\nname: Hopper; born: 1906",
    ]);
    const bare = read("/in/numbers.csv", "1,2\n3,4\n");
    expect(bare.passages[0]!.text).toBe("1, 2\n3, 4");
  });

  it("finds underlined and capital headings", () => {
    const long = "Words about the matter at hand, many of them, one after another. ".repeat(4)
      .trim();
    const document = read(
      "/in/notes.txt",
      `My notes\n========\n\n${long}\n\nSECOND PART\n\n${long}\nnot: a heading\n-----\n`,
    );
    expect(document.title).toBe("My notes");
    expect(document.passages.map((p) => p.headings.join(" > "))).toEqual([
      "My notes",
      "My notes > SECOND PART",
    ]);
  });
});

describe("dates and words", () => {
  it("takes whole dates alone, in words, ISO and CJK, and never the ambiguous ones", () => {
    const { dates } = read(
      "/in/dates.txt",
      "On 5 May 2020, 03/04/2021, yesterday, in June 2019, version 1.2.2022, " +
        "2023-02-30 never was, 2024-02-29T10:00Z was, 令和 2024年3月1日, 1999/12/31. May 5, 2020 again.",
    );
    expect(dates).toEqual(["2020-05-05", "2024-02-29", "2024-03-01", "1999-12-31"]);
  });

  it("finds words in scripts with and without spaces", () => {
    const japanese = read(
      "/in/日本.txt",
      "データベースはトランザクションを閉じるまでロックを保持します。データベースの接続を確認してください。",
    );
    expect(japanese.keyPhrases.join(" ")).toContain("データベース");
    const arabic = read("/in/نص.txt", "قاعدة البيانات سريعة جدا. قاعدة البيانات موثوقة. 🎉👩‍👩‍👧");
    expect(arabic.keyPhrases).toContain("قاعدة البيانات");
    expect(arabic.passages[0]!.text).toContain("🎉👩‍👩‍👧");
  });
});
