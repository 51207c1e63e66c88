import { expect, test } from "vitest";
import { fillTokensPage } from "../../scripts/roles-markdown.ts";

const page = await Deno.readTextFile(new URL("../../docs/tokens.md", import.meta.url));

test("docs/tokens.md has the routes and roles of the code", () => {
  expect(page, "run npm run docs").toBe(fillTokensPage(page));
});

test("a changed role makes the page out of date", () => {
  const changed = page.replace(/(`POST \/api\/v1\/shutdown` +\|) admin /, "$1 viewer");
  expect(changed).not.toBe(page);
  expect(fillTokensPage(changed)).toBe(page);
});
