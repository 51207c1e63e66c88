/** Retention: what is older or more than the limits say is removed now and then, and told. */
import type { Cell } from "./cell.ts";
import type { RetentionView } from "./control.ts";
import type { Core } from "./core.ts";
import type { Dispatcher } from "./dispatcher.ts";

const everyMs = 10 * 60_000;
/** Not at the start itself; but a system that is often restarted must sweep all the same. */
const firstMs = 60_000;

export class Sweeps {
  #core: Core;
  #dispatcher: Dispatcher;
  #nextMs: number;
  #last: RetentionView["lastSweep"] = null;

  constructor(core: Core, dispatcher: Dispatcher) {
    this.#core = core;
    this.#dispatcher = dispatcher;
    this.#nextMs = core.clock.monotonicMs() + firstMs;
  }

  /** Starts a sweep when it is time. */
  look(): void {
    const { clock, log } = this.#core;
    if (clock.monotonicMs() < this.#nextMs) return;
    this.#nextMs = clock.monotonicMs() + everyMs;
    this.sweep().catch((error) =>
      log("warn", "retention failed", { code: error?.code ?? error?.name })
    );
  }

  async sweep(): Promise<void> {
    const { limits, clock, kinds, registry, store } = this.#core;
    const now = clock.wallMs();
    const begunMs = clock.monotonicMs();
    const endedBeforeMs = now - limits.keepEndedMs;
    const isOld = ({ hasEnded, record: { endedAtMs } }: Cell) =>
      hasEnded && endedAtMs !== null && endedAtMs < endedBeforeMs;
    const old = [...registry.awake()].filter(isOld);
    // A turn in hand may yet store a state of the bundle that it runs with.
    const stays = [...this.#dispatcher.resident].map((cell) => cell.residence!.bundle);
    const bundlesInUse = [...new Set(stays)];
    kinds.forgetCode(new Set(bundlesInUse));
    const removed = await store.prune({
      consumedBeforeMs: now - limits.keepConsumedMs,
      consumedCount: limits.keepConsumedCount,
      deadLettersBeforeMs: now - limits.keepDeadLettersMs,
      deadLettersCount: limits.keepDeadLettersCount,
      endedBeforeMs,
      idempotencyBeforeMs: now - limits.keepIdempotencyMs,
      bundlesInUse,
    });
    // Not before: a new agent at the address has to know of a row that is still there.
    for (const cell of old.filter(isOld)) registry.remove(cell);
    this.#last = { atMs: now, removed, tookMs: Math.round(clock.monotonicMs() - begunMs) };
  }

  async view(): Promise<RetentionView> {
    const { limits, store } = this.#core;
    const { keepConsumedMs, keepConsumedCount, keepDeadLettersMs } = limits;
    const { keepDeadLettersCount, keepEndedMs } = limits;
    return {
      ...{ keepConsumedMs, keepConsumedCount, keepDeadLettersMs, keepDeadLettersCount },
      keepEndedMs,
      oldest: await store.history.oldest(),
      lastSweep: this.#last,
    };
  }
}
