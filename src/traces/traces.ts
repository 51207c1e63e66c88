/**
 * Spans of sampled traces: made here, kept a while for who asks, handed to an exporter. What is not
 * sampled costs one look at a text or a null per envelope.
 *
 * Invariants:
 * - I1 What is kept is bounded: the oldest traces go first, and one trace has a bound of its own.
 */
import type { Clock } from "../clock.ts";
import type { Ids } from "../ids.ts";
import type { OpenSpan, Span } from "./span.ts";
import {
  isSampled,
  readTraceparent,
  spanIdOf,
  type TraceContext,
  traceIdOf,
  writeTraceparent,
} from "./traceparent.ts";

export interface TracesOptions {
  clock: Clock;
  ids: Ids;
  /** Of requests that come without a trace, so many of a hundred begin one. */
  percent: number;
  /** Hears of every span that has ended. May not throw or wait. */
  onSpan?(span: Span): void;
}

/** Spans kept, and those of one trace. */
const mostSpans = 20_000;
const mostOfTrace = 1_000;
/** Envelopes of one trace in one turn that are linked besides the first. */
const mostLinks = 32;

interface Kept {
  spans: Span[];
  /** Spans that were not kept. */
  dropped: number;
}

/** What is known of one trace. */
export interface TraceView {
  traceId: string;
  /** By the time of their beginning. */
  spans: Span[];
  /** Spans of it beyond those kept. */
  dropped: number;
}

/** What a turn is about. */
export interface TurnFacts {
  address: string;
  agent: string;
  turn: number;
  /** How long it has taken, ms. */
  tookMs: number;
}

/** The spans of one turn, one for each trace that its envelopes belong to. */
export interface TurnSpans {
  /** The `traceparent` of what comes of an envelope with this one. */
  next(trace: string): string;
  end(error?: string): void;
}

interface Traced {
  trace: string | null;
}

/** Whether one of the first `count` is sampled. Asked for each turn: it allocates nothing. */
export function hasSampled(hand: readonly Traced[], count: number): boolean {
  for (let i = 0; i < count && i < hand.length; i++) {
    const { trace } = hand[i]!;
    if (trace !== null && isSampled(trace)) return true;
  }
  return false;
}

/** Makes spans and keeps the newest. */
export class Traces {
  readonly #options: TracesOptions;
  #kept = new Map<string, Kept>();
  #count = 0;

  constructor(options: TracesOptions) {
    this.#options = options;
  }

  /** Begins the span of a request; null when nobody wants one. */
  request(traceparent: string | null, method: string, route: string): OpenSpan | null {
    const given = traceparent === null ? null : readTraceparent(traceparent);
    if (given === null ? !this.#isChosen() : !isSampled(given)) return null;
    const place = route.replaceAll(/:(\w+)/g, "{$1}");
    return this.#begin(given, {
      name: `${method} ${place}`,
      kind: "server",
      attributes: { "http.request.method": method, "http.route": place },
    });
  }

  /** Begins the span of a call; null when its trace is not sampled. */
  call(trace: string | null, name: string, address: string): OpenSpan | null {
    if (trace === null || !isSampled(trace)) return null;
    return this.#begin(trace, {
      name: `call ${name}`,
      kind: "client",
      attributes: { "rpc.system": "dreamos", "rpc.method": name, "dreamos.address": address },
    });
  }

  /** The spans of a turn over `hand`, of which some must be sampled. */
  turn(hand: readonly Traced[], about: TurnFacts): TurnSpans {
    const byTrace = new Map<string, string[]>();
    for (const { trace } of hand) {
      if (trace === null || !isSampled(trace)) continue;
      const id = traceIdOf(trace);
      const others = byTrace.get(id);
      if (others) others.push(trace);
      else byTrace.set(id, [trace]);
    }
    const startedAtMs = this.#options.clock.wallMs() - about.tookMs;
    const spans = new Map<string, OpenSpan>();
    for (const [id, [first, ...others]] of byTrace) {
      const attributes = {
        "messaging.system": "dreamos",
        "messaging.operation.type": "process",
        "messaging.operation.name": "turn",
        "messaging.destination.name": about.address,
        "messaging.batch.message_count": others.length + 1,
        "dreamos.agent": about.agent,
        "dreamos.turn": about.turn,
      };
      const links = [...new Set(others)].filter((one) => one !== first).slice(0, mostLinks)
        .map((one) => ({ traceId: id, spanId: spanIdOf(one) }));
      const part = { name: `process ${about.agent}`, kind: "consumer", attributes } as const;
      spans.set(id, this.#begin(first!, part, { startedAtMs, links }));
    }
    return {
      next: (trace) => isSampled(trace) ? spans.get(traceIdOf(trace))?.trace ?? trace : trace,
      end: (error) => {
        for (const span of spans.values()) span.end(error === undefined ? {} : { error });
      },
    };
  }

  /** What is kept of a trace; null when nothing is. */
  find(traceId: string): TraceView | null {
    const kept = this.#kept.get(traceId);
    if (!kept) return null;
    const spans = kept.spans.toSorted((a, b) => a.startedAtMs - b.startedAtMs);
    return { traceId, spans, dropped: kept.dropped };
  }

  #isChosen(): boolean {
    const { percent, ids } = this.#options;
    return percent > 0 && ids.random() * 100 < percent;
  }

  #begin(
    parent: string | null,
    part: Pick<Span, "name" | "kind" | "attributes">,
    more: { startedAtMs?: number; links?: TraceContext[] } = {},
  ): OpenSpan {
    const { clock, ids } = this.#options;
    const hex = () => ids.uuid().replaceAll("-", "");
    const traceId = parent === null ? hex() : traceIdOf(parent);
    // The random half of a UUIDv7.
    const context = { traceId, spanId: hex().slice(16) };
    const begunMs = clock.monotonicMs();
    const begunAtMs = clock.wallMs();
    const { startedAtMs = begunAtMs, links = [] } = more;
    let isOpen = true;
    return {
      trace: writeTraceparent(context),
      end: ({ error = null, attributes = {} } = {}) => {
        if (!isOpen) return;
        isOpen = false;
        this.#keep({
          ...context,
          parentSpanId: parent === null ? null : spanIdOf(parent),
          ...part,
          startedAtMs,
          // The wall clock may be set meanwhile.
          endedAtMs: begunAtMs + clock.monotonicMs() - begunMs,
          attributes: { ...part.attributes, ...attributes },
          error,
          links,
        });
      },
    };
  }

  #keep(span: Span): void {
    const kept = this.#kept.get(span.traceId) ?? { spans: [], dropped: 0 };
    this.#kept.set(span.traceId, kept);
    if (kept.spans.length < mostOfTrace) {
      kept.spans.push(span);
      this.#count++;
    } else kept.dropped++;
    for (const [id, { spans }] of this.#kept) {
      if (this.#count <= mostSpans) break;
      this.#kept.delete(id);
      this.#count -= spans.length;
    }
    this.#options.onSpan?.(span);
  }
}
