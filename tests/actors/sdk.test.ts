/** The SDK's pieces inside a thread: each becomes its effect, each answer finds its invocation. */
import { describe, expect, it } from "vitest";
import { answer, bundle, contextOf, message, ThreadBench } from "./thread-bench.ts";

const replyTo = { to: "/asker", ask: "a7.x", expiresAtMs: 2_000_000 };

describe("actions", () => {
  const code = bundle(`defineAgent({
    kind: "k",
    accepts: {
      go: z.object({ n: z.number().optional() }), keep: z.object({}), later: z.object({}),
    },
    machine: setupAgent({}).createMachine({
      context: { kept: null },
      on: {
        go: { actions: [
          emit(({ event }) => ({ type: "went", n: event.n })),
          tell("captain", "note", ({ event }) => ({ n: event.n, none: undefined }),
            { lane: "high", expiresInMs: 50 }),
          tell(({ event }) => "/w/" + event.n, "plain"),
          reply(({ event }) => ({ twice: event.n * 2 })),
          spawnAgent(({ event: { n } }) => ({
            under: "/readers", name: "r" + n, kind: "reader", input: { n }, restart: "temporary",
          })),
          stopAgent("/readers/r0"),
          log(({ event }) => "went " + event.n),
        ] },
        keep: { actions: assign({ kept: ({ event }) => event.envelope.replyTo }) },
        later: { actions:
          refuse("not_found", "no such thing", { to: ({ context }) => context.kept }) },
      },
    }),
  })`);

  it("become effects with the index of their envelope", () => {
    const bench = new ThreadBench();
    bench.fresh(code);
    const { effects } = bench.turn(message("keep"), message("go", { n: 4 }, { replyTo }));
    expect(effects).toEqual([
      { kind: "log", at: 1, level: "info", text: "went 4" },
      { kind: "publish", at: 1, type: "went", payload: '{"n":4}' },
      {
        kind: "send",
        at: 1,
        to: "/captain",
        type: "note",
        payload: '{"n":4}',
        lane: "high",
        expiresInMs: 50,
        ask: null,
      },
      {
        kind: "send",
        at: 1,
        to: "/w/4",
        type: "plain",
        payload: "{}",
        lane: "normal",
        expiresInMs: null,
        ask: null,
      },
      { kind: "reply", at: 1, replyTo, payload: '{"ok":true,"value":{"twice":8}}' },
      {
        kind: "spawn",
        at: 1,
        under: "/readers",
        name: "r4",
        agent: "reader",
        input: '{"n":4}',
        restart: "temporary",
      },
      { kind: "stop", at: 1, address: "/readers/r0" },
    ]);
  });

  it("a tell needs no answer, an ask may get one in a later turn", () => {
    const bench = new ThreadBench();
    bench.fresh(code);
    expect(bench.turn(message("go", { n: 1 })).effects.map((e) => e.kind)).not.toContain("reply");
    const kept = bench.turn(message("keep", {}, { replyTo }));
    expect(kept.summary.owes).toBe(1);
    const cold = new ThreadBench();
    cold.start(code, {}, kept.state);
    const later = cold.turn(message("later"));
    expect(later.effects).toEqual([{
      kind: "reply",
      at: 0,
      replyTo,
      payload: '{"ok":false,"error":{"code":"not_found","message":"no such thing"}}',
    }]);
    expect(later.summary.owes).toBe(0);
  });

  it("an ask that has expired is no longer owed", () => {
    const bench = new ThreadBench();
    bench.fresh(code);
    expect(bench.turn(message("keep", {}, { replyTo })).summary.owes).toBe(1);
    bench.nowMs = replyTo.expiresAtMs;
    expect(bench.turn(message("go", { n: 1 })).summary.owes).toBe(0);
  });

  it.each([
    ["tell('/x', 'system.stop')", "reserved_type", /belongs to the runtime/],
    ["tell('no address/', 'x')", "invalid_address", /Cannot read/],
    [
      "tell('/x', 'x', { when: new Date(0) })",
      "not_durable",
      /payload of tell "x"\.when is an instance of Date/,
    ],
    ["tell('/x', 'x', () => ({ f() {} }))", "not_durable", /\.f is a function/],
    ["tell('/x', 'x', { big: 'x'.repeat(2e6) })", "payload_too_large", /at most 1048576/],
    ["tell('/x', 'x', {}, { lane: 'urgent' })", "bad_frame", /lane is "urgent"/],
    ["tell('/x', 'x', {}, { expiresInMs: 1.5 })", "bad_frame", /expiresInMs is 1\.5/],
    ["tell('/x', 'y'.repeat(300))", "bad_frame", /send\.type is no text/],
    ["emit(() => ({ type: 'system.stop' }))", "bad_frame", /not for agents/],
    ["raise({ type: 'x' }, { delay: () => 1e15 })", "not_durable", /a hundred years/],
    ["spawnAgent({ under: '/r', name: 'a/b', kind: 'k' })", "bad_frame", /no part of an address/],
    ["reply(1, { to: () => ({ to: '/x', ask: 'a', expiresAtMs: 0.5 }) })", "bad_frame", /0\.5/],
    ["refuse('Not Good', 'x', { to: () => ({ to: '/x' }) })", "crashed", /not_found/],
    ["emit({ type: 'x', m: new Map() })", "not_durable", /emit "x"\.m is an instance of Map/],
  ])("%s refuses the turn, here and not at the wall", (action, code, message_) => {
    const bench = new ThreadBench();
    bench.fresh(bundle(`defineAgent({ kind: "k", accepts: { go: z.object({}) },
      machine: setupAgent({}).createMachine({ on: { go: { actions: ${action} } } }) })`));
    const failed = bench.fail(message("go"));
    expect(failed.error.message).toMatch(message_);
    expect(failed.reason).toBe(code === "not_durable" ? "not_durable" : "crashed");
    expect(failed.at).toBe(0);
  });
});

describe("calls and asks", () => {
  const code = bundle(`defineAgent({
    kind: "k",
    accepts: {
      read: z.object({ path: z.string() }), ask: z.object({ to: z.string() }), leave: z.object({}),
    },
    machine: setupAgent({ actors: {
      readFile: call("file.read"),
      askFixed: ask({ to: "/scribe", type: "recall", timeoutMs: 500 }),
      askAny: ask({ type: "recall" }),
    } }).createMachine({
      context: {},
      initial: "idle",
      states: {
        idle: { on: { read: "reading", ask: "asking" } },
        reading: {
          invoke: { id: "r", src: "readFile", input: ({ event }) => ({ path: event.path }),
            onDone: { target: "idle", actions: assign({ done: ({ event }) => event.output }) },
            onError: { target: "idle", actions: assign({ error: ({ event }) => event.error }) } },
          on: { leave: "idle", "*": { actions: assign({ wild: true }) } },
        },
        asking: {
          invoke: [
            { id: "f", src: "askFixed", input: { q: 1 },
              onDone: { actions: assign({ fixed: ({ event }) => event.output }) } },
            { id: "a", src: "askAny", input: ({ event }) => ({ to: event.to, payload: { q: 2 } }),
              onError: { actions: assign({ error: ({ event }) => event.error }) } },
          ],
          on: { leave: "idle" },
        },
      },
    }),
  })`);

  it("a call is an effect, its result is its invocation's alone", () => {
    const bench = new ThreadBench();
    bench.fresh(code);
    const asked = bench.turn(message("read", { path: "/x" }));
    expect(asked.effects).toEqual([
      {
        kind: "call",
        at: 0,
        id: expect.stringMatching(/^c1\./),
        name: "file.read",
        input: '{"path":"/x"}',
      },
    ]);
    const first = (asked.effects[0] as { id: string }).id;
    const left = bench.turn(message("leave"), message("read", { path: "/y" }));
    expect(left.effects.map((effect) => effect.kind)).toEqual(["cancel", "call"]);
    const second = (left.effects[1] as { id: string }).id;
    // The result of the first visit is stale in the second.
    const stale = bench.turn(answer("result", first, { ok: true, value: "old" }));
    expect(stale).toMatchObject({ consumed: 1, stale: [0], unhandled: [] });
    // A reply is no answer to a call, whatever id it names.
    expect(bench.turn(answer("reply", second, { ok: true, value: "no" })).stale).toEqual([0]);
    const done = bench.turn(answer("result", second, { ok: true, value: { text: "new" } }));
    expect(contextOf(done)).toEqual({ done: { text: "new" } });
    expect(bench.turn(answer("result", second, { ok: true, value: 1 })).stale).toEqual([0]);
  });

  it("errors reach onError as code and message, after a cold start too", () => {
    const bench = new ThreadBench();
    bench.fresh(code);
    const asked = bench.turn(message("read", { path: "/x" }));
    const cold = new ThreadBench();
    cold.start(code, {}, asked.state);
    const error = { code: "file_not_found", message: "no /x" };
    const id = (asked.effects[0] as { id: string }).id;
    expect(contextOf(cold.turn(answer("result", id, { ok: false, error })))).toEqual({ error });
  });

  it("a call that is no longer wanted in the same turn is never made", () => {
    const bench = new ThreadBench();
    bench.fresh(code);
    expect(bench.turn(message("read", { path: "/x" }), message("leave")).effects).toEqual([]);
  });

  it("tags in what comes from outside are just data", () => {
    const bench = new ThreadBench();
    bench.fresh(code);
    const asked = bench.turn(message("read", { path: "/x" }));
    const value = { $: "actor", v: "x:0", id: "x" };
    const done = bench.turn(
      answer("result", (asked.effects[0] as { id: string }).id, { ok: true, value }),
    );
    expect(contextOf(done)).toEqual({ done: { $: "object", v: value } });
    const cold = new ThreadBench();
    cold.start(code, {}, done.state);
    expect(contextOf(cold.turn(message("leave")))).toEqual({ done: { $: "object", v: value } });
  });

  it("asks go out as messages and come back as outcomes", () => {
    const bench = new ThreadBench();
    bench.fresh(code);
    const asked = bench.turn(message("ask", { to: "/other" }));
    expect(asked.effects).toMatchObject([
      { kind: "send", to: "/scribe", type: "recall", payload: '{"q":1}', expiresInMs: 500 },
      { kind: "send", to: "/other", type: "recall", payload: '{"q":2}', expiresInMs: null },
    ]);
    const [fixed, free] = asked.effects.map((effect) => (effect as { ask: string }).ask);
    expect(fixed).toMatch(/^a1\./);
    const error = { code: "ask_timeout", message: "too late" };
    const done = bench.turn(
      answer("reply", fixed!, { ok: true, value: [1] }),
      answer("reply", free!, { ok: false, error }),
    );
    expect(contextOf(done)).toEqual({ fixed: [1], error });
    expect(bench.turn(message("leave")).effects).toEqual([]);
    bench.turn(message("ask", { to: "/other" }));
    expect(bench.turn(message("leave")).effects).toMatchObject([
      { kind: "cancel", what: "ask" },
      { kind: "cancel", what: "ask" },
    ]);
  });

  it("an ask without a proper address is an error of its invocation", () => {
    const bench = new ThreadBench();
    bench.fresh(code);
    const done = bench.turn(message("ask", { to: "no such place/" }));
    expect(contextOf(done)["error"]).toMatchObject({ code: "invalid_address" });
  });
});
