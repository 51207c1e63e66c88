import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { isErrorCode } from "../../src/errors.ts";
import type { Json } from "../../src/json.ts";
import { openInMemoryStore } from "../../src/storage/in-memory-store.ts";
import { isMemoryCall, memoryCalls, runMemoryCall } from "../../src/supervisor/memory-calls.ts";
import { readFile } from "../../src/tools/file-read.ts";
import { toolSpecs } from "../../src/tools/tool-protocol.ts";
import { readWatchOptions } from "../../src/tools/watch-options.ts";

const read = (path: string) => Deno.readTextFile(new URL(`../../${path}`, import.meta.url));
const page = await read("docs/calls.md");

interface Section {
  name: string;
  text: string;
}

const sections: Section[] = page.split(/^### /m).slice(1).map((text) => ({
  name: /^`([^`]+)`/.exec(text)![1]!,
  text,
}));

function section(name: string): Section {
  const found = sections.find((one) => one.name === name);
  if (!found) throw new Error(`docs/calls.md has no section about ${name}`);
  return found;
}

function example(name: string, what: "input" | "result"): Record<string, Json> {
  const block = new RegExp(`\`\`\`json ${what}\n(.*?)\`\`\``, "s").exec(section(name).text);
  return JSON.parse(block![1]!);
}

/** First cells of the rows of tables. */
function cells(text: string): string[] {
  return Array.from(text.matchAll(/^\| `([^`]+)`/gm), (match) => match[1]!);
}

/** Names of all fields, of those inside too. */
function fieldsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(fieldsOf);
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([name, inner]) => [name, ...fieldsOf(inner)]);
}

const sorted = (names: Iterable<string>) => [...new Set(names)].sort();

let folder: string;
beforeAll(async () => {
  folder = await Deno.realPath(await Deno.makeTempDir());
});
afterAll(() => Deno.remove(folder, { recursive: true }));

test("every call there is has a section and a row, and no other", () => {
  const calls = [...toolSpecs.map(({ name }) => name), ...memoryCalls];
  expect(sorted(sections.map(({ name }) => name))).toEqual(sorted([...calls, "file.watch"]));
  const overview = page.slice(page.indexOf("## Calls"), page.indexOf("### "));
  expect(sorted(cells(overview))).toEqual(sorted(calls));
});

test("rows say what the tools' specs say", () => {
  for (const { name, idempotent, deadlineMs } of toolSpecs) {
    const row = page.split("\n").find((line) => line.startsWith(`| \`${name}\``))!;
    const [, , where, isIdempotent, deadline] = row.split("|").map((cell) => cell.trim());
    expect([where, isIdempotent, deadline]).toEqual([
      "tool host",
      idempotent ? "yes" : "no",
      `${deadlineMs / 1000} s`,
    ]);
  }
});

test("every code it names is an error there is", () => {
  const tables = section("file.read").text;
  for (const code of cells(tables)) expect(isErrorCode(code), code).toBe(true);
  const named = Array.from(page.matchAll(/`([a-z]+_[a-z_]+)`/g), (match) => match[1]!);
  expect(named.length).toBeGreaterThan(8);
  for (const code of named) expect(isErrorCode(code), code).toBe(true);
});

test("file.read's example is carried out and answers with the fields that are named", async () => {
  const path = join(folder, "a.md");
  await Deno.writeTextFile(path, example("file.read", "result").text as string);
  const input = { ...example("file.read", "input"), path };
  const result = await readFile(input, { read: [folder] });
  expect(sorted(fieldsOf(result))).toEqual(sorted(fieldsOf(example("file.read", "result"))));
  const { mtimeMs: _, ...fixed } = example("file.read", "result");
  expect(result).toMatchObject(fixed);
});

test("memory's examples are carried out and answer as they say", async () => {
  const store = openInMemoryStore({ clock: systemClock });
  const run = (name: string) => {
    if (!isMemoryCall(name)) throw new Error(`${name} is no call of memory`);
    return runMemoryCall(store, name, name, example(name, "input"), 1);
  };
  for (const name of ["link", "put", "stats", "recall", "unlink"].map((one) => `memory.${one}`)) {
    const { hits: found, ...answer } = await run(name) as Record<string, Json>;
    const { hits, ...shown } = example(name, "result");
    expect(answer, name).toEqual(shown);
    // The score depends on the whole of memory.
    const scored = (list: Json | undefined) =>
      JSON.stringify(list, (k, v) => k === "score" ? 0 : v);
    expect(scored(found), name).toBe(scored(hits));
  }
});

test("file.watch's options and events are those of the code", async () => {
  const { text } = section("file.watch");
  let message = "";
  try {
    readWatchOptions({ unknown: 1 });
  } catch (error) {
    message = (error as Error).message;
  }
  const options = /one of (.*)$/.exec(message)![1]!.split(", ");
  const source = await read("src/tools/file-memory.ts");
  const events = Array.from(source.matchAll(/type: "(file\.\w+)"/g), (match) => match[1]!);
  expect(sorted(cells(text))).toEqual(sorted([...options, ...events]));
  const { extensions, mostBytes, settleMs } = readWatchOptions({ folder });
  const defaults = Array.from(text.matchAll(/^\| `\w+` +\| (.*?) +\|/gm), (match) => match[1]);
  expect(defaults).toEqual(["–", [...extensions].join(", "), `${mostBytes}`, `${settleMs}`]);
});
