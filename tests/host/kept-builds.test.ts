/** What was built before stands in for a build only while nothing has changed that made it. */
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { KeptBuilds } from "../../src/host/kept-builds.ts";
import { eventually } from "../support/eventually.ts";

let folder: string;
let module: string;
let inputs: string[];

const write = (name: string, text: string) => Deno.writeTextFile(join(folder, name), text);
const open = () => new KeptBuilds(join(folder, "runtime"));
const find = (what = "agent") => open().find<string>(what, module);

beforeEach(async () => {
  folder = await Deno.makeTempDir();
  for (const name of ["runtime", "swarm"]) await Deno.mkdir(join(folder, name));
  await write("runtime/runtime.json", "1");
  await write("swarm/agent.ts", "agent");
  await write("swarm/part.ts", "part");
  module = join(folder, "swarm/agent.ts");
  inputs = [module, join(folder, "swarm/part.ts"), join(folder, "swarm/is-no-file.js")];
  // Files are as old as the kernel's last tick says: at once after they were written none is kept.
  await eventually(() => {
    open().keep("agent", module, "built", { inputs, fromMs: systemClock.wallMs() });
    return find();
  }, { everyMs: 5 });
});
afterEach(() => Deno.remove(folder, { recursive: true }));

describe("what was built before", () => {
  it("is found by its use and path, with its inputs", () => {
    expect(find()).toEqual({ value: "built", inputs });
    expect(find("swarm")).toBeNull();
    expect(open().find("agent", inputs[1]!)).toBeNull();
  });

  const changes: [string, () => Promise<void>][] = [
    ["the module has changed", () => write("swarm/agent.ts", "other")],
    ["a part of it has changed", () => write("swarm/part.ts", "other")],
    ["a part of it has gone", () => Deno.remove(join(folder, "swarm/part.ts"))],
    ["a file has come that an import may mean", () => write("swarm/part.js", "")],
    ["its package has changed", () => write("swarm/package.json", "{}")],
    ["the packages above it have changed", () => write("package-lock.json", "{}")],
    ["the runtime is another", () => write("runtime/runtime.json", "2")],
    ["the record is broken", async () => {
      for await (const { name } of Deno.readDir(join(folder, "runtime/built"))) {
        await write(`runtime/built/${name}`, "{");
      }
    }],
    ["the path is a link that leads elsewhere", async () => {
      await Deno.rename(module, join(folder, "agent-2.ts"));
      await Deno.symlink(join(folder, "agent-2.ts"), module);
    }],
  ];
  for (const [why, act] of changes) {
    it(`is not found when ${why}`, async () => {
      await act();
      expect(find()).toBeNull();
    });
  }

  it("is found again when the change is taken back", async () => {
    await write("swarm/part.ts", "other");
    await write("swarm/part.ts", "part");
    expect(find()).toEqual({ value: "built", inputs });
  });

  it("is not kept when a file has changed since it was read", () => {
    open().keep("swarm", module, "built", { inputs, fromMs: 0 });
    expect(find("swarm")).toBeNull();
  });

  it("is forgotten when there is too much of it", () => {
    for (let n = 0; n < 250; n++) {
      open().keep(`use-${n}`, module, "built", { inputs, fromMs: systemClock.wallMs() });
    }
    expect([...Deno.readDirSync(join(folder, "runtime/built"))].length).toBeLessThanOrEqual(200);
    expect(find("use-249")).not.toBeNull();
  });
});
