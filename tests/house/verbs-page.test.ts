import { expect, test } from "vitest";
import { fillVerbsPage } from "../../scripts/verbs-markdown.ts";
import { agentVerbs } from "../../src/verbs.ts";
import { commands } from "../../src/cli/commands.ts";

const page = await Deno.readTextFile(new URL("../../docs/verbs.md", import.meta.url));

test("docs/verbs.md has the table of src/verbs.ts", () => {
  expect(page, "run npm run docs").toBe(fillVerbsPage(page));
});

test("a changed cell makes the page out of date", () => {
  const changed = page.replace("`cannot_pause_parked`", "works");
  expect(changed).not.toBe(page);
  expect(fillVerbsPage(changed)).toBe(page);
});

test("every verb is a command, and the page tells of it", () => {
  for (const verb of agentVerbs) {
    expect(Object.keys(commands)).toContain(verb);
    expect(page).toContain(`dreamos ${verb}`);
  }
});
