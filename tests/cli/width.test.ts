/** The short way to a width says what the long one says. */
import fc from "fast-check";
import stringWidth from "string-width";
import { expect, test } from "vitest";
import { widthOf } from "../../src/cli/width.ts";

test("widthOf() counts as string-width does, each character and any text", () => {
  for (let code = 0; code < 0x3000; code++) {
    const character = String.fromCodePoint(code);
    expect(widthOf(character), code.toString(16)).toBe(stringWidth(character));
  }
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    expect(widthOf(text)).toBe(stringWidth(text));
  }));
  // Marks that join the one before are not counted alone.
  expect([widthOf("e\u0301"), widthOf("日本"), widthOf("👩‍👩‍👧")]).toEqual([1, 4, 2]);
});
