import { expect, it } from "vitest";
import { parseAddress } from "../../src/address.ts";

const name = (length: number) => "n".repeat(length);

it("an address has 512 characters at most, a name 128; what is too long is said", () => {
  const long = `/${name(128)}/${name(128)}/${name(41)}`;
  expect(long).toHaveLength(300);
  expect(parseAddress(long)).toBe(long);
  const wanted =
    "wanted a path such as /workers/w-1, 512 characters at most, each name 128 at most";
  for (
    const [text, end] of [
      [`/crew/${name(129)}`, "; one of these has 129"],
      [`/${name(300)}`, "; one of these has 300"],
      [`/a${`/${name(100)}`.repeat(6)}`, "; this one has 608"],
      ["/a b", ""],
    ] as const
  ) expect(() => parseAddress(text)).toThrow(new RegExp(`${wanted}${end}$`));
});
