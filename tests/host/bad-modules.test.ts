/**
 * Modules that do harm while they are loaded: each is refused in bounded time with a code and words
 * of its own, and those that are loaded beside it and after it are none the worse.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundleAgent } from "../../src/host/bundle.ts";
import { placeOf } from "../../src/host/load-place.ts";
import type { Bundle } from "../../src/host/hosts.ts";
import { buildRuntime } from "../../src/host/runtime.ts";
import { openRig, type Rig } from "./rig.ts";

const good = `import { defineAgent, setupAgent } from "dreamos";
const machine = setupAgent({}).createMachine({});
export default defineAgent({ kind: "good", accepts: {}, machine });`;
const describeMs = 3_000;

let rig: Rig;
let neighbour: Bundle;

beforeAll(async () => {
  rig = await openRig({ heapMb: 128, killGraceMs: 500 }, (folder) => buildRuntime(folder));
  neighbour = await bundleOf("neighbour", good);
});
afterAll(() => rig.close());

async function bundleOf(name: string, text: string): Promise<Bundle> {
  const path = `${rig.folder}/${name}.ts`;
  await Deno.writeTextFile(path, text);
  return await bundleAgent(path);
}

/** Code and words, as the builder hands them on. */
async function told(bundle: Bundle): Promise<string> {
  const described = await rig.hosts.describe(bundle, describeMs)
    .catch(({ code, message }) => ({ ok: false as const, error: { name: code, message } }));
  return described.ok ? "ok" : `${described.error.name}: ${described.error.message}`;
}

const first = (line: string) => `${line}\n${good}`;
const bad: [name: string, text: string, words: RegExp][] = [
  ["exits", first("Deno.exit(0);"), /^bad_bundle: The thread ended while it loaded the bundle/],
  ["closes", first("globalThis.close();"), /^bad_bundle: The thread ended while it loaded/],
  [
    "kills its process",
    first(`globalThis["process"].kill(globalThis["process"].pid, "SIGKILL");`),
    /^bad_bundle: The bundle ended its host while it was loaded: .*SIGKILL/,
  ],
  ["loops", first("for (;;) {}"), /^TimeoutError: The bundle did not say what it is within 3000/],
  [
    "prints a gigabyte",
    first(`for (let i = 0; i < 1_048_576; i++) console.log("x".repeat(1023));`),
    /^(TimeoutError: The bundle did not say|ok$)/,
  ],
  [
    "takes all memory",
    first("const all = []; for (;;) all.push(new Array(100_000).fill(1));"),
    /^bad_bundle: The bundle ended its host while it was loaded: .*out of memory/,
  ],
  ["throws", first(`throw new Error("planted");`), /^bad_bundle: Cannot run .*planted/],
  ["is no agent", "export default 5;", /^bad_bundle: .*write export default defineAgent/],
  [
    "has a function as an action",
    good.replace("Machine({}", "Machine({ entry: () => {} }"),
    /^not_durable: machine\.entry\[0\] is a function/,
  ],
  [
    "has a cycle in its first context",
    good.replace("const machine", "const c = {}; c.me = c; const machine")
      .replace("Machine({}", "Machine({ context: { c } }"),
    /^not_durable: machine\.context\.c\.me is part of a cycle/,
  ],
  [
    "breaks what all code stands on",
    first(`Array.prototype.map = () => { throw new Error("planted"); };`),
    /^bad_bundle: .*planted/,
  ],
];

describe("a module that harms while it is loaded", () => {
  it.each(bad)("%s: is told, and its neighbours are none the worse", async (name, text, words) => {
    const bundle = await bundleOf(name.replaceAll(" ", "-"), text);
    rig.logs.length = 0;
    const [seen, beside] = await Promise.all([told(bundle), told(neighbour)]);
    expect(seen).toMatch(words);
    expect(beside).toBe("ok");
    expect(await told(neighbour)).toBe("ok");
    // What it printed is cut: a second of it is 64 KiB.
    expect(rig.logs.join("").length).toBeLessThan(1_000_000);
  }, 30_000);

  it("5,000 states are no harm", async () => {
    const states = `Object.fromEntries(Array.from({ length: 5_000 }, (_, i) =>
      ["s" + i, { on: { go: "s" + (i + 1) % 5_000 }, after: { 1000: "s0" } }]))`;
    const text = good.replace("Machine({}", `Machine({ initial: "s0", states: ${states} }`);
    expect(await told(await bundleOf("states", text))).toBe("ok");
  });
});

describe("what is thrown while a module is loaded", () => {
  /** The place in the files of `name`, as the builder hands it on. */
  async function placed(name: string, bundle: Bundle): Promise<string | null> {
    const described = await rig.hosts.describe(bundle, describeMs);
    if (described.ok) throw new Error("It loads");
    const place = await placeOf(`${rig.folder}/${name}.ts`, bundle, described.error.stack);
    return place?.replace(`${rig.folder}/`, "") ?? null;
  }
  const near = "interface A { a: string }\n\nexport function fail(a: A): never {\n" +
    "  throw new TypeError(a.a);\n}\n";
  const agent = `import { assign, defineAgent, setupAgent, z } from "dreamos";\n\n`;
  const define = "export default defineAgent({";

  it.each([
    ["in a file that it imports", `import { fail } from "./near.ts";\nfail({ a: "x" });`, /^near/],
    ["in its own", `\n\n  null!.x;\n`, /^own-\d\.ts:3:9$/],
    [
      "by defineAgent, of an action",
      `${agent}${define} kind: "a", accepts: {},\n` +
      `  machine: setupAgent({}).createMachine({ entry: () => {} }) });`,
      /^own-\d\.ts:3:16$/,
    ],
    [
      "by defineAgent, of a context that goes deep",
      `${agent}let deep: unknown = 1;\nfor (let i = 0; i < 99; i++) deep = [deep];\n` +
      `${define} kind: "a", accepts: {},\n` +
      `  machine: setupAgent({}).createMachine({ context: { deep } }) });`,
      /^own-\d\.ts:5:16$/,
    ],
    [
      "by zod, of a schema",
      `${agent}${define} kind: "a", machine: setupAgent({}).createMachine({}),\n` +
      `  accepts: { a: z.object({ at: z.date() }) } });`,
      /^own-\d\.ts:3:16$/,
    ],
    ["no error", `throw "planted";`, /^none$/],
  ])("%s: file, line and column", async (_what, text, wanted) => {
    await Deno.writeTextFile(`${rig.folder}/near.ts`, near);
    const name = `own-${text.length % 10}`;
    const place = await placed(name, await bundleOf(name, text));
    expect(place ?? "none").toMatch(wanted);
    if (place?.startsWith("near")) expect(place).toBe("near.ts:4:9");
  });

  it("has no place once the file is another one, or the frames are made up", async () => {
    const bundle = await bundleOf("changing", "null!.x;");
    await Deno.writeTextFile(`${rig.folder}/changing.ts`, "\n\nnull!.y;");
    expect(await placed("changing", bundle)).toBe(null);
    const path = `${rig.folder}/neighbour.ts`;
    for (const at of ["999999999:1", "1:1", "0:0", "x:1", "1:99999999999"]) {
      expect(await placeOf(path, neighbour, `    at <anonymous>:${at}`)).toBe(null);
    }
  });
});

describe("a module that makes no bundle", () => {
  it("of 50 MB is refused for its size", async () => {
    const large = `export const large = "${"x".repeat(50 * 1024 * 1024)}";`;
    await Deno.writeTextFile(`${rig.folder}/large.ts`, large);
    const text = `import { large } from "./large.ts"; export const used = large;\n${good}`;
    await expect(bundleOf("fifty", text)).rejects.toMatchObject({
      code: "bad_bundle",
      message: expect.stringMatching(/it makes 5\d{7} bytes, at most 16777216 are taken/),
    });
  }, 30_000);

  it("awaits at its top level: refused with the place and what to do", async () => {
    await expect(bundleOf("awaits", first("await new Promise(() => {});"))).rejects.toMatchObject({
      code: "bad_bundle",
      message: expect.stringMatching(/awaits\.ts:1:1: Top-level await.*invoke fromPromise/),
    });
  });
});
