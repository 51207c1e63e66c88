/**
 * docs/refusals.md, block by block: what is refused is refused with the words that stand there, and
 * what to write instead compiles and works, with a crash after every turn as well.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { blocksOf } from "./pages.ts";
import { entriesOf, moduleOf, page, take, wordsFor } from "./refused.ts";

const markdown = await Deno.readTextFile(page);
const config = new URL("../../deno.json", import.meta.url);
const entries = entriesOf(markdown);

/** Rows of the table at the top, as title, when it is seen, code. */
const rows = Array.from(
  markdown.matchAll(/^\| \[(.+?)\]\(#(.+?)\) +\| (\w+) +\| `(\w+)` +\|$/gm),
  ([, title, anchor, seen, code]) => ({ title, anchor, seen, code }),
);

test("the table names every entry, with its code, and where it is seen", () => {
  expect(rows.map(({ title }) => title)).toEqual(entries.map(({ title }) => title));
  expect(rows.map(({ code }) => code)).toEqual(entries.map(({ says }) => says.split(":")[0]));
  for (const { title, anchor } of rows) {
    const slug = title!.toLowerCase().replaceAll(/[^\w\s-]/g, "").replaceAll(" ", "-");
    expect(anchor).toBe(slug);
  }
});

describe.each(entries)("$title", ({ title, refused, says, instead }) => {
  test("is refused as the page says", async () => {
    const seen = await wordsFor(refused);
    expect(seen?.words).toBe(says);
    expect(seen?.at).toBe(rows.find((row) => row.title === title)!.seen);
  });

  test("works as the page says, with a crash after every turn as well", async () => {
    await take(instead, false);
    await take(instead, true);
  });
});

test("what can be stored with tags comes back after every crash", async () => {
  const [taken] = blocksOf("", markdown).filter(({ info }) => info === "taken");
  const before = await take(taken!, false);
  expect(await take(taken!, true)).toEqual(before);
  expect(before).toMatchObject({ big: 12n, at: new Date(0), odd: [NaN, Infinity, -0] });
});

test("what stands under `instead` compiles", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const door = new URL("../../src/index.ts", import.meta.url).href;
    for (const [i, { instead }] of entries.entries()) {
      const text = moduleOf(instead).replace('"dreamos"', JSON.stringify(door));
      await Deno.writeTextFile(join(folder, `block-${i}.ts`), `// ${instead.page}\n${text}`);
    }
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["check", "--quiet", "--config", fileURLToPath(config), folder],
      env: { NO_COLOR: "1" },
    }).output();
    expect(success, new TextDecoder().decode(stderr)).toBe(true);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
