/** New code for a running service, from a swarm folder outside of this checkout. */
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { DeploymentCheck } from "../../src/api/client.ts";
import { systemClock } from "../../src/clock.ts";
import { eventually } from "../support/eventually.ts";
import { type Service, startService } from "../support/service.ts";

interface Variant {
  version?: number;
  /** Name of the state that counts. */
  state?: string;
  step?: number;
  /** Schema of `n`. */
  n?: string;
  delay?: string;
  migrate?: string;
}

/** A counter that waits for an hour; each variant is another definition of it. */
function counter(variant: Variant = {}): string {
  const { version = 1, state = "live", step = 1, n = "z.number()", delay = "hour" } = variant;
  const migrate = variant.migrate ? `migrate: ${variant.migrate},` : "";
  return `
    import { assign, defineAgent, reply, setupAgent, z } from "dreamos";
    import { stepOf } from "steps";
    const accepts = { "count.add": z.object({ n: ${n} }), "count.read": z.object({}) };
    export default defineAgent({
      kind: "counter", version: ${version}, accepts, ${migrate}
      replies: { "count.read": z.object({ total: z.number(), version: z.number() }) },
      machine: setupAgent({
        accepts, types: {} as { context: { total: number } }, delays: { ${delay}: 3_600_000 },
      }).createMachine({
        context: { total: 0 }, initial: "${state}",
        states: { ${state}: { after: { ${delay}: { target: "${state}" } } } },
        on: {
          "count.add": {
            actions: assign(({ context }) => ({ total: context.total + stepOf(${step}) })),
          },
          "count.read": {
            actions: reply(({ context }) => ({ total: context.total, version: ${version} })),
          },
        },
      }),
    });`;
}

const swarmText = `
  import { defineSwarm } from "dreamos";
  export default defineSwarm({
    kinds: { counter: "./counter.ts" },
    children: [{ type: "agent", id: "a", agent: "counter" }, { type: "dynamic", id: "pool" }],
  });`;

let folder: string;
let service: Service;
const file = () => join(folder, "counter.ts");
const put = (variant: Variant = {}) => Deno.writeTextFile(file(), counter(variant));

async function makeFolder(): Promise<void> {
  folder = await Deno.realPath(await Deno.makeTempDir());
  const own = join(folder, "node_modules/steps");
  await Deno.mkdir(own, { recursive: true });
  await Deno.writeTextFile(join(own, "package.json"), `{"name":"steps","main":"index.js"}`);
  await Deno.writeTextFile(join(own, "index.js"), "exports.stepOf = (step) => step;");
  await Deno.writeTextFile(join(folder, "swarm.ts"), swarmText);
  await put();
}

async function read(to = "/a"): Promise<{ total: number; version: number }> {
  const { reply } = await service.client.ask({ to, type: "count.read", timeoutMs: 20_000 });
  return reply as { total: number; version: number };
}

const add = (to = "/a") => service.client.send({ to, type: "count.add", payload: { n: 1 } });

/** Whether the definition of now counts in steps of `step`. */
async function addsStep(step: number): Promise<boolean> {
  const { total } = await read();
  await add();
  return (await read()).total === total + step;
}

async function check(): Promise<DeploymentCheck & { code: number }> {
  const { code, out } = await service.cli("deploy", "--check", file(), "--json");
  return { ...JSON.parse(out), code };
}

beforeEach(makeFolder);
afterEach(() => Deno.remove(folder, { recursive: true }));

describe("dreamos deploy", () => {
  beforeEach(async () => {
    service = await startService({ swarm: join(folder, "swarm.ts") });
  });
  afterEach(() => service?.remove());

  test("makes a version live without a restart; state and messages stay", async () => {
    await add();
    expect(await read()).toEqual({ total: 1, version: 1 });
    const { pid } = service;
    await put({ step: 10 });
    const { code, out } = await service.cli("deploy", file());
    expect([code, out]).toEqual([0, expect.stringContaining("counter: version 1 to 1, 1 agents")]);
    await add();
    expect(await read()).toEqual({ total: 11, version: 1 });
    expect((await service.client.status()).pid).toBe(pid);
    const again = await service.cli("deploy", file());
    expect(again.out).toContain("exactly this is live already");
  }, 60_000);

  test("moves states by migrate; the next start goes on from there", async () => {
    await add();
    await read();
    const migrate = "(state) => ({ ...state, value: 'counting', " +
      "context: { total: state.context.total * 100 } })";
    await put({ version: 2, state: "counting", migrate });
    expect((await check()).verdict).toBe("safe");
    expect((await service.cli("deploy", join(folder, "swarm.ts"))).code).toBe(0);
    expect(await read()).toEqual({ total: 100, version: 2 });
    await service.kill9();
    await service.start();
    await add();
    expect(await read()).toEqual({ total: 101, version: 2 });
  }, 60_000);

  test.each<[string, Variant, string, RegExp]>([
    ["a renamed state", { state: "counting" }, "needs_migration", /state "counting"|state "live"/],
    ["a removed delay", { delay: "day" }, "needs_migration", /delay "hour/],
    ["a higher version without migrate", { version: 2 }, "needs_migration", /has no migrate/],
    [
      "a migrate that throws",
      {
        version: 2,
        migrate: "() => { throw new Error('planted') }",
      },
      "would_strand",
      /planted/,
    ],
    [
      "a migrate that returns nonsense",
      {
        version: 2,
        migrate: "() => 7 as never",
      },
      "would_strand",
      /./,
    ],
  ])("%s: said beforehand, then parked with its mailbox, and healed by the next", async (
    _,
    variant,
    verdict,
    why,
  ) => {
    await add();
    await read();
    await put(variant);
    const found = await check();
    expect(found).toMatchObject({ verdict, code: 1 });
    expect(found.kinds[0]!.agents[0]!.state.why).toMatch(why);
    expect((await service.client.agent("/a")).status).not.toBe("parked");
    await service.client.deploy(file());
    await add();
    const { lastError } = await eventually(async () => {
      const detail = await service.client.agent("/a");
      return detail.status === "parked" && detail;
    });
    expect(lastError).toMatchObject({ code: "definition_changed" });
    expect((await service.client.agent("/a")).mailboxDepth).toBe(1);
    await put();
    await service.client.deploy(file());
    expect(await read()).toEqual({ total: 2, version: 1 });
    expect((await service.client.deadLetters({})).items).toEqual([]);
  }, 60_000);

  test("queued messages that no longer pass are dead letters invalid_payload", async () => {
    await read();
    await service.client.carryOut("pause", "/a");
    await add();
    await put({ n: "z.string()" });
    const found = await check();
    expect(found).toMatchObject({ verdict: "would_strand", code: 1 });
    expect(found.kinds[0]!.agents[0]!.messages).toMatchObject([
      { type: "count.add", count: 1, verdict: "would_strand" },
    ]);
    await service.client.deploy(file());
    await service.client.carryOut("resume", "/a");
    expect((await read()).total).toBe(0);
    const { items } = await service.client.deadLetters({ to: "/a" });
    expect(items.map(({ reason }) => reason)).toEqual(["invalid_payload"]);
  }, 60_000);

  test("a syntax error shows file and line, and changes nothing", async () => {
    await Deno.writeTextFile(file(), "export default {,};");
    const { code, err } = await service.cli("deploy", file());
    expect(code).not.toBe(0);
    expect(err).toMatch(/bad_bundle.*counter\.ts:1:17/s);
    expect(await read()).toEqual({ total: 0, version: 1 });
    const missing = await service.cli("deploy", join(folder, "none.ts"));
    expect([missing.code !== 0, missing.err]).toEqual([true, expect.stringMatching(/none\.ts/)]);
  }, 60_000);
});

describe("dreamos deploy of a migrate that harms", () => {
  beforeEach(async () => {
    service = await startService({
      swarm: join(folder, "swarm.ts"),
      args: ["--limit", "turnDeadlineMs=1s", "--limit", "killGraceMs=500ms"],
    });
  });
  afterEach(() => service?.remove());

  test.each([
    ["never ends", "() => { for (;;); }"],
    ["ends its thread", "() => Reflect.get(globalThis, 'Deno').exit(1)"],
  ])("%s: said beforehand; parked, and no message is charged", async (_, migrate) => {
    await add();
    await read();
    await put({ version: 2, migrate });
    expect(await check()).toMatchObject({ verdict: "would_strand", code: 1 });
    await service.client.deploy(file());
    await add();
    const { lastError, mailboxDepth } = await eventually(async () => {
      const detail = await service.client.agent("/a");
      return detail.status === "parked" && detail;
    });
    expect([lastError?.code, mailboxDepth]).toEqual(["definition_changed", 1]);
    await put();
    await service.client.deploy(file());
    expect(await read()).toEqual({ total: 2, version: 1 });
    expect((await service.client.deadLetters({})).items).toEqual([]);
  }, 60_000);
});

describe("dreamos up --watch", () => {
  beforeEach(async () => {
    service = await startService({ swarm: join(folder, "swarm.ts"), args: ["--watch"] });
  });
  afterEach(() => service?.remove());

  test("deploys on save with state kept; a fault leaves what ran", async () => {
    await add();
    expect(await read()).toEqual({ total: 1, version: 1 });
    const savedMs = systemClock.monotonicMs();
    await put({ step: 5 });
    await eventually(() => addsStep(5), { everyMs: 20 });
    // Within 2 s on a machine that has nothing else to do.
    expect(systemClock.monotonicMs() - savedMs).toBeLessThan(15_000);
    await Deno.writeTextFile(file(), "export default {,};");
    await eventually(() => /counter\.ts:1:17.*what ran before goes on/s.test(service.err));
    expect(await addsStep(5)).toBe(true);
    await put({ step: 7 });
    await eventually(() => addsStep(7));
  }, 90_000);
});
