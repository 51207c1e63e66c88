/** Part of the contract of stores: lists for people, and retention. */
import { describe, expect, it } from "vitest";
import type { Change, MessageQuery, Store } from "../../src/storage/store.ts";
import {
  agent,
  agentRecord,
  askRow,
  envelope,
  envelopeOf,
  keepAll,
  mailboxSeqs,
  state,
} from "./store-rows.ts";

async function allPages(store: Store, query: Omit<MessageQuery, "limit">, limit: number) {
  const seqs: number[] = [];
  let cursor: string | undefined;
  for (let pages = 0; pages < 100; pages++) {
    const page = await store.messages({ ...query, limit, ...(cursor ? { cursor } : {}) });
    expect(page.items.length).toBeLessThanOrEqual(limit);
    seqs.push(...page.items.map(({ envelope }) => envelope.seq));
    if (page.nextCursor === null) return seqs;
    cursor = page.nextCursor;
  }
  throw new Error("The pages do not end");
}

const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

export function describeLists(stores: () => Store): void {
  describe("messages", () => {
    it.each([1, 3, 7, 50])("come newest first, all of them in pages of %i", async (limit) => {
      const store = stores();
      const lanes = ["control", "high", "normal", "low"] as const;
      await store.commit([
        agent(1),
        agent(2),
        ...range(1, 20).map((seq) =>
          // Many of one moment: pages must part them by more than time.
          envelope(1, seq, { lane: lanes[seq % 4], sentAtMs: 1_000 + Math.floor(seq / 10) })
        ),
        envelope(2, 1, { sentAtMs: 1 }),
      ]);
      const newest = range(1, 20).reverse();
      expect(await allPages(store, { to: "/agents/a-1" }, limit)).toEqual(newest);
      expect(await allPages(store, {}, limit)).toEqual([...newest, 1]);
      expect(await allPages(store, { from: "@tester", sinceMs: 1_001 }, limit))
        .toEqual(range(10, 20).reverse());
    });

    it("are found by receiver, sender and time", async () => {
      const store = stores();
      await store.commit([
        agent(1),
        agent(2),
        envelope(1, 1, { from: "/x", sentAtMs: 10 }),
        envelope(1, 2, { from: "/y", sentAtMs: 20 }),
        envelope(2, 1, { from: "/x", sentAtMs: 30 }),
      ]);
      const found = async (query: Omit<MessageQuery, "limit">) =>
        (await store.messages({ ...query, limit: 10 })).items
          .map(({ envelope }) => envelope.sentAtMs);
      expect(await found({ from: "/x" })).toEqual([30, 10]);
      expect(await found({ to: "/agents/a-1", from: "/x" })).toEqual([10]);
      expect(await found({ to: "/agents/a-1", sinceMs: 15 })).toEqual([20]);
      expect(await found({ sinceMs: 20 })).toEqual([30, 20]);
      expect(await found({ to: "/none" })).toEqual([]);
      expect(await found({ from: "' OR 1=1 --" })).toEqual([]);
    });

    it.each([1, 2, 50])(
      "of a subtree are those to it and from it, in pages of %i",
      async (limit) => {
        const store = stores();
        const at = (key: number, address: string) => agent(key, { address });
        await store.commit([
          ...[at(1, "/a"), at(2, "/a/b"), at(3, "/a-b"), at(4, "/c")],
          envelope(1, 1, { to: "/a", sentAtMs: 1_000 }),
          envelope(2, 2, { to: "/a/b", sentAtMs: 1_000 }),
          envelope(3, 3, { to: "/a-b", sentAtMs: 1_001 }),
          envelope(4, 4, { to: "/c", from: "/a/b", sentAtMs: 1_002 }),
          envelope(4, 5, { to: "/c", from: "/a0", sentAtMs: 1_003 }),
          envelope(1, 6, { to: "/a", from: "/c", sentAtMs: 1_004 }),
        ]);
        const below = (query: Omit<MessageQuery, "limit">) => allPages(store, query, limit);
        expect(await below({ under: "/a" })).toEqual([6, 4, 2, 1]);
        expect(await below({ under: "/a/b" })).toEqual([4, 2]);
        expect(await below({ under: "/none" })).toEqual([]);
        expect(await below({ under: "/" })).toEqual([6, 5, 4, 3, 2, 1]);
        expect(await below({ under: "/a", from: "@tester" })).toEqual([2, 1]);
        expect(await below({ under: "/a", to: "/c" })).toEqual([4]);
        expect(await below({ under: "/a", sinceMs: 1_002 })).toEqual([6, 4]);
      },
    );

    it("say what became of them", async () => {
      const store = stores();
      await store.commit([
        agent(1),
        ...range(1, 4).map((seq) => envelope(1, seq)),
        { op: "skip", key: 1, lane: "normal", seq: 2 },
        state(1, [0, 0, 3, 0]),
      ]);
      const statuses = async () =>
        (await store.messages({ to: agentRecord(1).address, limit: 9 })).items
          .map(({ status }) => status);
      expect(await statuses()).toEqual(["pending", "consumed", "dead", "consumed"]);
      const all = await store.messages({ limit: 9 });
      expect(all.items.map(({ status }) => status)).toEqual(await statuses());
      await store.commit([
        { op: "skip", key: 1, lane: "normal", seq: 4 },
        { op: "agentGone", key: 1 },
      ]);
      expect(await statuses()).toEqual(["dead", "consumed", "dead", "consumed"]);
    });

    it("of an address go on through the agents that were there", async () => {
      const store = stores();
      const address = agentRecord(1).address;
      await store.commit([agent(1), ...range(1, 3).map((seq) => envelope(1, seq))]);
      await store.commit([{ op: "agentGone", key: 1 }, agent(2, { address })]);
      await store.commit(range(1, 2).map((seq) => envelope(2, seq, { to: address })));
      expect(await allPages(store, { to: address }, 2)).toEqual([2, 1, 3, 2, 1]);
    });

    it("refuse a cursor of another list", async () => {
      const refused = { code: "bad_cursor" };
      const wrong = { limit: 1, cursor: "'; DROP TABLE agents" };
      await expect(stores().messages(wrong)).rejects.toMatchObject(refused);
      await expect(stores().messages({ ...wrong, to: "/a" })).rejects.toMatchObject(refused);
      await expect(stores().deadLetters(wrong)).rejects.toMatchObject(refused);
    });
  });

  it("lists dead letters, newest first, whole", async () => {
    const store = stores();
    const letter = (seq: number, to: string) => ({
      envelope: envelopeOf(1, seq, { to, replyTo: { to: "/x", ask: "a", expiresAtMs: 1 } }),
      reason: "poison",
      message: "It crashed",
      state: seq === 1 ? '{"n":1}' : null,
      deadAtMs: 100 + seq,
    });
    const letters = [letter(1, "/a"), letter(2, "/b"), letter(3, "/a")];
    await store.commit(letters.map((one) => ({ op: "deadLetter", letter: one })));
    const first = await store.deadLetters({ limit: 2 });
    expect(first.items.map(({ id: _id, ...rest }) => rest)).toEqual([letters[2], letters[1]]);
    const second = await store.deadLetters({ limit: 2, cursor: first.nextCursor! });
    expect(second.items).toEqual([{ id: expect.any(Number), ...letters[0] }]);
    expect(second.nextCursor).toBeNull();
    const ofA = await store.deadLetters({ to: "/a", limit: 9 });
    expect(ofA.items.map(({ envelope }) => envelope.seq)).toEqual([3, 1]);
    const ofBelow = async (under: string) =>
      (await store.deadLetters({ under, limit: 9 })).items.map(({ envelope }) => envelope.to);
    expect(await ofBelow("/a")).toEqual(["/a", "/a"]);
    expect(await ofBelow("/")).toEqual(["/a", "/b", "/a"]);
    expect(await store.deadLetterCount()).toBe(3);
  });

  it("lists events in order, after an id", async () => {
    const store = stores();
    const event = (atMs: number, type: string, address: string | null): Change => (
      { op: "event", row: { atMs, type, address, data: `{"at":${atMs}}` } }
    );
    await store.commit([event(1, "agent.started", "/a"), event(2, "call.done", null)]);
    await store.commit([event(3, "agent.started", "/b")]);
    const all = await store.events({ limit: 9 });
    expect(all.map(({ atMs }) => atMs)).toEqual([1, 2, 3]);
    expect(all[1]).toMatchObject({ type: "call.done", address: null, data: '{"at":2}' });
    const after = await store.events({ afterId: all[0]!.id, limit: 1 });
    expect(after.map(({ atMs }) => atMs)).toEqual([2]);
    expect(await store.events({ type: "agent.started", limit: 9 })).toHaveLength(2);
    expect(await store.events({ address: "/b", limit: 9 })).toHaveLength(1);
    expect(await store.events({ afterId: all[2]!.id, limit: 9 })).toEqual([]);
  });

  describe("retention", () => {
    it("removes old consumed envelopes, not open ones, and gives no seq twice", async () => {
      const store = stores();
      await store.commit([
        agent(1),
        ...range(1, 6).map((seq) => envelope(1, seq)),
        { op: "skip", key: 1, lane: "normal", seq: 1 },
        state(1, [0, 0, 4, 0]),
        agent(2),
        envelope(2, 1),
        { op: "agentGone", key: 2 },
      ]);
      expect(await store.prune({ ...keepAll, consumedBeforeMs: 1_004 })).toBeGreaterThan(0);
      expect(await mailboxSeqs(store, 1)).toEqual([4, 5, 6]);
      expect((await store.messages({ limit: 99 })).items).toHaveLength(3);
      await store.commit([state(1, [0, 0, 6, 0])]);
      await store.prune({ ...keepAll, consumedBeforeMs: 99_999 });
      expect((await store.messages({ limit: 99 })).items).toEqual([]);
      expect((await store.agents())[0]).toMatchObject({ lastSeq: 6, depths: [0, 0, 0, 0] });
      expect(await store.prune({ ...keepAll, consumedBeforeMs: 99_999 })).toBe(0);
    });

    it("keeps at most so many of the newest", async () => {
      const store = stores();
      const event = (atMs: number): Change => (
        { op: "event", row: { atMs, type: "a.b", address: null, data: "{}" } }
      );
      await store.commit([
        agent(1),
        ...range(1, 50).flatMap((seq) => [envelope(1, seq), event(seq)]),
        state(1, [0, 0, 45, 0]),
      ]);
      await store.prune({ ...keepAll, consumedCount: 10 });
      const kept = (await store.messages({ limit: 99 })).items.map(({ envelope }) => envelope.seq);
      expect(kept).toEqual(range(41, 50).reverse());
      const events = await store.events({ limit: 99 });
      expect(events.map(({ atMs }) => atMs)).toEqual(range(41, 50));
    });

    it("removes what else is old", async () => {
      const store = stores();
      const key = (atMs: number): Change => ({
        op: "idempotency",
        row: { scope: "s", key: `k${atMs}`, bodyHash: "h", answer: "{}", atMs },
      });
      const letter = (deadAtMs: number): Change => ({
        op: "deadLetter",
        letter: { envelope: envelopeOf(1, 1), reason: "r", message: "m", state: null, deadAtMs },
      });
      const settled = { outcome: "{}", settledAtMs: 10 };
      await store.commit([
        agent(1, { status: "completed", endedAtMs: 10 }),
        agent(2, { status: "failed", endedAtMs: 30 }),
        agent(3),
        ...[key(10), key(30), letter(10), letter(30)],
        { op: "ask", row: askRow("old", settled) },
        { op: "ask", row: askRow("new", { ...settled, settledAtMs: 30 }) },
        { op: "ask", row: askRow("open") },
      ]);
      const cut = { deadLettersBeforeMs: 20, endedBeforeMs: 20, idempotencyBeforeMs: 20 };
      await store.prune({ ...keepAll, ...cut, consumedBeforeMs: 20 });
      expect((await store.agents()).map(({ record }) => record.key)).toEqual([2, 3]);
      expect(await store.idempotency("s", "k10")).toBeNull();
      expect(await store.idempotency("s", "k30")).not.toBeNull();
      expect(await store.deadLetterCount()).toBe(1);
      expect(await store.ask("old")).toBeNull();
      expect(await store.ask("new")).not.toBeNull();
      expect(await store.openAsks()).toHaveLength(1);
    });
  });
}
