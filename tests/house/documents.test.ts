/** What the documents name exists: files they link to, commands they tell people to run. */
import { describe, expect, test } from "vitest";
import { at, checkout, findAll, readSources, type Violation } from "./source.ts";

const sources = await readSources();
const documents = sources.filter(({ path }) => path.endsWith(".md"));
const { scripts } = JSON.parse(await Deno.readTextFile(new URL("package.json", checkout)));

const link = /\]\((?!https?:)([^)#\s]+)/g;
const command = /\bnpm (?:run (?:-s )?)?(start|test|(?<=run (?:-s )?)[a-z]+)\b/g;

function deadLinks(path: string, text: string): Violation[] {
  return Array.from(text.matchAll(link)).flatMap(({ 1: target, index }) => {
    const wanted = new URL(target!, `file:///${path}`).pathname.slice(1).replace(/\/$/, "");
    const isThere = sources.some((file) =>
      file.path === wanted || file.path.startsWith(`${wanted}/`)
    );
    return isThere ? [] : [at(path, text, index, `no such file: ${wanted}`)];
  });
}

function unknownCommands(path: string, text: string): Violation[] {
  return findAll(path, text, command, "no such script").filter((violation) =>
    !Object.hasOwn(scripts, violation.split(" ").at(-1)!)
  );
}

describe("documents", () => {
  test("link to files that exist", () => {
    expect(documents.flatMap(({ path, text }) => deadLinks(path, text))).toEqual([]);
    expect(deadLinks("docs/a.md", "see [b](../README.md) and [c](gone.md)")).toEqual([
      "docs/a.md:1 no such file: docs/gone.md",
    ]);
  });

  test("name npm scripts that exist", () => {
    expect(documents.flatMap(({ path, text }) => unknownCommands(path, text))).toEqual([]);
    expect(unknownCommands("a.md", "run `npm start` and\n`npm run gone`")).toEqual([
      "a.md:2 no such script: npm run gone",
    ]);
  });

  test("README has the two commands, then a screen, then use, then construction", () => {
    const readme = documents.find(({ path }) => path === "README.md")!.text;
    const headings = Array.from(readme.matchAll(/^##? (.*)$/gm), (match) => match[1]);
    expect(headings).toEqual([
      "Dream.OS",
      "Two commands",
      "What you see",
      "Using it",
      "How it is built",
      "Where to read on",
    ]);
  });

  test("README shows a screen from a real run", () => {
    const readme = documents.find(({ path }) => path === "README.md")!.text;
    const screen = /<!-- screen: begin.*?-->(.*)<!-- screen: end -->/s.exec(readme)?.[1] ?? "";
    expect(screen, "fill the block between the screen marks from a real run").toMatch(/```/);
  });
});
