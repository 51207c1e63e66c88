import { afterEach, describe, expect, it } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { SpanExporter } from "../../src/traces/exporter.ts";
import type { Span } from "../../src/traces/span.ts";
import { eventually } from "../support/eventually.ts";

const traceId = "0af7651916cd43dd8448eb211c80319c";
const service = { name: "dreamos", version: "1", instanceId: "i" };
const servers: Deno.HttpServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.shutdown()));
});

function span(n: number): Span {
  return {
    ...{ traceId, spanId: n.toString(16).padStart(16, "0"), parentSpanId: null, name: `s${n}` },
    ...{
      kind: "server",
      startedAtMs: 1.0005,
      endedAtMs: 2,
      attributes: {},
      error: null,
      links: [],
    },
  };
}

interface Collector {
  url: string;
  seen: number[];
  requests: number;
}

function collect(answer: (n: number) => Response | Promise<Response>): Collector {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (r) => {
    const body = await r.json();
    const n = ++collector.requests;
    const response = await answer(n);
    if (response.status === 200) {
      for (const { name } of body.resourceSpans[0].scopeSpans[0].spans) {
        collector.seen.push(Number(name.slice(1)));
      }
    }
    return response;
  });
  servers.push(server);
  const { port } = server.addr as Deno.NetAddr;
  const collector: Collector = { url: `http://127.0.0.1:${port}`, seen: [], requests: 0 };
  return collector;
}

function open(endpoint: string, timeoutMs = 5_000, hurry = 100) {
  const states: { ok: boolean; why: string; dropped: number }[] = [];
  // Its pauses pass faster than those of the machine.
  const clock = {
    ...systemClock,
    after: (ms: number, fire: () => void) => systemClock.after(ms / hurry, fire),
  };
  const exporter = new SpanExporter({
    ...{ endpoint, headers: {}, service, clock, timeoutMs: timeoutMs * hurry },
    onState: (state) => states.push(state),
  });
  return { exporter, states };
}

const upTo = (n: number) => Array.from({ length: n }, (_, i) => i);

describe("the exporter", () => {
  it("sends batches in order, and what is left at the end", async () => {
    const collector = collect(() => Response.json({}));
    const { exporter, states } = open(`${collector.url}/`);
    for (const n of upTo(1_500)) exporter.add(span(n));
    await exporter.close(2_000_000);
    expect(collector.seen).toEqual(upTo(1_500));
    expect(collector.requests).toBe(3);
    expect(states).toEqual([]);
  });

  it("goes on when the collector comes back, having told once that it was gone", async () => {
    const collector = collect((n) =>
      n < 4 ? new Response("busy", { status: 503 }) : Response.json({})
    );
    const { exporter, states } = open(collector.url);
    for (const n of upTo(600)) exporter.add(span(n));
    await eventually(() => collector.seen.length === 600);
    expect(collector.seen).toEqual(upTo(600));
    expect(states.map(({ ok }) => ok)).toEqual([false, true]);
    expect(states[0]!.why).toBe("it answered with status 503");
    await exporter.close(1_000);
  });

  it("keeps a bounded number for a collector that is not there, and drops the rest", async () => {
    const gone = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = gone.addr as Deno.NetAddr;
    gone.close();
    const { exporter, states } = open(`http://127.0.0.1:${port}`);
    const begun = systemClock.monotonicMs();
    for (const n of upTo(100_000)) exporter.add(span(n));
    expect(systemClock.monotonicMs() - begun).toBeLessThan(5_000);
    await eventually(() => states.length > 0);
    expect(states).toEqual([{ ok: false, why: "it is not reached", dropped: expect.any(Number) }]);
    expect(states[0]!.dropped).toBeGreaterThan(91_000);
    await exporter.close(50);
  });

  it("gives up on answers that never come, refusals for good and nonsense", async () => {
    const never = Promise.withResolvers<Response>();
    const slow = collect(() => never.promise);
    const late = open(slow.url, 100);
    late.exporter.add(span(1));
    await eventually(() => late.states.length > 0);
    expect(late.states[0]!.why).toContain("no answer within");
    await late.exporter.close(10);
    never.resolve(new Response());

    const refusing = collect(() => new Response("what?", { status: 400 }));
    const refused = open(refusing.url);
    refused.exporter.add(span(1));
    await eventually(() => refused.states.length > 0);
    expect(refused.states[0]).toMatchObject({ why: "it answered with status 400", dropped: 1 });
    refused.exporter.add(span(2));
    await eventually(() => refusing.requests === 2);
    await refused.exporter.close(1_000);

    const endless = new ReadableStream({
      pull: (controller) => controller.enqueue(new TextEncoder().encode("<html>")),
    });
    const odd = collect((n) => n === 1 ? new Response(endless) : new Response("<html>"));
    const { exporter, states } = open(odd.url);
    exporter.add(span(1));
    await eventually(() => odd.requests === 1);
    exporter.add(span(2));
    await exporter.close(2_000_000);
    expect(odd.seen).toEqual([1, 2]);
    expect(states).toEqual([]);
  });

  it("speaks OTLP's JSON", async () => {
    const { otlpBody } = await import("../../src/traces/otlp.ts");
    const one: Span = {
      ...span(1),
      ...{ parentSpanId: "b7ad6b7169203331", kind: "consumer", error: "crashed" },
      startedAtMs: 1_767_225_600_000.25,
      endedAtMs: 1_767_225_601_000,
      attributes: { text: "a", whole: 2, part: 1.5, flag: true },
      links: [{ traceId, spanId: "00f067aa0ba902b7" }],
    };
    const [resource] = JSON.parse(otlpBody([one], service)).resourceSpans;
    expect(resource.resource.attributes[0]).toEqual({
      key: "service.name",
      value: { stringValue: "dreamos" },
    });
    expect(resource.scopeSpans[0].spans[0]).toEqual({
      ...{ traceId, spanId: "0000000000000001", parentSpanId: "b7ad6b7169203331", flags: 1 },
      ...{ name: "s1", kind: 5 },
      startTimeUnixNano: "1767225600000250000",
      endTimeUnixNano: "1767225601000000000",
      attributes: [
        { key: "text", value: { stringValue: "a" } },
        { key: "whole", value: { intValue: "2" } },
        { key: "part", value: { doubleValue: 1.5 } },
        { key: "flag", value: { boolValue: true } },
        { key: "error.type", value: { stringValue: "crashed" } },
      ],
      links: [{ traceId, spanId: "00f067aa0ba902b7", flags: 1, attributes: [] }],
      status: { code: 2, message: "crashed" },
    });
  });
});
