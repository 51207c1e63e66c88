import { describe, expect, it } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { systemIds } from "../../src/ids.ts";
import type { Span } from "../../src/traces/span.ts";
import { isSampled, readTraceparent } from "../../src/traces/traceparent.ts";
import { hasSampled, Traces } from "../../src/traces/traces.ts";

const ids = systemIds(systemClock);
const a = "0af7651916cd43dd8448eb211c80319c";
const b = "1".repeat(32);
const parent = "b7ad6b7169203331";
const trace = (id: string, span = parent, flags = "01") => `00-${id}-${span}-${flags}`;
const about = { address: "/x", agent: "kind", turn: 3, tookMs: 10 };

describe("traceparent", () => {
  it("is read as W3C Trace Context says", () => {
    expect(readTraceparent(trace(a))).toBe(trace(a));
    expect(readTraceparent(`01-${a}-${parent}-03-what-comes`)).toBe(trace(a, parent, "03"));
    for (
      const bad of [
        null,
        "",
        `00-${a}-${parent}`,
        `00-${a}-${parent}-01-more`,
        `ff-${a}-${parent}-01`,
        `00-${a.toUpperCase()}-${parent}-01`,
        `00-${"0".repeat(32)}-${parent}-01`,
        `00-${a}-${"0".repeat(16)}-01`,
        `00-${a}-${parent}-01\n`,
      ]
    ) expect([bad, readTraceparent(bad)]).toEqual([bad, null]);
  });

  it("is sampled by its last bit", () => {
    for (let flags = 0; flags < 256; flags++) {
      const text = trace(a, parent, flags.toString(16).padStart(2, "0"));
      expect(isSampled(text)).toBe(flags % 2 === 1);
    }
  });
});

describe("traces", () => {
  function open(percent = 0) {
    const spans: Span[] = [];
    const traces = new Traces({ clock: systemClock, ids, percent, onSpan: (s) => spans.push(s) });
    return { traces, spans };
  }

  it("gives each trace of a batch a span of its own, with links to its other envelopes", () => {
    const { traces, spans } = open();
    const hand = [
      { trace: null },
      { trace: trace(a) },
      { trace: trace(b) },
      { trace: trace(a, "2".repeat(16)) },
      { trace: trace("3".repeat(32), parent, "00") },
      { trace: trace("4".repeat(32)) },
    ];
    const turn = traces.turn(hand.slice(0, 5), about);
    const unsampled = trace("3".repeat(32), parent, "00");
    expect(turn.next(unsampled)).toBe(unsampled);
    expect(turn.next(trace("4".repeat(32)))).toBe(trace("4".repeat(32)));
    turn.end();
    turn.end();
    expect(spans.map(({ traceId, parentSpanId }) => [traceId, parentSpanId])).toEqual([
      [a, parent],
      [b, parent],
    ]);
    expect(spans[0]!.links).toEqual([{ traceId: a, spanId: "2".repeat(16) }]);
    expect(turn.next(trace(a))).toBe(trace(a, spans[0]!.spanId));
    expect(spans[0]!.endedAtMs - spans[0]!.startedAtMs).toBeGreaterThanOrEqual(10);
    expect(spans[0]!.attributes).toMatchObject({ "messaging.batch.message_count": 2 });
  });

  it("makes nothing of what is not sampled", () => {
    const { traces, spans } = open();
    const hand = [{ trace: null }, { trace: trace(a, parent, "00") }];
    expect(hasSampled(hand, 2)).toBe(false);
    expect(hasSampled([...hand, { trace: trace(a) }], 2)).toBe(false);
    expect(hasSampled([...hand, { trace: trace(a) }], 3)).toBe(true);
    expect(hasSampled([], 3)).toBe(false);
    expect(traces.call(null, "file.read", "/x")).toBeNull();
    expect(traces.request(null, "GET", "/")).toBeNull();
    expect(traces.request("nonsense", "GET", "/")).toBeNull();
    expect(spans).toEqual([]);
  });

  it("begins as many as it is asked to", () => {
    const { traces } = open(25);
    let begun = 0;
    for (let i = 0; i < 4_000; i++) if (traces.request(null, "GET", "/")) begun++;
    expect(begun).toBeGreaterThan(800);
    expect(begun).toBeLessThan(1_200);
    expect(open(100).traces.request(null, "GET", "/")).not.toBeNull();
    // Somebody upstream has decided against it.
    expect(open(100).traces.request(trace(a, parent, "00"), "GET", "/")).toBeNull();
  });

  it("keeps a bounded number, of one trace and of all", () => {
    const { traces } = open();
    for (let i = 0; i < 1_200; i++) traces.call(trace(a), "file.read", "/x")!.end();
    expect(traces.find(a)).toMatchObject({ dropped: 200 });
    expect(traces.find(a)!.spans).toHaveLength(1_000);
    for (let i = 0; i < 30_000; i++) {
      const id = i.toString(16).padStart(32, "f");
      traces.call(trace(id), "file.read", "/x")!.end();
    }
    expect(traces.find(a)).toBeNull();
    expect(traces.find((29_999).toString(16).padStart(32, "f"))!.spans).toHaveLength(1);
    expect(traces.find((1).toString(16).padStart(32, "f"))).toBeNull();
  });
});
