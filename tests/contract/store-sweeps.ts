/** Part of the contract of stores: changes to all that one agent has, and its checkpoints. */
import { describe, expect, it } from "vitest";
import type { Change, DeadLetter } from "../../src/storage/store.ts";
import {
  agent,
  agentRecord,
  askRow,
  callRow,
  envelope,
  envelopeOf,
  keepAll,
  mailboxSeqs,
  type OpenedStore,
  state,
  stateRow,
  timerRow,
} from "./store-rows.ts";

const address = agentRecord(1).address;

function letterOf(seq: number, more: Partial<DeadLetter> = {}): Change {
  const found = { envelope: envelopeOf(1, seq, { attempt: 3 }), reason: "poison", message: "m" };
  return { op: "deadLetter", letter: { ...found, state: null, deadAtMs: 10, ...more } };
}

function checkpoint(atMinutes: number, key = 1, reason: "minute" | "restart" = "minute"): Change {
  const row = { key, atMs: atMinutes * 60_000, reason, lastKey: 7, mark: "m1" };
  return { op: "checkpoint", row };
}

export function describeSweeps(opened: () => OpenedStore): void {
  const stores = () => opened().store;

  it("keeps what is to become of an agent, and what it is suspected of", async () => {
    const where = { id: "e", lane: "low" as const, seq: 3, kind: "message" as const };
    const crashedOn = { ...where, buried: true };
    const suspicion = { suspect: true, streak: [crashedOn] };
    await stores().commit([agent(1, { intent: "drain", suspicion })]);
    const [boot] = await (await opened().reopen()).agents();
    expect(boot!.record).toMatchObject({ intent: "drain", suspicion });
  });

  it("buries the open envelopes of a mailbox whole, and no others", async () => {
    const store = stores();
    const replyTo = { to: "/x", ask: "a", expiresAtMs: 1 };
    const odd = { payload: '{"a":"\\u0000\\ud800 🎉"}', replyTo, kind: "system" as const };
    const more = { lane: "low" as const, cause: "c", trace: "00-1", expiresAtMs: 5, attempt: 1 };
    await store.commit([
      agent(1),
      ...[1, 2, 3].map((seq) => envelope(1, seq)),
      envelope(1, 4, { ...odd, ...more }),
      envelope(2, 1),
      { op: "skip", key: 1, lane: "normal", seq: 2 },
      state(1, [0, 0, 1, 0]),
      { op: "buryMail", key: 1, reason: "agent_ended", message: "gone", deadAtMs: 44 },
      envelope(1, 5),
    ]);
    const { items } = await store.deadLetters({ limit: 9 });
    expect(items.map(({ id: _id, ...letter }) => letter)).toEqual([
      envelopeOf(1, 4, { ...odd, ...more }),
      envelopeOf(1, 3),
    ].map((one) => (
      { envelope: one, reason: "agent_ended", message: "gone", state: null, deadAtMs: 44 }
    )));
    expect(await mailboxSeqs(store, 1)).toEqual([1, 5]);
    expect(await mailboxSeqs(store, 1, "low")).toEqual([]);
    expect(await mailboxSeqs(store, 2)).toEqual([1]);
    const [boot] = await store.agents();
    expect(boot!.depths).toEqual([0, 0, 1, 0]);
  });

  it("forgets the attempts of open envelopes", async () => {
    const store = stores();
    const tried = { attempt: 2 };
    await store.commit([
      agent(1),
      ...[1, 2].map((seq) => envelope(1, seq, tried)),
      envelope(1, 3, { lane: "high", ...tried }),
      state(1, [0, 0, 1, 0]),
      { op: "attemptsGone", key: 1 },
    ]);
    const attempts = async (lane: "normal" | "high") =>
      (await store.mailbox(1, lane, 0, 9)).map(({ attempt }) => attempt);
    expect(await attempts("normal")).toEqual([2, 0]);
    expect(await attempts("high")).toEqual([0]);
  });

  it("opens a buried envelope again where it was", async () => {
    const store = stores();
    await store.commit([agent(1), ...[1, 2, 3].map((seq) => envelope(1, seq))]);
    await store.commit([
      { op: "attempt", key: 1, lane: "normal", seq: 1, attempt: 3 },
      ...[1, 2].map((seq): Change => ({ op: "skip", key: 1, lane: "normal", seq })),
      letterOf(1),
      letterOf(2),
    ]);
    const { id } = envelopeOf(1, 1);
    await store.commit([{ op: "revive", key: 1, address, id, lane: "normal", seq: 1 }]);
    const open = await store.mailbox(1, "normal", 0, 9);
    expect(open.map(({ seq, attempt }) => [seq, attempt])).toEqual([[1, 0], [3, 0]]);
    const { items } = await store.deadLetters({ limit: 9 });
    expect(items.map(({ envelope }) => envelope.seq)).toEqual([2]);
  });

  it("finds and drops one dead letter", async () => {
    const store = stores();
    await store.commit([letterOf(1), letterOf(2, { state: "{}" })]);
    const { items: [second, first] } = await store.deadLetters({ limit: 9 });
    expect(await store.deadLetter(second!.id)).toEqual(second);
    await store.commit([{ op: "deadLetterGone", id: second!.id }]);
    expect(await store.deadLetter(second!.id)).toBeNull();
    expect((await store.deadLetters({ limit: 9 })).items).toEqual([first]);
  });

  it("keeps at most so many dead letters, the newest", async () => {
    const store = stores();
    await store.commit([1, 2, 3, 4, 5].map((seq) => letterOf(seq)));
    await store.prune({ ...keepAll, deadLettersCount: 2 });
    const { items } = await store.deadLetters({ limit: 9 });
    expect(items.map(({ envelope }) => envelope.seq)).toEqual([5, 4]);
    expect(await store.prune({ ...keepAll, deadLettersCount: 2 })).toBe(0);
  });

  it("keeps a bundle while something names it, uses it, or it is the newest", async () => {
    const store = stores();
    const row = (hash: string, deployedAtMs: number) => (
      { hash, agent: "k", code: "code", manifest: "{}", deployedAtMs }
    );
    const hashes = ["b1", "b2", "b3", "b4", "b5", "b6"];
    await store.commit(hashes.map((hash, i): Change => ({ op: "bundle", row: row(hash, i) })));
    const stateOf = (key: number, bundle: string, turns: number): Change => {
      const { state: stored, ...rest } = stateRow(key, [0, 0, 0, 0], turns);
      return { op: "state", row: { ...rest, state: { ...stored, bundle } } };
    };
    await store.commit([
      agent(1, { bundle: "b1" }),
      stateOf(1, "b2", 1),
      { op: "checkpoint", row: { key: 1, atMs: 1, reason: "restart", lastKey: 1, mark: "m" } },
    ]);
    await store.commit([stateOf(1, "b3", 2)]);
    const left = async () => (await store.bundles()).map(({ hash }) => hash);
    expect(await store.prune(keepAll)).toBe(0);
    expect(await store.prune({ ...keepAll, bundlesInUse: ["b4"] })).toBe(1);
    expect(await left()).toEqual(["b1", "b2", "b3", "b4", "b6"]);
    await store.commit([{ op: "agentGone", key: 1 }]);
    await store.prune({ ...keepAll, bundlesInUse: ["b4"] });
    expect(await left()).toEqual(["b4", "b6"]);
  });

  it("ends all timers and calls of one agent", async () => {
    const store = stores();
    await store.commit([1, 2].flatMap((key): Change[] => [
      { op: "timer", row: timerRow(key, "t", 50) },
      { op: "call", row: callRow(key, "c") },
    ]));
    await store.commit([{ op: "workGone", key: 1 }, { op: "timer", row: timerRow(1, "n", 9) }]);
    expect((await store.timers(1)).map(({ id }) => id)).toEqual(["n"]);
    expect((await store.calls()).map(({ key }) => key)).toEqual([2]);
  });

  it("keeps a stopped agent however long ago it was stopped", async () => {
    const store = stores();
    const ended = { endedAtMs: 1 };
    await store.commit([
      agent(1, { status: "stopped", ...ended }),
      agent(2, { status: "failed", ...ended }),
    ]);
    await store.prune({ ...keepAll, endedBeforeMs: 99 });
    expect((await store.agents()).map(({ record }) => record.key)).toEqual([1]);
  });

  it("finds the asks of one asker that were settled since", async () => {
    const store = stores();
    const settled = (id: string, asker: string, settledAtMs: number): Change => (
      { op: "ask", row: askRow(id, { asker, outcome: "{}", settledAtMs }) }
    );
    const open: Change = { op: "ask", row: askRow("o", { asker: "/a" }) };
    await store.commit([settled("x", "/a", 5), settled("y", "/a", 9), settled("z", "/b", 9), open]);
    expect((await store.settledAsks("/a", 6)).map(({ id }) => id)).toEqual(["y"]);
  });

  describe("checkpoints", () => {
    it("are the state of that moment, with its timers and calls", async () => {
      const store = stores();
      const timer = timerRow(1, "t", 50);
      const call = callRow(1, "c", { cause: "e" });
      await store.commit([
        agent(1),
        state(1, [0, 1, 2, 0], 4, '{"n":4}'),
        { op: "timer", row: timer },
        { op: "timer", row: timerRow(2, "t", 50) },
        { op: "call", row: call },
        checkpoint(100),
        state(1, [0, 1, 3, 0], 5, '{"n":5}'),
        { op: "workGone", key: 1 },
        checkpoint(200),
      ]);
      const again = await opened().reopen();
      const [second, first] = await again.checkpoints(1);
      expect(second).toMatchObject({ atMs: 12_000_000, turns: 5, cursors: [0, 1, 3, 0] });
      const { key: _key, ...saved } = stateRow(1, [0, 1, 2, 0], 4, '{"n":4}');
      expect(first).toEqual({
        id: first!.id,
        key: 1,
        atMs: 6_000_000,
        reason: "minute",
        lastKey: 7,
        mark: "m1",
        turns: 4,
        cursors: saved.cursors,
        summary: saved.summary,
      });
      const whole = { ...first, state: saved.state, timers: [timer], calls: [call] };
      expect(await again.checkpoint(first!.id)).toEqual(whole);
      expect(await again.checkpoint(999)).toBeNull();
      expect(await again.checkpoints(2)).toEqual([]);
    });

    it("are a minute apart, but for those before a restart", async () => {
      const store = stores();
      await store.commit([
        ...[1, 1.5, 2, 2.999].flatMap((at, n) => [state(1, [0, 0, n, 0], n), checkpoint(at)]),
        state(1, [0, 0, 9, 0], 9),
        checkpoint(2.999, 1, "restart"),
        state(1, [0, 0, 10, 0], 10),
        // The clock was set back: what is in the future says nothing.
        checkpoint(0.5),
      ]);
      const found = (await store.checkpoints(1)).map(({ atMs }) => atMs / 60_000);
      expect(found).toEqual([0.5, 2.999, 2, 1]);
    });

    it("are not made twice of one turn, nor without a state; the last five stay", async () => {
      const store = stores();
      await store.commit([agent(1), checkpoint(1), state(1, [0, 0, 1, 0], 1), checkpoint(2)]);
      await store.commit([checkpoint(3)]);
      expect((await store.checkpoints(1)).map(({ atMs }) => atMs / 60_000)).toEqual([2]);
      for (let n = 2; n <= 8; n++) {
        await store.commit([state(1, [0, 0, n, 0], n), checkpoint(n * 10)]);
      }
      await store.commit([state(3, [0, 0, 1, 0], 1), checkpoint(5, 3)]);
      const found = (await store.checkpoints(1)).map(({ atMs }) => atMs / 60_000);
      expect(found).toEqual([80, 70, 60, 50, 40]);
      await store.commit([{ op: "stateGone", key: 1 }, checkpoint(999)]);
      expect(await store.checkpoints(1)).toHaveLength(5);
      await store.commit([{ op: "agentGone", key: 1 }]);
      expect(await store.checkpoints(1)).toEqual([]);
      expect(await store.checkpoints(3)).toHaveLength(1);
    });
  });
}
