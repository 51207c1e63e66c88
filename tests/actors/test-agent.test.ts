/** `testAgent`, as authors use it: with and without a crash after each turn. */
import { describe, expect, it } from "vitest";
import {
  agentAt,
  ask,
  assign,
  call,
  defineAgent,
  emit,
  fromCallback,
  fromPromise,
  log,
  refuse,
  reply,
  type ReplyTo,
  setupAgent,
  spawnAgent,
  stopAgent,
  tell,
  z,
} from "../../src/index.ts";
import { AgentFailed, testAgent } from "../../src/testing.ts";

const scribe = agentAt("/scribe", {
  accepts: { keep: z.object({ text: z.string() }), stats: z.object({}) },
  replies: { stats: z.object({ open: z.number() }) },
});

const accepts = {
  read: z.object({ path: z.string().min(1) }),
  count: z.object({}),
  later: z.object({ ms: z.number() }),
  compute: z.object({ n: z.number() }),
  listen: z.object({}),
  stats: z.object({}),
  spawn: z.object({}),
  fail: z.object({}),
  unstorable: z.object({}),
  forbidden: z.object({}),
  note: z.object({}),
  finish: z.object({}),
};
const replies = { count: z.object({ count: z.number() }), later: z.object({ ok: z.boolean() }) };

interface Context {
  count: number;
  text: string | null;
  waiting: ReplyTo<{ ok: boolean }> | null;
  error: unknown;
}

const setup = setupAgent({
  accepts,
  replies,
  types: {} as { context: Context; input: { count?: number }; events: { type: "heard" } },
  actors: {
    readFile: call("file.read"),
    denied: call("memory.stats"),
    stats: ask({ to: scribe, type: "stats", timeoutMs: 5_000 }),
    double: fromPromise<number, number>(async ({ input }) => {
      await Promise.resolve();
      if (input < 0) throw new RangeError("below zero");
      return input * 2;
    }),
    // Says one word each time it starts, a repeated one after a crash.
    ears: fromCallback(({ sendBack }) => sendBack({ type: "heard" })),
  },
  actions: {
    keepError: assign({ error: ({ event }) => (event as { error?: unknown }).error }),
  },
});

const failing = { target: "idle", actions: "keepError" } as const;

const worker = defineAgent({
  kind: "worker",
  accepts,
  replies,
  input: z.object({ count: z.number().optional() }),
  needs: { calls: ["file.read"] },
  machine: setup.createMachine({
    context: ({ input }) => ({ count: input.count ?? 0, text: null, waiting: null, error: null }),
    initial: "idle",
    on: {
      count: { actions: reply(({ context }) => ({ count: context.count })) },
      note: { actions: [log("noted"), emit({ type: "note.taken" }), tell("/test", "finish")] },
      spawn: {
        actions: [
          spawnAgent({ under: "/readers", name: "r", kind: "reader", input: { a: 1 } }),
          stopAgent("/readers/r"),
        ],
      },
      fail: {
        actions: [
          assign({ count: 99 }),
          assign(() => {
            throw new Error("broken");
          }),
        ],
      },
    },
    states: {
      idle: {
        on: {
          read: "reading",
          later: {
            target: "waiting",
            actions: assign({ waiting: ({ event }) => event.envelope.replyTo }),
          },
          compute: "computing",
          listen: "listening",
          stats: "asking",
          forbidden: "forbidden",
          unstorable: { actions: assign({ error: () => () => {} }) },
          finish: "ended",
        },
      },
      reading: {
        tags: "busy",
        invoke: {
          src: "readFile",
          input: ({ event }) => ({ path: (event as unknown as { path: string }).path }),
          onDone: {
            target: "idle",
            actions: [
              assign({ text: ({ event }) => event.output.text }),
              tell(scribe, "keep", ({ event }) => ({ text: event.output.text })),
            ],
          },
          onError: failing,
        },
      },
      waiting: {
        after: {
          3_600_000: {
            target: "idle",
            actions: reply({ ok: true }, { to: ({ context }) => context.waiting }),
          },
        },
        on: {
          finish: {
            target: "ended",
            actions: refuse("not_now", "over", { to: ({ context }) => context.waiting }),
          },
        },
      },
      computing: {
        invoke: {
          src: "double",
          input: ({ event }) => (event as unknown as { n: number }).n,
          onDone: { target: "idle", actions: assign({ count: ({ event }) => event.output }) },
          onError: failing,
        },
      },
      listening: {
        invoke: { src: "ears" },
        on: { heard: { actions: assign({ count: ({ context }) => context.count + 1 }) } },
      },
      asking: {
        invoke: {
          src: "stats",
          input: {},
          onDone: { target: "idle", actions: assign({ count: ({ event }) => event.output.open }) },
          onError: failing,
        },
      },
      forbidden: { invoke: { src: "denied", input: {}, onError: failing } },
      ended: { type: "final" },
    },
    output: ({ context }) => ({ count: context.count }),
  }),
});

const file = (text: string) => ({ text, hash: "", sizeBytes: 1, mtimeMs: 0 });

describe.each([{ crashAfterEveryTurn: false }, { crashAfterEveryTurn: true }])("%o", (crash) => {
  it("calls are answered by stubs, and what is sent is seen", async () => {
    const agent = await testAgent(worker, {
      ...crash,
      calls: { "file.read": ({ path }) => Promise.resolve(file(`text of ${path}`)) },
    });
    await agent.send("read", { path: "/a" });
    expect(agent.value).toBe("idle");
    expect(agent.context.text).toBe("text of /a");
    expect(agent.seen.called).toEqual([{ name: "file.read", input: { path: "/a" } }]);
    expect(agent.seen.sent).toEqual([
      { to: "/scribe", type: "keep", payload: { text: "text of /a" }, lane: "normal" },
    ]);
    expect(agent.open).toEqual([]);
  });

  it("calls without a stub stay open until the test answers", async () => {
    const agent = await testAgent(worker, crash);
    await agent.send("read", { path: "/a" });
    expect(agent.matches("reading") && agent.tags).toEqual(["busy"]);
    expect(agent.open).toMatchObject([{ kind: "call", name: "file.read", input: { path: "/a" } }]);
    await expect(agent.answer("memory.put", 1)).rejects.toThrow(/open is file\.read/);
    await agent.fail("file.read", { code: "file_not_found", message: "no /a" });
    expect(agent.context.error).toEqual({ code: "file_not_found", message: "no /a" });
    await agent.send("read", { path: "/b" });
    await agent.answer("file.read", file("b"));
    expect(agent.context.text).toBe("b");
  });

  it("a stub that throws is an error of its call, with its code", async () => {
    const lost = Object.assign(new Error("gone"), { code: "file_not_found" });
    const agent = await testAgent(worker, {
      ...crash,
      calls: {
        "file.read": () => {
          throw lost;
        },
      },
    });
    await agent.send("read", { path: "/a" });
    expect(agent.context.error).toEqual({ code: "file_not_found", message: "gone" });
  });

  it("a call that needs does not name is denied, as by the gateway", async () => {
    const agent = await testAgent(worker, {
      ...crash,
      calls: { "memory.recall": () => ({ hits: [] }) },
    });
    await agent.send("forbidden");
    expect(agent.context.error).toMatchObject({ code: "denied" });
  });

  it("asks are answered by stubs, or time out on the test's clock", async () => {
    const agent = await testAgent(worker, { ...crash, asks: { stats: () => ({ open: 7 }) } });
    await agent.send("stats");
    expect(agent.context.count).toBe(7);
    expect(agent.seen.asked).toEqual([{ to: "/scribe", type: "stats", payload: {} }]);
    const lonely = await testAgent(worker, crash);
    await lonely.send("stats");
    await lonely.advance(4_999);
    expect(lonely.value).toBe("asking");
    await lonely.advance(1);
    expect(lonely.context.error).toMatchObject({ code: "ask_timeout" });
  });

  it("replies come back, at once or when the clock has gone on", async () => {
    const agent = await testAgent(worker, { ...crash, input: { count: 3 } });
    expect(await agent.ask("count")).toEqual({ count: 3 });
    const later = agent.ask("later", { ms: 1 });
    await agent.settle();
    expect(agent.timers).toEqual([{ event: expect.stringMatching(/^xstate\.after/), inMs: 3.6e6 }]);
    // The ask itself is given up after 30 s.
    await agent.advance("1h");
    await expect(later).rejects.toMatchObject({ code: "ask_timeout" });
    expect(agent.value).toBe("idle");
    const refused = agent.ask("later", { ms: 1 });
    await agent.send("finish");
    await expect(refused).rejects.toMatchObject({ code: "not_now", message: "over" });
    expect([agent.status, agent.output]).toEqual(["done", { count: 3 }]);
    await expect(agent.ask("count")).rejects.toMatchObject({ code: "agent_ended" });
  });

  it("promises run, and settle before the next word of the test", async () => {
    const agent = await testAgent(worker, crash);
    await agent.send("compute", { n: 21 });
    expect(agent.context.count).toBe(42);
    await agent.send("compute", { n: -1 });
    expect(agent.context.error).toBeInstanceOf(RangeError);
  });

  it("callbacks speak; after a loss of the thread they begin anew", async () => {
    const agent = await testAgent(worker, crash);
    await agent.send("listen");
    const { count } = agent.context;
    expect(count).toBe(1);
    await agent.crash();
    expect(agent.context.count).toBe(count + 1);
  });

  it("the door refuses what it would refuse", async () => {
    const agent = await testAgent(worker, crash);
    await expect(agent.send("read", { path: "" })).rejects.toMatchObject({
      code: "invalid_payload",
    });
    await expect(agent.send("sing" as "note")).rejects.toMatchObject({ code: "unknown_type" });
    await expect(testAgent(worker, { ...crash, input: { count: "x" } as never })).rejects
      .toMatchObject({ code: "invalid_payload" });
  });

  it("a turn that fails is not taken: state and effects are those before", async () => {
    const agent = await testAgent(worker, crash);
    await agent.send("listen");
    await expect(agent.send("fail")).rejects.toThrow(AgentFailed);
    // The thread was lost with the turn, so the callback spoke again.
    expect(agent.context.count).toBe(2);
    const other = await testAgent(worker, crash);
    await expect(other.send("unstorable")).rejects.toMatchObject({
      reason: "not_durable",
      message: expect.stringMatching(/context\.error is a function/),
    });
    expect(await other.ask("count")).toEqual({ count: 0 });
  });

  it("shows what else it did", async () => {
    const agent = await testAgent(worker, { ...crash, address: "/a/b" });
    await agent.send("note");
    await agent.send("spawn");
    await agent.send("listen");
    await agent.send("compute", { n: 1 });
    expect(agent.seen).toMatchObject({
      logs: ["noted"],
      published: [{ type: "note.taken" }],
      sent: [{ to: "/test", type: "finish" }],
      spawned: [{ under: "/readers", name: "r", kind: "reader", input: { a: 1 } }],
      stopped: ["/readers/r"],
      unhandled: [{ type: "compute", payload: { n: 1 } }],
    });
  });

  it("a message to itself arrives", async () => {
    const agent = await testAgent(worker, crash);
    await agent.send("note");
    expect(agent.status).toBe("done");
  });
});

it("a crash after every turn really is one: nothing survives beside the state", async () => {
  const agent = await testAgent(worker, { crashAfterEveryTurn: true });
  await agent.send("listen");
  const turns = agent.turns;
  await expect(agent.ask("count")).resolves.toEqual({ count: 1 });
  // The ask's turn lost the thread, so the callback spoke again.
  expect([agent.context.count, agent.turns]).toEqual([2, turns + 2]);
});

it("a new version goes on from the state of the old one", async () => {
  const make = (version: number) => {
    const accepts = { add: z.object({}) };
    return defineAgent({
      kind: "k",
      version,
      accepts,
      machine: setupAgent({ accepts, types: {} as { context: { n: number } } }).createMachine({
        context: { n: 0 },
        on: { add: { actions: assign({ n: ({ context }) => context.n + version }) } },
      }),
      migrate: (state) => ({ ...state, context: { n: Number(state.context.n) * 100 } }),
    });
  };
  const old = await testAgent(make(1));
  await old.send("add");
  const young = await testAgent(make(2), { stored: old.stored });
  await young.send("add");
  expect(young.context).toEqual({ n: 102 });
});
