/**
 * Sends spans to a collector, beside all else: whatever the collector does, the service neither
 * waits for it nor keeps more than a bounded number of spans for it.
 */
import type { CancelTimer, Clock } from "../clock.ts";
import { otlpBody, type Service } from "./otlp.ts";
import type { Span } from "./span.ts";

export interface ExporterOptions {
  /** Base of the collector, such as `http://127.0.0.1:4318`; `/v1/traces` is added to it. */
  endpoint: string;
  /** Sent along, such as a collector's key. */
  headers: Readonly<Record<string, string>>;
  service: Service;
  clock: Clock;
  /** A batch was given up, or the first one after that went through. */
  onState(state: { ok: boolean; why: string; dropped: number }): void;
  timeoutMs?: number;
}

const mostWaiting = 8_192;
const batchSpans = 512;
/** A batch that is not full is sent this long after its first span. */
const everyMs = 1_000;
const longestPauseMs = 60_000;
const defaultTimeoutMs = 10_000;
/** What a collector may say that is worth another try (OTLP specification, Failures). */
const again = new Set([429, 502, 503, 504]);

export class SpanExporter {
  readonly #options: ExporterOptions;
  readonly #url: string;
  #waiting: Span[] = [];
  #dropped = 0;
  #isSending = false;
  #isOk = true;
  #pauseMs = 0;
  #cancel: CancelTimer | null = null;
  #cut = new AbortController();
  #sending: Promise<boolean> = Promise.resolve(true);

  constructor(options: ExporterOptions) {
    this.#options = options;
    this.#url = `${options.endpoint.replace(/\/+$/, "")}/v1/traces`;
  }

  /** Takes a span, or drops it when the collector does not keep up. */
  add(span: Span): void {
    if (this.#waiting.length >= mostWaiting) return void this.#dropped++;
    this.#waiting.push(span);
    if (this.#isSending) return;
    if (this.#waiting.length >= batchSpans && this.#pauseMs === 0) return void this.#send();
    const waitMs = Math.max(everyMs, this.#pauseMs);
    this.#cancel ??= this.#options.clock.after(waitMs, () => this.#send());
  }

  /** Sends what waits, for `ms` at most. */
  async close(ms: number): Promise<void> {
    const cancel = this.#options.clock.after(ms, () => this.#cut.abort());
    this.#pauseMs = 0;
    while ((this.#waiting.length > 0 || this.#isSending) && !this.#cut.signal.aborted) {
      if (this.#isSending) await this.#sending;
      else if (!await this.#send()) break;
    }
    this.#cancel?.();
    this.#cut.abort();
    cancel();
  }

  #send(): Promise<boolean> {
    this.#cancel?.();
    this.#cancel = null;
    this.#isSending = true;
    const batch = this.#waiting.splice(0, batchSpans);
    this.#sending = this.#post(batch).then((why) => {
      this.#isSending = false;
      return this.#settle(batch, why);
    });
    return this.#sending;
  }

  /** @returns null when the batch was taken, else why not */
  async #post(batch: readonly Span[]): Promise<{ why: string; again: boolean } | null> {
    const { headers, service, clock, timeoutMs = defaultTimeoutMs } = this.#options;
    const late = new AbortController();
    const cancel = clock.after(timeoutMs, () => late.abort());
    try {
      const response = await fetch(this.#url, {
        method: "POST",
        headers: { ...headers, "content-type": "application/json" },
        body: otlpBody(batch, service),
        redirect: "error",
        signal: AbortSignal.any([late.signal, this.#cut.signal]),
      });
      // What it says besides is of no use, and may have no end.
      await response.body?.cancel();
      if (response.ok) return null;
      const { status } = response;
      return { why: `it answered with status ${status}`, again: again.has(status) };
    } catch {
      const why = late.signal.aborted ? `no answer within ${timeoutMs} ms` : "it is not reached";
      return { why, again: true };
    } finally {
      cancel();
    }
  }

  #settle(batch: Span[], refused: { why: string; again: boolean } | null): boolean {
    const isOk = refused === null;
    if (isOk) this.#pauseMs = 0;
    else {
      if (refused.again) this.#putBack(batch);
      else this.#dropped += batch.length;
      this.#pauseMs = Math.min(longestPauseMs, Math.max(everyMs, this.#pauseMs * 2));
    }
    if (isOk !== this.#isOk || (isOk && this.#dropped > 0)) {
      this.#options.onState({ ok: isOk, why: refused?.why ?? "", dropped: this.#dropped });
      if (isOk) this.#dropped = 0;
    }
    this.#isOk = isOk;
    if (this.#waiting.length > 0 && !this.#cut.signal.aborted) {
      const isFull = isOk && this.#waiting.length >= batchSpans;
      const waitMs = isFull ? 0 : Math.max(everyMs, this.#pauseMs);
      this.#cancel = this.#options.clock.after(waitMs, () => this.#send());
    }
    return isOk;
  }

  #putBack(batch: Span[]): void {
    const room = mostWaiting - this.#waiting.length;
    this.#waiting.unshift(...batch.slice(0, room));
    this.#dropped += Math.max(0, batch.length - room);
  }
}
