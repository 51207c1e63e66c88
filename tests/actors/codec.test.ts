/** The tagged codec: what goes in comes out, what cannot is refused with its path. */
import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { ActorMark, decode, encode, markRefs } from "../../src/actors/codec.ts";
import { plainJson } from "../../src/actors/plain-json.ts";

const through = (value: unknown) =>
  decode(JSON.parse(JSON.stringify(encode(value, "root", markRefs))), markRefs);

describe("codec", () => {
  it.each<[string, unknown]>([
    ["plain", { a: [1, "x", null, true, { b: {} }] }],
    ["undefined", { a: undefined, b: [undefined] }],
    ["odd numbers", [NaN, Infinity, -Infinity, -0, 0, 1e308]],
    ["bigint", -(2n ** 80n)],
    ["dates", [new Date(5), new Date(NaN)]],
    ["maps and sets", new Map<unknown, unknown>([[{ k: 1 }, new Set([new Date(1)])]])],
    ["url and regexp", [new URL("http://a/b?c"), /a+/giu]],
    ["bytes", new Uint8Array([0, 255, 7])],
    ["keys named $", { $: "date", v: 1, in: { $: { $: 2 } } }],
    ["__proto__", JSON.parse('{"__proto__":{"a":1},"constructor":2}')],
    ["a reference", { to: new ActorMark("x:1", "kid", "x:0") }],
  ])("%s", (_, value) => expect(through(value)).toEqual(value));

  it("errors, with class, cause and data", () => {
    const error = Object.assign(new TypeError("no", { cause: new Error("why") }), { code: "x" });
    const back = through(error) as TypeError & { code: string };
    expect(back).toBeInstanceOf(TypeError);
    expect([back.message, back.code, (back.cause as Error).message]).toEqual(["no", "x", "why"]);
    class Own extends Error {
      override name = "Own";
    }
    const own = through(new Own("mine")) as Error;
    expect([own.name, own.message]).toEqual(["Own", "mine"]);
  });

  it("keeps any data", () => {
    const leaf = fc.oneof(
      fc.string(),
      fc.double(),
      fc.boolean(),
      fc.constant(null),
      fc.constant(undefined),
      fc.bigInt(),
      fc.date({ noInvalidDate: true }),
      fc.uint8Array(),
    );
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        leaf,
        fc.array(tie("tree")),
        fc.dictionary(fc.oneof(fc.string(), fc.constant("$"), fc.constant("v")), tie("tree"), {
          noNullPrototype: true,
        }),
        fc.array(fc.tuple(tie("tree"), tie("tree"))).map((pairs) => new Map(pairs)),
      ),
    }));
    fc.assert(fc.property(tree, (value) => void expect(through(value)).toStrictEqual(value)), {
      seed: 7,
      numRuns: 500,
    });
  });

  it("does not copy what is plain, and never changes its input", () => {
    const plain = { a: [1, { b: "x" }] };
    expect(encode(plain, "root", markRefs)).toBe(plain);
    const odd = Object.freeze({ a: Object.freeze([undefined]), b: 1 });
    encode(odd, "root", markRefs);
    expect(odd).toEqual({ a: [undefined], b: 1 });
  });

  const cycle: Record<string, unknown> = {};
  cycle["in"] = { back: cycle };
  it.each<[unknown, string]>([
    [{ a: { b: [() => 1] } }, "root.a.b[0] is a function"],
    [{ s: Symbol("x") }, "root.s is a symbol"],
    [{ d: new (class Door {})() }, "root.d is a Door"],
    [{ w: new WeakMap() }, "root.w is a WeakMap"],
    [new Map([["k", () => 1]]), "root[0] is a function"],
    [cycle, "is part of a cycle"],
  ])("refuses %#", (value, why) => {
    expect(() => encode(value, "root", markRefs)).toThrow(why);
  });
});

describe("plain JSON", () => {
  it("writes JSON, leaving undefined out", () => {
    expect(plainJson({ a: 1, b: undefined }, "payload", 100)).toBe('{"a":1}');
    expect(plainJson(undefined, "payload", 100)).toBe("null");
  });
  it.each<[unknown, string]>([
    [{ a: NaN }, "payload.a is NaN"],
    [{ a: [undefined] }, "payload.a[0] is undefined"],
    [{ a: new Date(0) }, "payload.a is an instance of Date"],
    [{ a: 1n }, "payload.a is a bigint"],
    [cycle(), "nested more than"],
    ["x".repeat(200), "at most 100"],
    ["é".repeat(60), "at most 100"],
  ])("refuses %#", (value, why) => {
    expect(() => plainJson(value, "payload", 100)).toThrow(why);
  });
});

function cycle(): unknown {
  const list: unknown[] = [];
  list.push(list);
  return list;
}
