import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { bundleAgent, evaluateSwarm } from "../../src/host/bundle.ts";
import { pathOf } from "./rig.ts";

let folder: string;
beforeEach(async () => folder = await mkdtemp(join(tmpdir(), "dreamos-bundle-")));
afterEach(() => rm(folder, { recursive: true }));

async function put(name: string, text: string, base = folder): Promise<string> {
  const path = join(base, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  return path;
}

/** Runs a bundle as a thread does; modules it is given say what was taken from them. */
function run(code: string): Record<string, unknown> {
  const module = { exports: {} as Record<string, unknown> };
  const given = (name: string) =>
    new Proxy({}, { get: (_, key) => () => `${name}:${String(key)}` });
  new Function("module", "exports", "require", code)(module, module.exports, given);
  return module.exports;
}

describe("bundles of agents", () => {
  it("hold what is beside them and in their own node_modules, not what a thread has", async () => {
    await put("node_modules/words/package.json", `{"name":"words","main":"index.js"}`);
    await put("node_modules/words/index.js", `exports.word = "from a package";`);
    await put("near.ts", `export const near: string = "from a file";`);
    await put("data.json", `{"count":3}`);
    const door = pathOf("../../src/index.ts");
    const path = await put(
      "agent.ts",
      `
      import { createMachine } from "xstate";
      import { z } from "zod";
      import { defineAgent } from "dreamos";
      import { ask } from ${JSON.stringify(door)};
      import { word } from "words";
      import { near } from "./near.ts";
      import data from "./data.json" with { type: "json" };
      export default [createMachine(), z(), defineAgent(), ask(), word, near, data.count];
    `,
    );
    const { hash, code } = await bundleAgent(path);
    expect(run(code).default).toEqual([
      "xstate:createMachine",
      "zod:z",
      "dreamos:defineAgent",
      "dreamos:ask",
      "from a package",
      "from a file",
      3,
    ]);
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
  });

  it("are the same wherever the checkout is, and name no path of the machine", async () => {
    const text = `import { near } from "./near.ts"; export default near;`;
    const made = [];
    for (const name of ["one", "two/deeper"]) {
      await put("near.ts", `export const near = "x";`, join(folder, name));
      made.push(await bundleAgent(await put("agent.ts", text, join(folder, name))));
    }
    expect(made[0]).toEqual(made[1]);
    expect(made[0]!.code).not.toContain(folder);
  });

  async function putPackage(name: string, version: string, text: string): Promise<void> {
    await put(`node_modules/${name}/package.json`, JSON.stringify({ name, version, main: "i.js" }));
    await put(`node_modules/${name}/i.js`, text);
  }

  it("take the thread's xstate where the folder brings the same major version", async () => {
    await putPackage("xstate", "5.0.1", `exports.createMachine = () => "its own";`);
    const text = `import { createMachine } from "xstate"; export default createMachine();`;
    const { code } = await bundleAgent(await put("agent.ts", text));
    expect(run(code).default).toBe("xstate:createMachine");
  });

  it.each([["xstate", "4.38.3"], ["zod", "3.22.4"]])(
    "are refused, with both versions, where the folder brings %s %s",
    async (name, version) => {
      await putPackage(name, version, "exports.z = 1;");
      const path = await put("agent.ts", `import { z } from "${name}"; export default z;`);
      const message = expect.stringMatching(
        `agent\\.ts:1:19: An agent gets ${name} [45]\\.\\S+ from Dream\\.OS, but its folder ` +
          `brings ${name} ${version}; .* npm install ${name}@[45]`,
      );
      await expect(bundleAgent(path)).rejects.toMatchObject({ code: "bad_bundle", message });
    },
  );

  it("leave a package the zod that it was written for", async () => {
    await putPackage("zod", "3.22.4", `exports.z = "zod 3";`);
    await putPackage("old", "1.0.0", `exports.z = require("zod").z;`);
    const { code } = await bundleAgent(
      await put("agent.ts", `import { z } from "old"; export default z;`),
    );
    expect(run(code).default).toBe("zod 3");
  });

  const refused: [name: string, text: string, message: RegExp][] = [
    ["a syntax error", `\nexport default {\n  a: 1,,\n};`, /agent\.ts:3:8: Expected identifier/],
    ["a missing file", `\nimport "./gone.ts";`, /agent\.ts:2:8: Could not resolve "\.\/gone\.ts"/],
    ["a missing package", `import "no-such-package";`, /agent\.ts:1:8: Could not resolve/],
    ["a top-level await", `\n\nexport default await 1;`, /agent\.ts:3:16: Top-level await/],
    ["a Node module", `import "node:fs";`, /agent\.ts:1:8: An agent cannot import "node:fs"/],
    ["a remote module", `import "https://a.example/x.js";`, /1:8: An agent cannot import/],
    ["a name that is not exported", `import { x } from "./near.ts"; export default x;`, /1:1\d: /],
  ];
  for (const [name, text, message] of refused) {
    it(`are refused with the place: ${name}`, async () => {
      await put("near.ts", `export const y = 1;`);
      const path = await put("agent.ts", text);
      await expect(bundleAgent(path)).rejects.toMatchObject({
        code: "bad_bundle",
        message: expect.stringMatching(message),
      });
    });
  }

  it("are refused when the module is not there", async () => {
    await expect(bundleAgent(join(folder, "gone.ts"))).rejects.toMatchObject({
      code: "bad_bundle",
      message: expect.stringMatching(/gone\.ts/),
    });
  });
});

describe("swarm files", () => {
  it("are data: JSON, or the default export of a module", async () => {
    const swarm = { kinds: { a: "./a.ts" }, children: [{ type: "agent", id: "a", agent: "a" }] };
    const json = await put("swarm.json", JSON.stringify(swarm));
    const door = pathOf("../../src/index.ts");
    const typescript = await put(
      "swarm.ts",
      `
      import { join } from "node:path";
      import { defineSwarm } from ${JSON.stringify(door)};
      import { children } from "./children.ts";
      console.log("being read", join("a", "b"));
      export default defineSwarm({ kinds: { a: "./a.ts" as string }, children });
    `,
    );
    await put("children.ts", `export const children = ${JSON.stringify(swarm.children)};`);
    expect(await evaluateSwarm(json)).toEqual(swarm);
    expect(await evaluateSwarm(typescript)).toEqual(swarm);
  });

  const refused: [name: string, text: string, message: RegExp][] = [
    ["a syntax error", `\nexport default {,};`, /swarm\.ts:2:17: /],
    ["a throw", `const a: number = 1;\n\nthrow new Error("no " + a);`, /no 1 .*swarm\.ts:3:7/],
    ["no default export", `export const a = 1;`, /No matching export|default/],
    ["a function", `export default () => 1;`, /its default export is not data/],
    ["a read", `export default Deno.readTextFileSync("/etc/hostname");`, /Requires read access/],
    ["a variable", `export default Deno.env.get("HOME");`, /Requires env access/],
    ["a way out", `export default await Deno.connect({ port: 9 });`, /Requires net access/],
    ["output", `Deno.stdout.writeSync(new Uint8Array(9)); export default 1;`, /wrote to stdout/],
  ];
  for (const [name, text, message] of refused) {
    it(`are refused with the place: ${name}`, async () => {
      const path = await put("swarm.ts", text);
      await expect(evaluateSwarm(path)).rejects.toMatchObject({
        code: "bad_swarm",
        message: expect.stringMatching(message),
      });
    });
  }

  it("are refused when they do not end", async () => {
    const path = await put("swarm.ts", `for (;;) {}`);
    await expect(evaluateSwarm(path, { deadlineMs: 1_500 })).rejects.toMatchObject({
      code: "bad_swarm",
      message: expect.stringMatching(/did not end in time/),
    });
  });

  it("are refused when they are no JSON, or not there", async () => {
    const path = await put("swarm.json", `{"kinds": `);
    for (const bad of [path, join(folder, "gone.json"), join(folder, "gone.ts")]) {
      await expect(evaluateSwarm(bad)).rejects.toMatchObject({
        code: "bad_swarm",
        message: expect.stringContaining(bad),
      });
    }
  });
});
