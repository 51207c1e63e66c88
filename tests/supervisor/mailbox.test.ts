import { describe, expect, it } from "vitest";
import type { Envelope, Lane } from "../../src/actors/envelope.ts";
import { Mailbox } from "../../src/supervisor/mailbox.ts";

const unlimited = Number.POSITIVE_INFINITY;

function envelope(seq: number, lane: Lane = "normal", more: Partial<Envelope> = {}): Envelope {
  return {
    id: `e${seq}`,
    seq,
    kind: "message",
    lane,
    to: "/a",
    from: "/b",
    type: "said",
    payload: "{}",
    cause: null,
    correlation: null,
    replyTo: null,
    sentAtMs: seq,
    expiresAtMs: null,
    hops: 0,
    trace: null,
    attempt: 0,
    ...more,
  };
}

function seqs(batch: readonly Envelope[]): number[] {
  return batch.map(({ seq }) => seq);
}

describe("Mailbox", () => {
  it("I1 hands over urgent lanes first and each lane in order", () => {
    const mailbox = new Mailbox();
    const order: Lane[] = ["low", "normal", "control", "high", "normal", "control"];
    order.forEach((lane, i) => mailbox.push(envelope(i + 1, lane)));
    expect(seqs(mailbox.take(10, unlimited))).toEqual([3, 6, 4, 2, 5, 1]);
  });

  it("lets the oldest lower lane go first each eighth time", () => {
    const mailbox = new Mailbox();
    for (let seq = 1; seq <= 20; seq++) mailbox.push(envelope(seq, "high"));
    mailbox.push(envelope(21, "low", { sentAtMs: 0 }));
    mailbox.push(envelope(22, "normal", { sentAtMs: 1 }));
    const firsts = Array.from({ length: 8 }, () => mailbox.take(1, unlimited)[0]!.seq);
    expect(firsts).toEqual([1, 2, 3, 4, 5, 6, 7, 21]);
  });

  it("I2 takes back what was not consumed, before what came meanwhile", () => {
    const mailbox = new Mailbox();
    for (const seq of [1, 2, 3]) mailbox.push(envelope(seq));
    const batch = mailbox.take(2, unlimited);
    mailbox.push(envelope(4));
    mailbox.giveBack(batch);
    expect(seqs(mailbox.take(10, unlimited))).toEqual([1, 2, 3, 4]);
  });

  it("I3 counts what is in hand and what is only stored", () => {
    const mailbox = new Mailbox([0, 0, 2, 0]);
    mailbox.push(envelope(3));
    expect(mailbox.depth).toBe(3);
    expect(mailbox.hasLoaded).toBe(false);
    expect(mailbox.nextLoad([0, 0, 0, 0], [])).toEqual({
      lane: "normal",
      afterSeq: 0,
      expected: 3,
    });
    mailbox.loaded("normal", [envelope(1), envelope(2), envelope(3)]);
    const batch = mailbox.take(2, unlimited);
    expect(mailbox.depth).toBe(3);
    mailbox.consumed(batch);
    expect(mailbox.depth).toBe(1);
  });

  it("keeps a bounded window in memory and loads the rest in order", () => {
    const mailbox = new Mailbox();
    const all = Array.from({ length: 3_000 }, (_, i) => envelope(i + 1));
    all.forEach((each) => mailbox.push(each));
    const seen: number[] = [];
    while (mailbox.depth > 0) {
      const batch = mailbox.take(256, unlimited);
      if (batch.length === 0) {
        const next = mailbox.nextLoad([0, 0, seen.at(-1) ?? 0, 0], [])!;
        mailbox.loaded(next.lane, all.slice(next.afterSeq, next.afterSeq + 512));
        continue;
      }
      mailbox.consumed(batch);
      seen.push(...seqs(batch));
    }
    expect(seen).toEqual(all.map(({ seq }) => seq));
  });

  it("does not count replies, results and timers against the bound", () => {
    const mailbox = new Mailbox();
    mailbox.push(envelope(1));
    mailbox.push(envelope(2, "normal", { kind: "reply" }));
    mailbox.push(envelope(3, "normal", { kind: "timer" }));
    expect([mailbox.depth, mailbox.bounded]).toEqual([3, 1]);
  });

  it("knows how many open messages each sender has, those loaded from the store too", () => {
    const mailbox = new Mailbox([0, 0, 1, 0]);
    mailbox.push(envelope(2, "normal", { from: "/c" }));
    mailbox.loaded("normal", [envelope(1), envelope(2, "normal", { from: "/c" })]);
    expect([mailbox.from("/b"), mailbox.from("/c")]).toEqual([1, 1]);
    mailbox.consumed(mailbox.take(1, unlimited));
    expect([mailbox.from("/b"), mailbox.from("/c")]).toEqual([0, 1]);
  });

  it("ends a batch at the byte limit, but always hands over one", () => {
    const mailbox = new Mailbox();
    for (const seq of [1, 2, 3]) mailbox.push(envelope(seq, "normal", { payload: "x".repeat(60) }));
    expect(seqs(mailbox.take(10, 100))).toEqual([1]);
    expect(seqs(mailbox.take(10, 130))).toEqual([2, 3]);
  });
});
