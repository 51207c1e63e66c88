/** Causes, effects and stories of agents, read page by page out of a store. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { defaultLimits } from "../../src/limits.ts";
import { openInMemoryStore } from "../../src/storage/in-memory-store.ts";
import type { Change, Store } from "../../src/storage/store.ts";
import { agentHistory } from "../../src/supervisor/agent-history.ts";
import type { Core } from "../../src/supervisor/core.ts";
import { messageHistory } from "../../src/supervisor/message-history.ts";
import { Registry } from "../../src/supervisor/registry.ts";
import { agent, envelope, envelopeOf, keepAll, state, uuid } from "../contract/store-rows.ts";

let store: Store;
beforeEach(() => {
  store = openInMemoryStore({ clock: systemClock });
});
afterEach(() => store.close());

let seqs: Map<number, number>;
const idOf = (n: number) => uuid(n);

/** Messages by number: who handles it, and which one caused it. */
async function post(tree: [n: number, key: number, cause: number | null][]): Promise<void> {
  seqs = new Map();
  const changes: Change[] = [1, 2, 3].map((key) => agent(key));
  for (const [n, key, cause] of tree) {
    const seq = (seqs.get(key) ?? 0) + 1;
    seqs.set(key, seq);
    changes.push(envelope(key, seq, {
      id: idOf(n),
      cause: cause === null ? null : idOf(cause),
      from: cause === null ? "@owner" : "/agents/a-1",
      sentAtMs: 1_000 + n,
    }));
  }
  await store.commit(changes);
}

describe("of a message", () => {
  //   1 ─ 2 ─ 3 ─ 5
  //       │   └─ 6
  //       └─ 4 ─ 7
  const tree: [number, number, number | null][] = [
    [1, 1, null],
    [2, 2, 1],
    [3, 3, 2],
    [4, 1, 2],
    [5, 2, 3],
    [6, 2, 3],
    [7, 3, 4],
    [8, 3, null],
  ];

  const numbers = (ids: { id: string }[]) => ids.map(({ id }) => Number(id.slice(-6)));

  it("are its causes up to the first, and its effects in all agents", async () => {
    await post(tree);
    const found = await messageHistory(store, idOf(3), { limit: 100 });
    expect(numbers(found.ancestors)).toEqual([1, 2]);
    expect(found).toMatchObject({ origin: "outside", message: { id: idOf(3), afterCauseMs: 1 } });
    expect(numbers(found.effects.items)).toEqual([5, 6]);
    const whole = await messageHistory(store, idOf(3), { limit: 100, whole: true });
    expect(whole.effects.items.map(({ id, depth }) => [...numbers([{ id }]), depth]))
      .toEqual([[2, 1], [3, 2], [5, 3], [6, 3], [4, 2], [7, 3]]);
  });

  it.each([1, 2, 3, 5])("come in pages of %i without a gap or a double", async (limit) => {
    await post(tree);
    const found: number[] = [];
    let cursor: string | null = null;
    do {
      const query = cursor === null ? { limit } : { limit, cursor };
      const { effects } = await messageHistory(store, idOf(1), query);
      expect(effects.items.length).toBeLessThanOrEqual(limit);
      found.push(...numbers(effects.items));
      cursor = effects.nextCursor;
    } while (cursor !== null);
    expect(found).toEqual([2, 3, 5, 6, 4, 7]);
  });

  it("say where causes were removed, and refuse what is none of theirs", async () => {
    await post(tree);
    await store.commit([state(1, [0, 0, 9, 0]), state(2, [0, 0, 9, 0]), state(3, [0, 0, 9, 0])]);
    await store.prune({ ...keepAll, consumedBeforeMs: 1_002 });
    const found = await messageHistory(store, idOf(3), { limit: 100 });
    expect([numbers(found.ancestors), found.origin]).toEqual([[2], "not_kept"]);
    await expect(messageHistory(store, idOf(99), { limit: 9 }))
      .rejects.toMatchObject({ code: "message_not_found" });
    for (const cursor of [idOf(8), idOf(99), "x"]) {
      await expect(messageHistory(store, idOf(2), { limit: 9, cursor }))
        .rejects.toMatchObject({ code: "bad_request" });
    }
  });

  it("end at a depth and at a number of causes, and say so", async () => {
    const chain = Array.from(
      { length: 300 },
      (_, i): [number, number, number | null] => [i + 1, 1, i === 0 ? null : i],
    );
    await post(chain);
    const last = await messageHistory(store, idOf(300), { limit: 9 });
    expect([last.origin, last.ancestors.length]).toEqual(["too_far", 100]);
    const first = await messageHistory(store, idOf(1), { limit: 1_000 });
    const deepest = first.effects.items.at(-1)!;
    expect(deepest).toMatchObject({ isDeeper: true, depth: first.effects.items.length });
    expect(first.effects.nextCursor).toBe(null);
    const on = await messageHistory(store, deepest.id, { limit: 1 });
    expect(on.effects.items[0]!.cause).toBe(deepest.id);
    const cursor = first.effects.items.at(-1)!.id;
    expect((await messageHistory(store, idOf(1), { limit: 5, cursor })).effects.items).toEqual([]);
  });
});

describe("of an agent", () => {
  const core = () => (
    {
      store,
      registry: new Registry(),
      clock: systemClock,
      limits: defaultLimits,
    } as unknown as Core
  );

  async function story(limit: number): Promise<string[]> {
    const found: string[] = [];
    let cursor: string | null = null;
    do {
      const query = cursor === null ? { limit } : { limit, cursor };
      const page = await agentHistory(core(), "/agents/a-1", query);
      expect(page.items.length).toBeLessThanOrEqual(limit);
      found.push(...page.items.map((one) => `${one.what} ${one.atMs}`));
      cursor = page.nextCursor;
    } while (cursor !== null);
    return found;
  }

  it.each([1, 2, 3, 7, 100])(
    "comes newest first in pages of %i, each thing once",
    async (limit) => {
      const address = "/agents/a-1";
      const event = (atMs: number): Change => ({
        op: "event",
        row: { atMs, type: "agent.restarted", address, data: "{}" },
      });
      await store.commit([
        agent(1),
        agent(2),
        ...[1, 2, 3].map((seq) => envelope(1, seq, { sentAtMs: seq * 10 })),
        ...[1, 2].map((seq) => envelope(2, seq, { from: address, sentAtMs: seq * 10 + 5 })),
        envelope(1, 4, { from: address, sentAtMs: 27 }),
        event(12),
        event(28),
        { op: "event", row: { atMs: 13, type: "x.y", address: "/other", data: "{}" } },
      ]);
      const found = await story(limit);
      // Of one list those of its order: what came late into a mailbox stands after what was before.
      expect(found.toSorted()).toEqual([
        "event 12",
        "event 28",
        "received 10",
        "received 20",
        "received 27",
        "received 30",
        "sent 15",
        "sent 25",
      ]);
      expect(found.filter((one) => one.startsWith("sent"))).toEqual(["sent 25", "sent 15"]);
    },
  );

  it("has what is of the same time in one order, whichever list is read first", async () => {
    const address = "/agents/a-1";
    const row = { atMs: 10, type: "agent.restarted", address, data: "{}" };
    await store.commit([
      agent(1),
      envelope(1, 1, { from: "/agents/a-2", sentAtMs: 10 }),
      envelope(2, 1, { from: address, sentAtMs: 10 }),
      { op: "event", row },
    ]);
    const { events, messages } = store;
    const after = <A extends unknown[], T>(read: (...args: A) => Promise<T>) => {
      return async (...args: A) => {
        for (let turn = 0; turn < 50; turn++) await Promise.resolve();
        return await read.apply(store, args);
      };
    };
    store.messages = after(messages);
    const eventsFirst = await story(1);
    Object.assign(store, { messages, events: after(events) });
    const messagesFirst = await story(1);
    expect(eventsFirst).toEqual(["received 10", "sent 10", "event 10"]);
    expect(messagesFirst).toEqual(eventsFirst);
  });

  it("tells nothing twice when retention takes the rest of a list meanwhile", async () => {
    const address = "/agents/a-1";
    const event = (atMs: number) => (
      { op: "event" as const, row: { atMs, type: "agent.restarted", address, data: "{}" } }
    );
    await store.commit([
      ...[agent(1), envelope(1, 1, { sentAtMs: 10 }), envelope(1, 2, { sentAtMs: 30 })],
      ...[event(20), event(25)],
    ]);
    const messages = store.messages;
    // The older message is gone when the list is asked where the newer one stands in it.
    store.messages = async (query) => {
      const page = await messages(query);
      return query.limit === 1 ? { ...page, nextCursor: null } : page;
    };
    expect(await story(2)).toEqual(["received 30", "event 25", "event 20"]);
  });

  it("goes on where an agent has gone, and refuses what was never there", async () => {
    await store.commit([agent(1), envelope(1, 1), state(1, [0, 0, 1, 0])]);
    await store.commit([{ op: "agentGone", key: 1 }]);
    const gone = await agentHistory(core(), "/agents/a-1", { limit: 9 });
    expect(gone).toMatchObject({ agent: null, items: [{ what: "received" }] });
    expect(gone.items[0]).toMatchObject({ message: { id: envelopeOf(1, 1).id } });
    await expect(agentHistory(core(), "/never", { limit: 9 }))
      .rejects.toMatchObject({ code: "agent_not_found" });
    for (const cursor of ["x", "e30", btoa('{"to":null,"from":null,"events":"x"}')]) {
      await expect(agentHistory(core(), "/agents/a-1", { limit: 9, cursor }))
        .rejects.toMatchObject({ code: "bad_request" });
    }
  });
});
