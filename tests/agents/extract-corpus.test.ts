/** Real files: every README and JSON file of node_modules, and the bundle that reads them. */
import { build } from "esbuild";
import { describe, expect, it } from "vitest";
import { extract } from "../../agents/reader/extract/extract.ts";

const root = new URL("../../node_modules/", import.meta.url);

function* filesOf(folder: URL): Generator<URL> {
  for (const entry of Deno.readDirSync(folder)) {
    if (entry.isDirectory) yield* filesOf(new URL(`${entry.name}/`, folder));
    else if (/\.(?:md|markdown|html?|json|csv|txt)$/iu.test(entry.name)) {
      yield new URL(entry.name, folder);
    }
  }
}

/** Words of the text that any reader shows, whatever its marks. */
function longWords(text: string): Set<string> {
  return new Set(text.match(/(?<![\p{L}\d/_.@%#=&-])\p{L}{6,}(?=[\s.,]+\p{L})/gu) ?? []);
}

describe("files of node_modules", () => {
  const files = [...filesOf(root)].filter((file) => Deno.statSync(file).size < 700_000);

  it("are all read, or refused with a reason", () => {
    expect(files.length).toBeGreaterThan(100);
    const refused: string[] = [];
    let lost = 0;
    let words = 0;
    for (const file of files) {
      const text = Deno.readTextFileSync(file);
      const read = extract({ path: file.pathname, hash: "", text });
      if (!read.ok) {
        refused.push(`${file.pathname}: ${read.message}`);
        continue;
      }
      const { passages, title } = read.document;
      if (!/\.md$/iu.test(file.pathname)) continue;
      const told = [title, ...passages.flatMap((p) => [...p.headings, p.text])].join("\n");
      // Comments, tags, targets and the language of code are not told.
      for (
        const word of longWords(text.replace(/<!--[^]*?-->|<[^>]*>|\]\([^)]*\)|`{3}\w+/gu, " "))
      ) {
        words++;
        if (!told.includes(word)) lost++;
      }
    }
    expect(refused.every((line) => /not valid JSON|takes \d+ bytes/u.test(line))).toBe(true);
    expect(words).toBeGreaterThan(5_000);
    expect(lost / words).toBeLessThan(0.001);
  });

  it("tells the facts of a README that people know", () => {
    const path = new URL("zod/README.md", root).pathname;
    const read = extract({ path, hash: "", text: Deno.readTextFileSync(path) });
    if (!read.ok) throw new Error(read.message);
    const { passages, links, keyPhrases } = read.document;
    expect(links).toContain("https://zod.dev/api");
    expect(keyPhrases.join(" ")).toMatch(/zod/u);
    const basic = passages.find((p) => p.text.includes("z.object({"));
    expect(basic?.headings.length).toBeGreaterThan(0);
  });
});

describe("the reader's code", () => {
  it("bundles to less than 1.5 MB", async () => {
    const { outputFiles } = await build({
      entryPoints: [new URL("../../agents/reader/extract/extract.ts", import.meta.url).pathname],
      bundle: true,
      minify: true,
      format: "esm",
      write: false,
    });
    expect(outputFiles[0]!.contents.length).toBeLessThan(1_000_000);
  });
});
