import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildRuntime } from "../../src/host/runtime.ts";
import { pathOf } from "./rig.ts";

let folder: string;
beforeAll(async () => folder = await mkdtemp(join(tmpdir(), "dreamos-runtime-")));
afterAll(() => rm(folder, { recursive: true }));

describe("built files", () => {
  it("are found again, quickly, until an input or an output changes", async () => {
    const thread = join(folder, "thread.ts");
    const host = join(folder, "host.ts");
    await writeFile(host, `import { n } from "./part.ts"; console.log(n);`);
    await writeFile(join(folder, "part.ts"), `export const n: number = 1;`);
    await copyFile(host, thread);
    const into = join(folder, "built");
    const first = await buildRuntime(into, { host, thread });
    const again = await buildRuntime(into, { host, thread });
    expect(again).toEqual(first);
    expect(await readFile(first.host, "utf8")).toContain("console.log(1)");

    await writeFile(join(folder, "part.ts"), `export const n: number = 2;`);
    const second = await buildRuntime(into, { host, thread });
    expect(second.host).not.toBe(first.host);
    expect(await readFile(first.host, "utf8")).toContain("console.log(1)");

    await writeFile(second.thread, "damaged");
    const third = await buildRuntime(into, { host, thread });
    expect(await readFile(third.thread, "utf8")).toContain("console.log(2)");
    expect((await readdir(into)).filter((name) => name.endsWith(".draft"))).toEqual([]);
  });

  it("of this checkout take no more than 300 ms to find again", async () => {
    const into = join(folder, "own");
    const entries = { host: pathOf("../../src/host/host.ts"), thread: pathOf("fake-thread.ts") };
    await buildRuntime(into, entries);
    const times: number[] = [];
    for (let i = 0; i < 3; i++) {
      const startedAt = performance.now();
      await buildRuntime(into, entries);
      times.push(performance.now() - startedAt);
    }
    // The best of three: others may use the machine meanwhile.
    expect(Math.min(...times)).toBeLessThan(300);
  });
});
