/** Life of an agent in its thread: turns, slices, runs, failures, restarts. */
import { describe, expect, it } from "vitest";
import { answer, bundle, contextOf, message, ThreadBench } from "./thread-bench.ts";
import { readFromThread } from "../../src/actors/read-from-thread.ts";
import { defaultLimits } from "../../src/limits.ts";
import { envelope } from "../conformance/envelope.ts";

const counter = bundle(`defineAgent({
  kind: "counter",
  accepts: { inc: z.object({}), boom: z.object({}), end: z.object({}), bad: z.object({}) },
  input: z.object({ from: z.number() }),
  machine: setupAgent({}).createMachine({
    context: ({ input }) => ({ n: input.from }),
    output: ({ context }) => ({ n: context.n }),
    initial: "on",
    states: {
      on: { on: {
        inc: { actions: assign({ n: ({ context }) => context.n + 1 }) },
        boom: { actions: assign(() => { throw new TypeError("boom"); }) },
        bad: { actions: assign({ n: () => () => 1 }) },
        end: "end",
        "system.stop": { actions: log("stopping") },
        "*": { actions: log("what is this") },
      } },
      end: { type: "final" },
    },
  }),
})`);

describe("turns", () => {
  it("a fresh start makes the initial state in its first turn", () => {
    const bench = new ThreadBench();
    const first = bench.fresh(counter, { from: 3 });
    expect(first).toMatchObject({
      turn: 1,
      consumed: 0,
      effects: [],
      state: { bundle: counter.hash, version: 1 },
      summary: { status: "active", value: "on", runs: 0, owes: 0, output: null },
    });
    expect(contextOf(first)).toEqual({ n: 3 });
  });

  it("takes a batch, tells what was not handled, keeps wildcards to messages", () => {
    const bench = new ThreadBench();
    bench.fresh(counter, { from: 0 });
    const turned = bench.turn(
      message("inc"),
      message("else"),
      envelope({ kind: "system", type: "system.stop" }),
      envelope({ kind: "system", type: "system.resume" }),
      message("system.stop"),
      message("xstate.done.actor.x"),
      answer("timer", "t9.x"),
      message("inc"),
    );
    expect(turned).toMatchObject({ consumed: 8, unhandled: [3, 4, 5], stale: [6] });
    expect(turned.effects.map((effect) => [effect.at, "text" in effect && effect.text])).toEqual([
      [1, "what is this"],
      [2, "stopping"],
    ]);
    expect(contextOf(turned)).toEqual({ n: 2 });
  });

  it("hands back the rest when the slice is over", () => {
    const bench = new ThreadBench({ turnSliceMs: 25, turnEnvelopes: 10 });
    bench.fresh(counter, { from: 0 });
    const many = Array.from({ length: 30 }, () => message("inc"));
    expect(bench.turn(...many).consumed).toBe(10);
    const clock = bench as { monotonic: number };
    Object.defineProperty(clock, "monotonic", {
      get: (() => {
        let t = 0;
        return () => t += 10;
      })(),
    });
    expect(bench.turn(...many).consumed).toBe(3);
  });

  it("ends with the machine: what comes after its end is not consumed", () => {
    const bench = new ThreadBench();
    bench.fresh(counter, { from: 5 });
    const turned = bench.turn(message("inc"), message("end"), message("inc"));
    expect(turned).toMatchObject({
      consumed: 2,
      summary: { status: "done", output: '{"n":6}' },
    });
  });

  it("payload keys never pass for type or envelope", () => {
    const bench = new ThreadBench();
    bench.fresh(counter, { from: 0 });
    const payload = '{"type":"boom","envelope":1,"__proto__":{"n":1}}';
    expect(contextOf(bench.turn(envelope({ type: "inc", payload })))).toEqual({ n: 1 });
    expect(({} as { n?: number }).n).toBeUndefined();
  });
});

describe("failures", () => {
  it("a throw fails the turn at its envelope; the agent is dead until a new start", () => {
    const bench = new ThreadBench();
    const { state } = bench.fresh(counter, { from: 0 });
    const failed = bench.fail(message("inc"), message("boom"), message("inc"));
    expect(failed).toMatchObject({
      turn: 2,
      at: 1,
      reason: "crashed",
      error: { name: "TypeError", message: "boom" },
    });
    const frames = bench.frames.length;
    bench.deliver(message("inc"));
    expect(bench.frames.length).toBe(frames);
    expect(bench.start(counter, {}, state)).toEqual({ t: "started" });
    expect(contextOf(bench.turn(message("inc")))).toEqual({ n: 1 });
  });

  it("what cannot be stored is refused with its path", () => {
    const bench = new ThreadBench();
    bench.fresh(counter, { from: 0 });
    expect(bench.fail(message("bad"))).toMatchObject({
      at: 0,
      reason: "not_durable",
      error: { message: expect.stringContaining("root.context.n is a function") },
    });
  });

  it("a state, a turn or a thread of work that grows beyond its bound", () => {
    const grow = bundle(
      `defineAgent({ kind: "k", accepts: { x: z.object({}), l: z.object({}), t: z.object({}) },
      machine: setupAgent({}).createMachine({ context: { s: "x".repeat(300) }, on: {
        x: { actions: assign({ s: ({ context }) => context.s + context.s }) },
        l: { actions: Array(99).fill(log("x")) },
        t: { actions: Array(9).fill(raise({ type: "x" }, { delay: 5 })) },
      } }) })`,
    );
    const limits = { stateBytes: 1_000, effectsPerTurn: 50, openPerAgent: 8 };
    const fails = (type: string) => {
      const bench = new ThreadBench(limits);
      bench.fresh(grow);
      return bench.fail(message(type));
    };
    const big = new ThreadBench(limits);
    big.fresh(grow);
    big.turn(message("x"));
    expect(big.fail(message("x"))).toMatchObject({ reason: "not_durable" });
    expect(fails("l").error.message).toContain("more than 50 effects");
    expect(fails("t").error.message).toContain("9 open timers; at most 8");
  });

  it("what is too much for a frame is spread over turns, or fails", () => {
    const loud = bundle(`defineAgent({ kind: "k", accepts: { x: z.object({ times: z.number() }) },
      machine: setupAgent({}).createMachine({ on: { x: { actions: enqueueActions(
        ({ enqueue, event }) => {
          for (let i = 0; i < event.times; i++) enqueue(tell("/b", "x", { s: "y".repeat(1000) }));
        }) } } }) })`);
    const bench = new ThreadBench({ frameBytes: 200_000 });
    bench.fresh(loud);
    const ten = () => message("x", { times: 10 });
    expect(bench.turn(...Array.from({ length: 20 }, ten)).consumed).toBe(5);
    expect(bench.fail(message("x", { times: 200 })).error.message).toContain("at most 200000");
  });

  it("the runtime's word on another message keeps that one's type", () => {
    const told = bundle(
      `defineAgent({ kind: "k", accepts: {}, machine: setupAgent({}).createMachine({
      context: {}, on: { "system.undelivered": { actions:
        assign(({ event: { type, ...rest } }) => rest) } } }) })`,
    );
    const bench = new ThreadBench();
    bench.fresh(told);
    const payload = '{"to":"/b","type":"note","code":"mailbox_full","message":"full"}';
    const turned = bench.turn(envelope({ kind: "system", type: "system.undelivered", payload }));
    expect(contextOf(turned)).toMatchObject({ to: "/b", messageType: "note" });
  });

  it("loops between actors and inside one end", () => {
    const loops = bundle(
      `defineAgent({ kind: "k", accepts: { self: z.object({}), raise: z.object({}) },
      machine: setupAgent({}).createMachine({ on: {
        self: { actions: sendTo(({ self }) => self, { type: "self" }) },
        raise: { actions: raise({ type: "raise" }) },
      } }) })`,
    );
    const bench = new ThreadBench();
    bench.fresh(loops);
    expect(bench.fail(message("self")).error.message).toContain("last of 10000 events");
    bench.fresh(loops);
    expect(bench.fail(message("raise")).error.message).toContain("within 10000 steps");
  });

  it("a bundle that cannot be loaded says why at describe and at start", () => {
    const bench = new ThreadBench();
    const bad = { hash: "0".repeat(64), code: "module.exports = { default: 5 }" };
    const frame = bench.start(bad);
    expect(frame).toMatchObject({ t: "failed", turn: null, reason: "bad_bundle" });
    expect(bench.thread.describe()).toMatchObject({ ok: false });
  });
});

const runner = (body: string, start = "go") =>
  bundle(
    `defineAgent({ kind: "k",
    accepts: { go: z.object({}), leave: z.object({}), say: z.object({}), back: z.object({}) },
    machine: setupAgent({ actors: { worker: ${body} } }).createMachine({
      context: { seen: [] }, initial: ${start === "go" ? '"idle"' : '"busy"'},
      on: { back: { actions:
        assign({ seen: ({ context, event }) => [...context.seen, event.n] }) } },
      states: { idle: { on: { go: "busy" } },
        busy: { invoke: { id: "worker", src: "worker", input: { n: 2 },
          onDone: { target: "idle", actions: assign({ done: ({ event }) => event.output }) },
          onError: { target: "idle", actions: assign({ error: ({ event }) => event.error }) } },
          on: { leave: "idle", say: { actions: sendTo("worker", { type: "say", n: 3 }) } } } },
    }) })`,
  );

describe("runs", () => {
  it("start after the commit, and their result is an envelope", async () => {
    const bench = new ThreadBench();
    bench.fresh(runner("fromPromise(async ({ input }) => new Map([[input.n, new Date(1)]]))"));
    const turned = bench.turn(message("go"));
    expect(turned.effects).toEqual([{ kind: "run", at: 0, id: expect.stringMatching(/^r1\./) }]);
    expect(turned.summary.runs).toBe(1);
    const frames = bench.frames.length;
    await Promise.resolve();
    expect(bench.frames.length).toBe(frames);
    bench.commit();
    const { id, payload } = await bench.ran();
    const done = bench.turn(answer("ran", id, payload));
    expect(contextOf(done)["done"]).toEqual({ $: "map", v: [[2, { $: "date", v: 1 }]] });
    expect(done.summary.runs).toBe(0);
  });

  it("start again from the stored state when the thread was lost", async () => {
    const code = runner("fromPromise(async ({ input }) => input.n)");
    const bench = new ThreadBench();
    bench.fresh(code);
    const { state } = bench.turn(message("go"));
    const again = new ThreadBench();
    again.start(code, {}, state);
    const { id, payload } = await again.ran();
    const done = again.turn(answer("ran", id, payload));
    expect(contextOf(done)["done"]).toBe(2);
    expect(again.turn(answer("ran", id, payload)).stale).toEqual([0]);
  });

  it("one that is stopped before its commit never starts; a later one is aborted", async () => {
    const code = runner(`fromPromise(({ signal }) => new Promise((resolve, reject) => {
      globalThis.started = (globalThis.started ?? 0) + 1;
      signal.addEventListener("abort", () => {
        globalThis.aborted = true;
        reject(new Error("aborted"));
      });
    }))`);
    const seen = globalThis as { started?: number; aborted?: boolean };
    const bench = new ThreadBench();
    bench.fresh(code);
    bench.turn(message("go"));
    bench.turn(message("leave"));
    bench.commit();
    expect(seen.started).toBeUndefined();
    bench.turn(message("go"));
    bench.commit();
    expect(seen.started).toBe(1);
    bench.turn(message("leave"));
    expect(seen.aborted).toBe(true);
    await Promise.resolve();
    expect(bench.frames.some((frame) => frame.t === "ran")).toBe(false);
  });

  it("callbacks talk both ways, emit, and reach others by systemId", async () => {
    const bench = new ThreadBench();
    bench.fresh(runner(`fromCallback(({ input, sendBack, receive, emit }) => {
      sendBack({ type: "back", n: input.n });
      receive(({ n }) => { sendBack({ type: "back", n }); emit({ type: "heard", n }); });
    })`));
    bench.turn(message("go"), message("say"));
    bench.commit();
    const words = [await bench.ran(), await bench.ran(), await bench.ran()];
    const turned = bench.turn(...words.map(({ id, payload }) => answer("ran", id, payload)));
    expect(contextOf(turned)).toEqual({ seen: [2, 3] });
    expect(turned.effects).toEqual([{ kind: "publish", at: 2, type: "heard", payload: '{"n":3}' }]);
    expect(turned.summary.runs).toBe(1);
  });

  it("errors reach onError as they were thrown", async () => {
    const bench = new ThreadBench();
    bench.fresh(
      runner(`fromPromise(() => { throw Object.assign(new RangeError("far"), { by: 3 }); })`),
    );
    bench.turn(message("go"));
    bench.commit();
    const { id, payload } = await bench.ran();
    expect(JSON.parse(payload)).toMatchObject({
      ok: false,
      error: { code: "crashed", message: "far" },
    });
    expect(contextOf(bench.turn(answer("ran", id, payload)))["error"]).toEqual({
      $: "error",
      v: { name: "RangeError", message: "far", by: 3 },
    });
  });

  it.each([
    ["({ f() {} })", "not_durable"],
    ['"x".repeat(2e6)', "payload_too_large"],
    ["JSON.parse('['.repeat(59) + '{}' + ']'.repeat(59)).concat(new Map([[1, 1]]))", null],
    ["Array(30).fill(0).reduce((inner) => new Map([[1, inner]]), 1)", "not_durable"],
  ])("a result that cannot be stored is the run's error: %s", async (value, code) => {
    const bench = new ThreadBench();
    bench.fresh(runner(`fromPromise(async () => ${value})`));
    bench.turn(message("go"));
    bench.commit();
    const frame = await bench.ran();
    readFromThread(JSON.stringify({ t: "ran", ...frame }), defaultLimits);
    expect(JSON.parse(frame.payload).error?.code ?? null).toBe(code);
  });
});

describe("ids per start", () => {
  const timers = bundle(`defineAgent({ kind: "k", accepts: { again: z.object({}) },
    machine: setupAgent({}).createMachine({ context: { n: 0 }, initial: "a", states: {
      a: { after: { 10: { actions: assign({ n: ({ context }) => context.n + 1 }) } },
        on: { again: { target: "a", reenter: true } } } } }) })`);

  it("a timer of an earlier visit is stale, before and after a cold start", () => {
    const bench = new ThreadBench();
    const first = bench.fresh(timers).effects[0] as { id: string; at: number; delayMs: number };
    expect(first).toMatchObject({ kind: "schedule", at: -1, delayMs: 10 });
    const again = bench.turn(message("again"));
    expect(again.effects).toMatchObject([{ kind: "cancel", what: "timer", id: first.id }, {
      kind: "schedule",
    }]);
    const second = again.effects[1] as { id: string };
    expect(bench.turn(answer("timer", first.id)).stale).toEqual([0]);
    const cold = new ThreadBench();
    cold.start(timers, {}, again.state);
    const fired = cold.turn(answer("timer", first.id), answer("timer", second.id));
    expect(fired.stale).toEqual([0]);
    expect(contextOf(fired)).toEqual({ n: 1 });
  });

  it("are never used twice, not even by a fresh start at the same address", () => {
    const bench = new ThreadBench();
    const first = bench.fresh(timers).effects[0] as { id: string };
    bench.nowMs += 1;
    const second = bench.fresh(timers).effects[0] as { id: string };
    expect(second.id).not.toBe(first.id);
  });
});
