/** `dreamos up --watch` passes over no save. Real files and bundles; threads in this process. */
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { loadConfig } from "../../src/config.ts";
import { Builder } from "../../src/supervisor/builder.ts";
import { CodeWatch } from "../../src/supervisor/code-watch.ts";
import type { BuiltKind } from "../../src/supervisor/deployments.ts";
import { eventually } from "../support/eventually.ts";
import { InProcessHosts } from "../support/in-process-hosts.ts";

let folder: string;
let hosts: InProcessHosts;
let builder: Builder;
let watching: CodeWatch | null;
let done: string[];
let faults: string[];
/** Versions that were deployed. */
let versions: number[];

const put = (name: string, text: string) => Deno.writeTextFile(join(folder, name), text);
const agent = (version: string) =>
  put(
    "agent.ts",
    `
    import { defineAgent, setupAgent } from "dreamos";
    ${version.startsWith("import") ? version : `const version = ${version};`}
    export default defineAgent({
      kind: "a", version, accepts: {}, machine: setupAgent({}).createMachine({}),
    });`,
  );
const swarm = (more = "") =>
  put(
    "swarm.ts",
    `
    import { kinds } from "./kinds.ts";
    export default { kinds, children: [${more}] };`,
  );

async function take(built: readonly BuiltKind[]) {
  for (const { manifest } of built) versions.push(manifest.version);
  return await Promise.resolve(built.map(({ name, bundle, manifest: { version } }) => (
    { kind: name, bundle: bundle.hash, fromVersion: 1, toVersion: version, ...changed }
  )));
}
const changed = { isChanged: true, agents: 1 };

/** Builds what is there, as a start does, and watches from then on. */
async function watch(beforeBuild: () => Promise<void> = () => Promise.resolve()): Promise<void> {
  const path = join(folder, "swarm.ts");
  builder = new Builder(
    loadConfig({ flags: { swarm: path }, env: {}, cwd: folder }),
    hosts,
    systemClock,
  );
  const read = await builder.readSwarm();
  await builder.buildKinds(read);
  await beforeBuild();
  watching = new CodeWatch({
    ...{ clock: systemClock, builder, deployments: { take }, swarm: path, children: read.children },
    onDone: (text) => done.push(text),
    onFault: (message) => faults.push(message),
  });
}

const deployed = (version: number) =>
  eventually(() => versions.at(-1) === version, { everyMs: 20 });
const faulty = (count: number) => eventually(() => faults.length === count, { everyMs: 20 });

beforeEach(async () => {
  folder = await Deno.realPath(await Deno.makeTempDir());
  [hosts, watching, done, faults, versions] = [new InProcessHosts(), null, [], [], []];
  await put("kinds.ts", `export const kinds = { a: "./agent.ts" };`);
  await Promise.all([agent("1"), swarm()]);
});
afterEach(async () => {
  watching?.stop();
  await hosts.stop();
  await Deno.remove(folder, { recursive: true });
});

describe("watching code", () => {
  it("deploys what was saved after it was built and before it was looked at", async () => {
    await watch(() => agent("2"));
    await deployed(2);
    expect(done).toEqual(["Deployed a, version 1 to 2: 1 agent"]);
  });

  it("deploys what was saved while another save is built", async () => {
    await watch();
    const build = builder.buildKinds.bind(builder);
    builder.buildKinds = async (...args) => {
      const built = await build(...args);
      builder.buildKinds = build;
      await agent("3");
      return built;
    };
    await agent("2");
    await deployed(3);
    expect(versions).toEqual([2, 3]);
  });

  it("looks at a file that a fault names, and for one that is missing", async () => {
    await watch();
    await put("near.ts", "export const version = ;");
    await agent(`import { version } from "./near.ts";`);
    await faulty(1);
    expect(faults[0]).toMatch(/^bad_bundle: .*near\.ts:1:24: .*what ran before goes on$/);
    await put("near.ts", "export const version = 4;");
    await deployed(4);
    await agent(`import { version } from "./later.ts";`);
    await faulty(2);
    await put("notes.txt", "nothing to do with it");
    await put("later.ts", "export const version = 5;");
    await deployed(5);
    expect(faults.length).toBe(2);
  }, 30_000);

  it("goes on with the swarm's own file when the same kind was built from elsewhere", async () => {
    await watch();
    const draft = join(folder, "draft");
    await Deno.mkdir(draft);
    await Deno.copyFile(join(folder, "agent.ts"), join(draft, "agent.ts"));
    await builder.build(join(draft, "agent.ts"));
    await agent("6");
    await deployed(6);
  });

  it("reads the swarm's own imports, and says that its tree waits", async () => {
    await watch();
    await put("kinds.ts", `export const kinds = { a: "./other.ts" };`);
    await Deno.rename(join(folder, "agent.ts"), join(folder, "other.ts"));
    await eventually(() => versions.length > 0, { everyMs: 20 });
    await swarm(`{ type: "dynamic", id: "pool" }`);
    await eventually(() => done.includes("The tree of the swarm file changes at the next start"));
    expect(faults).toEqual([]);
  });
});
