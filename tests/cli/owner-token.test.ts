/** The file with the owner's token: made, healed, refused, replaced. */
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { readOwnerToken, replaceOwnerToken } from "../../src/cli/owner-token.ts";
import { systemClock } from "../../src/clock.ts";
import { systemIds } from "../../src/ids.ts";

const ids = systemIds(systemClock);
let folder: string;
let path: string;
beforeEach(async () => {
  folder = await Deno.makeTempDir();
  path = join(folder, "token");
});
afterEach(() => Deno.remove(folder, { recursive: true }));

const modeOf = () => Deno.statSync(path).mode! & 0o777;

it("is made once, for its owner's eyes, and kept", () => {
  const token = readOwnerToken(path, ids);
  expect([token.length >= 43, modeOf()]).toEqual([true, 0o600]);
  Deno.chmodSync(path, 0o644);
  expect([readOwnerToken(path, ids), modeOf()]).toEqual([token, 0o600]);
});

it("is made anew where a full disk left nothing in it", () => {
  Deno.writeTextFileSync(path, "\n");
  const token = readOwnerToken(path, ids);
  expect(Deno.readTextFileSync(path)).toBe(`${token}\n`);
});

it.each([
  "short",
  "two words of a person",
  "tökens are visible ASCII",
  "x".repeat(600),
  "a\0".repeat(20),
])(
  "is refused, not replaced, when it holds %j",
  (text) => {
    Deno.writeTextFileSync(path, text);
    expect(() => readOwnerToken(path, ids)).toThrow(
      expect.objectContaining({ code: "bad_config", message: expect.stringContaining(path) }),
    );
    expect(Deno.readTextFileSync(path)).toBe(text);
  },
);

it("is refused when it is a folder", () => {
  Deno.mkdirSync(path);
  expect(() => readOwnerToken(path, ids)).toThrow(expect.objectContaining({ code: "bad_config" }));
});

it("is replaced whole, and can be put back", () => {
  const before = readOwnerToken(path, ids);
  const undo = replaceOwnerToken(path, "another-token-of-the-owner");
  expect([readOwnerToken(path, ids), modeOf()]).toEqual(["another-token-of-the-owner", 0o600]);
  undo();
  expect([readOwnerToken(path, ids), modeOf()]).toEqual([before, 0o600]);
});
