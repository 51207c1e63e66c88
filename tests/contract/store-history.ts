/** Part of the contract of stores: causes, effects, and how far back they go. */
import { describe, expect, it } from "vitest";
import type { Change, Store } from "../../src/storage/store.ts";
import { agent, envelope, envelopeOf, keepAll, state, uuid } from "./store-rows.ts";

const letterOf = (seq: number, more: Parameters<typeof envelopeOf>[2] = {}): Change => ({
  op: "deadLetter",
  letter: {
    envelope: envelopeOf(1, seq, more),
    reason: "poison",
    message: `m${seq}`,
    state: null,
    deadAtMs: 5_000 + seq,
  },
});

export function describeHistory(stores: () => Store): void {
  describe("history", () => {
    it("finds a message by its id, with where it stands and how it died", async () => {
      const { commit, history } = bound(stores());
      await commit([
        agent(1),
        ...[1, 2, 3].map((seq) => envelope(1, seq)),
        state(1, [0, 0, 1, 0]),
        { op: "skip", key: 1, lane: "normal", seq: 2 },
        letterOf(2),
        letterOf(9, { to: "/nobody" }),
      ]);
      const look = async (seq: number) => {
        const row = await history.message(envelopeOf(1, seq).id);
        return row && [row.envelope.seq, row.status, row.letter?.message ?? null];
      };
      expect(await look(1)).toEqual([1, "consumed", null]);
      expect(await look(2)).toEqual([2, "dead", "m2"]);
      expect(await look(3)).toEqual([3, "pending", null]);
      expect(await look(9)).toEqual([9, "dead", "m9"]);
      expect(await look(4)).toBe(null);
    });

    it.each([1, 3, 100])("tells effects in the order of time, %i at a time", async (limit) => {
      const { commit, history } = bound(stores());
      const cause = uuid(77);
      const effects = [1, 2, 3, 4, 5].map((seq) =>
        envelope(seq % 2 + 1, seq, { cause, sentAtMs: 2_000 - seq * 10 })
      );
      await commit([
        agent(1),
        agent(2),
        ...effects,
        envelope(1, 11, { cause, sentAtMs: 1_970 }),
        envelope(1, 12, { cause: uuid(78) }),
        // One that was in a mailbox is told once, one that never was is told too.
        letterOf(11, { cause, sentAtMs: 1_970 }),
        letterOf(20, { cause, to: "/nobody", sentAtMs: 1_965 }),
      ]);
      const found: number[] = [];
      let after: { sentAtMs: number; id: string } | null = null;
      while (true) {
        const rows = await history.effects(cause, after, limit);
        found.push(...rows.map(({ envelope }) => envelope.seq));
        if (rows.length < limit) break;
        after = rows.at(-1)!.envelope;
      }
      expect(found).toEqual([5, 4, 20, 3, 11, 2, 1].toSorted(byTime));
      expect(await history.effects(uuid(99), null, 10)).toEqual([]);
    });

    it("knows the oldest that is kept, also after a sweep", async () => {
      const store = stores();
      const { commit, history } = bound(store);
      const nothing = { messageAtMs: null, eventAtMs: null, deadLetterAtMs: null };
      expect(await history.oldest()).toEqual(nothing);
      await commit([
        agent(1),
        envelope(1, 1),
        envelope(1, 2),
        state(1, [0, 0, 2, 0]),
        letterOf(1),
        { op: "event", row: { atMs: 44, type: "a.b", address: null, data: "{}" } },
      ]);
      expect(await history.oldest())
        .toEqual({ messageAtMs: 1_001, eventAtMs: 44, deadLetterAtMs: 5_001 });
      await store.prune({ ...keepAll, consumedBeforeMs: 1_002 });
      expect(await history.oldest()).toMatchObject({ messageAtMs: 1_002, eventAtMs: null });
      expect(await history.message(envelopeOf(1, 1).id)).toMatchObject({ status: "dead" });
    });

    it("lists events before one", async () => {
      const store = stores();
      const event = (n: number): Change => ({
        op: "event",
        row: { atMs: n, type: "a.b", address: "/x", data: "{}" },
      });
      await store.commit([1, 2, 3, 4].map(event));
      const [, second] = await store.events({ address: "/x", limit: 9 });
      const before = await store.events({ beforeId: second!.id + 1, newest: true, limit: 9 });
      expect(before.map(({ atMs }) => atMs)).toEqual([2, 1]);
    });
  });
}

/** As the effects above are sent: 1 at 1990, …, 5 at 1950, the letter 20 between 3 and 4. */
const sentAt: Record<number, number> = { 1: 1_990, 2: 1_980, 3: 1_970, 4: 1_960, 5: 1_950 };
function byTime(a: number, b: number): number {
  const at = (seq: number) => sentAt[seq] ?? (seq === 20 ? 1_965 : 1_970);
  // Of one moment by id: that of mailbox 1 comes before that of mailbox 2.
  return at(a) - at(b) || (a === 11 ? -1 : 1);
}

function bound(store: Store) {
  return { commit: (changes: Change[]) => store.commit(changes), history: store.history };
}
