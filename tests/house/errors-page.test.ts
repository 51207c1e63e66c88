import { expect, test } from "vitest";
import { renderErrorsPage } from "../../scripts/errors-markdown.ts";

const page = await Deno.readTextFile(new URL("../../docs/errors.md", import.meta.url));

test("docs/errors.md says what src/errors.ts says", () => {
  expect(page, "run npm run docs").toBe(renderErrorsPage());
});

test("a changed hint makes the page out of date", () => {
  expect(page.replace("Send valid JSON", "Send any JSON")).not.toBe(renderErrorsPage());
});
