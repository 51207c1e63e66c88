/** What every implementation of `Store` promises: I1–I5 of src/storage/store.ts and each change. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Change, Store } from "../../src/storage/store.ts";
import { CommitRejected } from "../../src/storage/store.ts";
import { eventually } from "../support/eventually.ts";
import { describeHistory } from "./store-history.ts";
import { describeOpenWork } from "./store-open-work.ts";
import { describeLists } from "./store-lists.ts";
import { describeMemory } from "./store-memory.ts";
import { describeRows } from "./store-work.ts";
import { describeSweeps } from "./store-sweeps.ts";
import {
  agent,
  agentRecord,
  callRow,
  envelope,
  envelopeOf,
  mailboxSeqs,
  type OpenedStore,
  state,
  stateRow,
  timerRow,
} from "./store-rows.ts";

export function describeStore(name: string, open: () => Promise<OpenedStore>): void {
  describe(name, () => {
    let opened: OpenedStore;
    let store: Store;

    beforeEach(async () => {
      opened = await open();
      store = opened.store;
    });
    afterEach(() => opened.close());

    describeCommits(() => opened);
    describeMailboxes(() => store);
    describeAgents(() => opened);
    describeRows(() => store);
    describeSweeps(() => opened);
    describeLists(() => store);
    describeHistory(() => store);
    describeOpenWork(() => store);
    describeMemory(() => opened);

    it("is sound", async () => {
      await store.commit([agent(1), envelope(1, 1)]);
      expect(await store.check()).toBe("ok");
    });

    it("refuses everything once it is closed", async () => {
      await store.commit([agent(1)]);
      await store.close();
      await expect(store.commit([agent(2)])).rejects.toMatchObject({ code: "shutting_down" });
      await expect(store.agents()).rejects.toMatchObject({ code: "shutting_down" });
      await store.close();
    });
  });
}

/** A change that can never hold: its address belongs to agent 1. */
const refused: Change = agent(99, { address: agentRecord(1).address });

function outcomes(commits: Promise<unknown>[]): Promise<string[]> {
  return Promise.all(commits.map((commit) =>
    commit.then(() => "held", (error) => {
      if (!(error instanceof CommitRejected)) return String(error);
      return error.own ? "own" : "earlier";
    })
  ));
}

function describeCommits(opened: () => OpenedStore): void {
  const stores = () => opened().store;

  describe("commits", () => {
    it("take effect whole, and are there after a new start", async () => {
      const changes = [agent(1), envelope(1, 1), state(1, [0, 0, 1, 0])];
      await stores().commit([...changes, { op: "meta", name: "n", value: "1" }]);
      const store = await opened().reopen();
      expect(await store.meta("n")).toBe("1");
      expect(await store.state(1)).toEqual(stateRow(1, [0, 0, 1, 0], 1));
      expect((await store.agents()).map(({ record }) => record)).toEqual([agentRecord(1)]);
    });

    it("take effect in the order of the calls, however many run together", async () => {
      const store = stores();
      const values = Array.from({ length: 500 }, (_, i) => String(i));
      const seen: string[] = [];
      await Promise.all(values.map(async (value, i) => {
        await store.commit([envelope(1, i + 1), { op: "meta", name: "n", value }]);
        seen.push(value);
      }));
      expect(seen).toEqual(values);
      expect(await store.meta("n")).toBe("499");
      expect(await mailboxSeqs(store, 1)).toEqual(values.map((_, i) => i + 1));
    });

    it("may hold nothing", async () => {
      await stores().commit([]);
      expect(await stores().agents()).toEqual([]);
    });

    it("leave nothing behind when one of their changes is refused", async () => {
      const store = stores();
      await store.commit([agent(1)]);
      const bad = store.commit([envelope(1, 1), { op: "meta", name: "n", value: "1" }, refused]);
      expect(await outcomes([bad])).toEqual(["own"]);
      expect(await store.meta("n")).toBeNull();
      expect(await mailboxSeqs(store, 1)).toEqual([]);
    });

    it("are refused behind a refused one until recover, those before it hold", async () => {
      const store = stores();
      await store.commit([agent(1)]);
      const set = (value: string) => store.commit([{ op: "meta", name: value, value }]);
      const all = [set("a"), set("b"), store.commit([refused]), set("c"), set("d")];
      expect(await outcomes(all)).toEqual(["held", "held", "own", "earlier", "earlier"]);
      expect(store.available).toBe(false);
      expect(await outcomes([set("e")])).toEqual(["earlier"]);
      await store.recover();
      expect(store.available).toBe(true);
      await set("f");
      const found = await Promise.all(["a", "b", "c", "d", "e", "f"].map((one) => store.meta(one)));
      expect(found).toEqual(["a", "b", null, null, null, "f"]);
    });

    it("are refused when they are no data, or repeat a seq", async () => {
      const store = stores();
      const value = (() => "function") as unknown as string;
      const all = [store.commit([]), store.commit([{ op: "meta", name: "n", value }])];
      expect(await outcomes(all)).toEqual(["held", "own"]);
      await store.recover();
      expect(await outcomes([store.commit([envelope(1, 1), envelope(1, 1)])])).toEqual(["own"]);
      await store.recover();
      await store.commit([envelope(1, 1)]);
      expect(await outcomes([store.commit([envelope(1, 1)])])).toEqual(["own"]);
    });

    it("wait while the disk is busy and hold in the end", async () => {
      const store = stores();
      const heard: boolean[] = [];
      store.onAvailable((available) => heard.push(available));
      const unblock = opened().block();
      let held = 0;
      const set = (i: number) => store.commit([{ op: "meta", name: `n${i}`, value: "1" }]);
      const commits = [1, 2, 3].map((i) => set(i).then(() => held++));
      await eventually(() => !store.available, { what: "a failed try" });
      expect(held).toBe(0);
      expect(await store.meta("n1")).toBeNull();
      unblock();
      await Promise.all(commits);
      await eventually(() => store.available);
      expect(heard).toEqual([false, true]);
      expect(await store.meta("n3")).toBe("1");
    });
  });
}

function describeMailboxes(stores: () => Store): void {
  describe("mailboxes", () => {
    it("give back envelopes as they were", async () => {
      const sent = envelopeOf(1, 1, {
        kind: "reply",
        lane: "control",
        payload: JSON.stringify({ text: 'quote " back \\ \u0000 🎉 \ud800 line\n', big: 2 ** 53 }),
        cause: "c",
        correlation: "ask-1",
        replyTo: { to: "/x", ask: "a", expiresAtMs: 9 },
        expiresAtMs: 1_700_000_000_000,
        hops: 3,
        trace: "00-1-2-3",
      });
      await stores().commit([{ op: "envelope", key: 1, envelope: sent }]);
      expect(await stores().mailbox(1, "control", 0, 10)).toEqual([sent]);
      expect(await stores().mailbox(1, "normal", 0, 10)).toEqual([]);
    });

    it("are read in windows, lane by lane, without skipped envelopes", async () => {
      const store = stores();
      const all = [1, 2, 3, 4, 5, 6].map((seq) => envelope(1, seq));
      await store.commit([...all, envelope(1, 7, { lane: "high" }), envelope(2, 1)]);
      await store.commit([{ op: "skip", key: 1, lane: "normal", seq: 3 }]);
      expect((await store.mailbox(1, "normal", 1, 3)).map(({ seq }) => seq)).toEqual([2, 4, 5]);
      expect(await mailboxSeqs(store, 1, "normal", 5)).toEqual([6]);
      expect(await mailboxSeqs(store, 1, "high")).toEqual([7]);
      expect(await mailboxSeqs(store, 3)).toEqual([]);
    });

    it("keep attempts", async () => {
      const store = stores();
      await store.commit([
        envelope(1, 1),
        { op: "attempt", key: 1, lane: "normal", seq: 1, attempt: 1 },
      ]);
      await store.commit([{ op: "attempt", key: 1, lane: "normal", seq: 1, attempt: 2 }]);
      await store.commit([{ op: "attempt", key: 1, lane: "normal", seq: 9, attempt: 2 }]);
      expect((await store.mailbox(1, "normal", 0, 9))[0]?.attempt).toBe(2);
    });

    it("are counted at boot: open ones only, by lane", async () => {
      const store = stores();
      const low = { lane: "low" as const };
      await store.commit([
        agent(1),
        ...[1, 2, 3, 4].map((seq) => envelope(1, seq)),
        envelope(1, 5, low),
        envelope(1, 6, low),
        { op: "skip", key: 1, lane: "normal", seq: 4 },
        { op: "skip", key: 1, lane: "normal", seq: 1 },
        { op: "skip", key: 1, lane: "low", seq: 6 },
        state(1, [0, 0, 2, 0]),
      ]);
      const [boot] = await store.agents();
      expect(boot).toMatchObject({ cursors: [0, 0, 2, 0], lastSeq: 6, depths: [0, 0, 1, 1] });
    });
  });
}

function describeAgents(opened: () => OpenedStore): void {
  const stores = () => opened().store;

  describe("agents", () => {
    it("come back oldest first, as they were", async () => {
      const ended = { endedAtMs: 7, lastError: { code: "crashed" as const, message: "boom" } };
      const second = agentRecord(2, { ...ended, status: "failed", spawnedBy: null });
      await stores().commit([{ op: "agent", record: second }, agent(1)]);
      expect(await stores().agents()).toEqual([agentRecord(1), second].map((record) => ({
        record,
        cursors: [0, 0, 0, 0],
        turns: 0,
        lastSeq: 0,
        depths: [0, 0, 0, 0],
        origins: null,
        summary: null,
      })));
      await stores().commit([agent(1, { restarts: 3, address: "/moved" }), agent(3)]);
      const records = (await stores().agents()).map(({ record }) => record);
      expect(records.map(({ key }) => key)).toEqual([1, 2, 3]);
      expect(records[0]).toMatchObject({ restarts: 3, address: "/moved" });
    });

    it("have their state replaced in place", async () => {
      const store = stores();
      await store.commit([agent(1), state(1, [0, 0, 1, 0], 1, "old")]);
      await store.commit([state(1, [0, 0, 2, 0], 2, "mid"), state(1, [1, 0, 3, 0], 3, "new")]);
      expect(await store.state(1)).toEqual(stateRow(1, [1, 0, 3, 0], 3, "new"));
      expect((await store.agents())[0]).toMatchObject({ turns: 3, summary: '{"turns":3}' });
      expect(await store.state(2)).toBeNull();
    });

    it("can move on without a turn", async () => {
      const store = stores();
      await store.commit([agent(1), { op: "cursors", key: 1, cursors: [0, 0, 2, 0] }]);
      expect(await store.state(1)).toBeNull();
      expect((await store.agents())[0]).toMatchObject({ cursors: [0, 0, 2, 0], lastSeq: 2 });
      await store.commit([state(1, [0, 0, 3, 0]), {
        op: "cursors",
        key: 1,
        cursors: [0, 0, 4, 0],
      }]);
      expect(await store.state(1)).toEqual(stateRow(1, [0, 0, 4, 0], 1));
    });

    it.each([true, false])("keep what led to their runs (one commit: %s)", async (together) => {
      const store = stores();
      const spawned: Change = { op: "origins", key: 1, origins: "for a message" };
      const step = async (...changes: Change[]) => {
        for (const part of together ? [changes] : changes.map((one) => [one])) {
          await store.commit(part);
        }
        return (await store.agents())[0]!.origins;
      };
      expect(await step(agent(1), spawned)).toBe("for a message");
      expect(await store.state(1)).toBeNull();
      expect(await step({ op: "cursors", key: 1, cursors: [0, 0, 1, 0] })).toBe("for a message");
      const row = { ...stateRow(1, [0, 0, 1, 0], 1), origins: "of a run" };
      expect(await step(spawned, { op: "state", row })).toBe("of a run");
      expect(await store.state(1)).toEqual(row);
      expect(await step({ op: "state", row }, { op: "stateGone", key: 1 })).toBeNull();
      expect(await step({ op: "state", row }, state(1, [0, 0, 2, 0], 2))).toBeNull();
    });

    it.each([true, false])("lose the state, not the cursors (one commit: %s)", async (together) => {
      const store = stores();
      const before = [agent(1), envelope(1, 1), state(1, [0, 0, 1, 0], 5)];
      const gone: Change = { op: "stateGone", key: 1 };
      if (together) await store.commit([...before, gone]);
      else {
        await store.commit(before);
        await store.commit([gone]);
      }
      expect(await store.state(1)).toBeNull();
      const boot = { cursors: [0, 0, 1, 0], lastSeq: 1, depths: [0, 0, 0, 0], summary: null };
      expect((await store.agents())[0]).toMatchObject(boot);
      await store.commit([gone, state(1, [0, 0, 1, 0], 6, "fresh")]);
      expect(await store.state(1)).toEqual(stateRow(1, [0, 0, 1, 0], 6, "fresh"));
    });

    it.each([true, false])("can be gone with all they had (one commit: %s)", async (together) => {
      const store = stores();
      const before: Change[] = [
        agent(1),
        agent(2),
        envelope(1, 1),
        state(1, [0, 0, 0, 0]),
        { op: "timer", row: timerRow(1, "t", 50) },
        { op: "timer", row: timerRow(2, "t", 60) },
        { op: "call", row: callRow(1, "c") },
      ];
      const after: Change[] = [
        { op: "agentGone", key: 1 },
        agent(3, { address: agentRecord(1).address }),
      ];
      if (together) await store.commit([...before, ...after]);
      else {
        await store.commit(before);
        await store.commit(after);
      }
      const found = await (await opened().reopen()).agents();
      expect(found.map(({ record }) => record.key)).toEqual([2, 3]);
      const again = opened().store;
      expect(await again.state(1)).toBeNull();
      expect(await again.timers(1)).toEqual([]);
      expect(await again.dueTimers({ wallMs: 1_000, runMs: 0 }, 9)).toEqual([timerRow(2, "t", 60)]);
      expect(await again.calls()).toEqual([]);
      const { items } = await again.messages({ to: agentRecord(1).address, limit: 9 });
      expect(items.map(({ envelope }) => envelope.seq)).toEqual([1]);
    });
  });
}
