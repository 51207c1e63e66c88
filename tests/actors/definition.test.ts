/** What `defineAgent` refuses, what a manifest says, and states of other versions. */
import { describe, expect, it } from "vitest";
import { build } from "esbuild";
import { readDescribed } from "../../src/actors/read-described.ts";
import { answer, bundle, contextOf, message, ThreadBench } from "./thread-bench.ts";

function described(body: string) {
  const bench = new ThreadBench();
  bench.thread.load(bundle(body));
  return readDescribed(JSON.parse(JSON.stringify(bench.thread.describe())));
}

const machine = (config: string, setup = "") =>
  described(
    `defineAgent({ kind: "k", accepts: {},
      machine: setupAgent({ ${setup} }).createMachine(${config}) })`,
  );

const agent = (fields: string) =>
  described(
    `defineAgent({ kind: "k", accepts: {}, machine: setupAgent({}).createMachine({}), ${fields} })`,
  );

describe("the manifest", () => {
  it("holds the chart for people and tools that draw it", () => {
    const told = machine(
      `{ id: "m", initial: "a", context: { secret: 1 },
        states: { a: { on: { go: { guard: function isIt() {}, target: "b" } } }, b: {} } }`,
    );
    expect(told.ok && JSON.parse(told.manifest.chart!)).toEqual({
      id: "m",
      initial: "a",
      states: { a: { on: { go: { guard: { type: "isIt" }, target: "b" } } }, b: {} },
    });
    const many = Array.from({ length: 5_000 }, (_, i) => `s${i}: { on: { e${i}: "s0" } }`);
    const large = machine(`{ initial: "s0", states: { ${many.join(", ")} } }`);
    expect(large.ok && large.manifest.chart).toBe(null);
  });

  it("says what the agent accepts, answers, needs and hears of the runtime", () => {
    const told = described(`defineAgent({
      kind: "reader", version: 3,
      accepts: { read: z.object({ path: z.string().min(1), n: z.number().optional() }) },
      replies: { read: z.object({ ok: z.boolean() }) },
      input: z.object({ folder: z.string() }),
      needs: { calls: ["file.read"], read: ["/data"] },
      machine: setupAgent({}).createMachine({ on: { "system.stop": {}, read: {} }, initial: "a",
        states: { a: { on: { "system.resume": {} } } } }),
    })`);
    expect(told).toEqual({
      ok: true,
      manifest: {
        kind: "reader",
        version: 3,
        accepts: {
          read: {
            type: "object",
            properties: { path: { type: "string", minLength: 1 }, n: { type: "number" } },
            required: ["path"],
          },
        },
        replies: {
          read: { type: "object", properties: { ok: { type: "boolean" } }, required: ["ok"] },
        },
        input: { type: "object", properties: { folder: { type: "string" } }, required: ["folder"] },
        needs: { calls: ["file.read"], read: ["/data"] },
        system: ["system.resume", "system.stop"],
        chart: expect.any(String),
      },
    });
  });

  it("comes out of a real bundle", async () => {
    const made = await build({
      stdin: {
        contents: `import { defineAgent, setupAgent, z } from "dreamos";
          const accepts = { go: z.object({ n: z.int() }) };
          export default defineAgent({ kind: "b", accepts,
            machine: setupAgent({ accepts }).createMachine({ on: { go: {} } }) });`,
        loader: "ts",
      },
      bundle: true,
      write: false,
      format: "cjs",
      platform: "neutral",
      external: ["xstate", "zod", "dreamos"],
    });
    const bench = new ThreadBench();
    bench.thread.load({ hash: "1".repeat(64), code: made.outputFiles[0]!.text });
    expect(bench.thread.describe()).toMatchObject({ ok: true, manifest: { kind: "b" } });
  });
});

describe("what is refused when it is defined", () => {
  it.each([
    [`kind: "a b"`, /kind is "a b"/],
    [`version: 0`, /version is 0/],
    [`accepts: { "system.stop": z.object({}) }`, /accepts\.system\.stop belongs to the runtime/],
    [`accepts: { x: z.string() }`, /accepts\.x must be an object/],
    [`accepts: { x: z.object({ type: z.string() }) }`, /accepts\.x has the key "type"/],
    [
      `accepts: { x: z.union([z.object({}), z.object({ envelope: z.string() })]) }`,
      /key "envelope"/,
    ],
    [`accepts: { x: z.object({ n: z.number().refine((n) => n > 1) }) }`, /accepts\.x.*refinement/],
    [`accepts: { x: z.object({ n: z.string().trim() }) }`, /accepts\.x.*trim/],
    [`accepts: { x: z.object({ n: z.string().transform(Number) }) }`, /accepts\.x.*transform/],
    [`accepts: { x: z.object({ n: z.string().default("") }) }`, /accepts\.x.*default/],
    [`accepts: { x: z.object({ n: z.date() }) }`, /accepts\.x.*Date/],
    [`accepts: { x: 5 }`, /accepts\.x is no zod schema/],
    [`replies: { y: z.object({}) }`, /replies\.y is not among accepts/],
    [`machine: {}`, /machine is no machine/],
    [`machine: { __xstatenode: true }`, /another copy of xstate/],
    [`needs: { calls: [1] }`, /needs\.calls must be/],
  ])("%s", (fields, why) => {
    const told = agent(fields);
    expect(told.ok).toBe(false);
    if (!told.ok) expect(told.error.message).toMatch(why);
  });

  it.each([
    ["{ entry: () => {} }", "", /^machine\.entry\[0\] is a function/],
    [
      "{ entry: 'x' }",
      "actions: { x: () => {} }",
      /^machine\.actions\.x is a function/,
    ],
    ["{ entry: 'y' }", "", /machine\.entry\[0\] names the action "y"/],
    ["{ on: { a: { guard: 'g' } } }", "", /machine\.on\.a\.guard names the guard "g"/],
    [
      "{ initial: 'a', states: { a: { after: { typo: 'a' } } } }",
      "",
      /states\.a\.after names the delay "typo"/,
    ],
    ["{ entry: raise({ type: 'x' }, { delay: 'typo' }) }", "", /names the delay "typo"/],
    ["{ invoke: { src: 'nobody' } }", "", /invoke\[0\] names the actor "nobody"/],
    [
      "{ entry: spawnChild(fromPromise(async () => 1), { id: 'x' }) }",
      "",
      /spawns logic without a name/,
    ],
    ["{ entry: spawnChild('p') }", "actors: { p: fromPromise(async () => 1) }", /without an id/],
    ["{ id: 'm', on: { up: '#m' } }", "", /machine\.on\.up targets the root without reenter/],
    ["{ on: { 'system.*': {} } }", "", /must name each system event/],
    [
      "{ invoke: { src: { start() {}, transition: (s) => s, getPersistedSnapshot: (s) => s, " +
      "getInitialSnapshot: () => ({ status: 'active' }) } } }",
      "",
      /logic with a start of its own/,
    ],
    [
      "{ invoke: { src: 'kid' } }",
      "actors: { kid: setupAgent({}).createMachine({ entry: () => {} }) }",
      /machine\.actors\.kid\.entry\[0\] is a function/,
    ],
  ])("%s %s", (config, setup, why) => {
    const told = machine(config, setup);
    expect(told.ok).toBe(false);
    if (!told.ok) expect(told.error.message).toMatch(why);
  });

  it("what is hidden in enqueueActions is refused when it runs", () => {
    const bench = new ThreadBench();
    bench.fresh(bundle(`defineAgent({ kind: "k", accepts: { go: z.object({}) },
      machine: setupAgent({}).createMachine({ on: { go: { actions: enqueueActions(({ enqueue }) => {
        enqueue(() => {}); }) } } }) })`));
    expect(bench.fail(message("go"))).toMatchObject({ reason: "not_durable", at: 0 });
  });

  it.each(["fs", "node:fs", "npm:x", "../other.ts"])("a bundle cannot require %s", (name) => {
    const bench = new ThreadBench();
    bench.thread.load({ hash: "2".repeat(64), code: `require(${JSON.stringify(name)})` });
    expect(bench.thread.describe()).toMatchObject({ ok: false });
  });
});

describe("a state of another bundle", () => {
  const version = (n: number, states: string, rest = "", migrate = "") =>
    bundle(
      `defineAgent({ kind: "k", version: ${n}, ${migrate}
      accepts: { go: z.object({}), on: z.object({}) },
      machine: setupAgent({ actors: { work: call("file.read") } }).createMachine({
        context: { n: 1 }, initial: "a", ${rest} states: ${states} }) })`,
    );
  const old = version(
    1,
    `{ a: { on: { go: "b" } }, b: { after: { 50: "a" }, invoke: { src: "work", id: "w" } } }`,
  );
  const stored = () => {
    const bench = new ThreadBench();
    bench.fresh(old);
    return bench.turn(message("go"));
  };

  it("goes on where the machine still has all that it names", () => {
    const turned = stored();
    const bench = new ThreadBench();
    const fits = version(
      1,
      `{ a: {}, b: { after: { 50: "c" }, invoke: { src: "work", id: "w", onDone: "a" } }, c: {} }`,
    );
    expect(bench.start(fits, {}, turned.state)).toEqual({ t: "started" });
    const timer = turned.effects.find((effect) => effect.kind === "schedule") as { id: string };
    expect(bench.turn(answer("timer", timer.id)).summary.value).toBe("c");
  });

  it.each([
    [`{ a: {} }`, /state "b"/],
    [`{ a: {}, b: { invoke: { src: "work", id: "w" } } }`, /delay "50\.\(machine\)\.b"/],
    [`{ a: {}, b: { after: { 50: "a" } } }`, /invoke "w"/],
  ])("%s is refused with what is missing", (states, missing) => {
    const frame = new ThreadBench().start(version(1, states), {}, stored().state);
    expect(frame).toMatchObject({
      t: "failed",
      turn: null,
      reason: "definition_changed",
      error: { message: expect.stringMatching(missing) },
    });
  });

  it("a higher version migrates, once", () => {
    const next = version(
      2,
      `{ x: { on: { on: { actions: assign({ n: ({ context }) => context.n + 1 }) } } }, a: {} }`,
      "",
      `migrate: (state, from) =>
        ({ ...state, value: "x", context: { n: from * 10 }, children: {} }),`,
    );
    const bench = new ThreadBench();
    expect(bench.start(next, {}, stored().state)).toEqual({ t: "started" });
    const turned = bench.turn(message("on"));
    expect(contextOf(turned)).toEqual({ n: 11 });
    expect(turned.state.version).toBe(2);
  });

  it("a higher version without migrate, or a lower one, is refused", () => {
    const higher = version(2, `{ a: {}, b: {} }`);
    expect(new ThreadBench().start(higher, {}, stored().state)).toMatchObject({
      reason: "definition_changed",
    });
    const bench = new ThreadBench();
    const ahead = { ...stored().state, version: 7 };
    expect(bench.start(version(1, `{ a: {}, b: {} }`), {}, ahead)).toMatchObject({
      reason: "definition_changed",
    });
  });
});
