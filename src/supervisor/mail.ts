/** Makes envelopes, tells agents things from the runtime, buries what cannot be delivered. */
import type { Address } from "../address.ts";
import type { Cause, Envelope } from "../actors/envelope.ts";
import type { ErrorCode } from "../errors.ts";
import type { TurnSpans } from "../traces/traces.ts";
import type { Cell } from "./cell.ts";
import type { Core, Letter, Mail as MailFace } from "./core.ts";
import type { Draft } from "./draft.ts";

export class Mail implements MailFace {
  #core: Core;
  spans: TurnSpans | null = null;

  constructor(core: Core) {
    this.#core = core;
  }

  envelope(to: Address, letter: Letter): Envelope {
    const { cause } = letter;
    return {
      id: this.#core.ids.uuid(),
      seq: 0,
      kind: letter.kind ?? "message",
      lane: letter.lane ?? "normal",
      to,
      from: letter.from,
      type: letter.type,
      payload: letter.payload,
      cause: cause?.id ?? null,
      correlation: letter.correlation ?? null,
      replyTo: letter.replyTo ?? null,
      sentAtMs: this.#core.clock.wallMs(),
      expiresAtMs: letter.expiresAtMs ?? null,
      hops: cause ? cause.hops + 1 : 0,
      trace: letter.trace ?? this.traceFrom(cause ?? null),
      attempt: 0,
    };
  }

  asCause(cause: Cause | null): Cause | null {
    return cause && this.spans ? { ...cause, trace: this.traceFrom(cause) } : cause;
  }

  traceFrom(cause: Cause | null): string | null {
    const trace = cause?.trace ?? null;
    return trace === null || this.spans === null ? trace : this.spans.next(trace);
  }

  system(draft: Draft, cell: Cell, type: string, payload: unknown, cause?: Cause | null): void {
    if (cell.hasEnded || !cell.kind.manifest.system.includes(type)) return;
    draft.post(
      cell,
      this.envelope(cell.address, {
        kind: "system",
        lane: "control",
        from: "system",
        type,
        payload: JSON.stringify(payload),
        cause: cause ?? null,
      }),
    );
  }

  bury(
    draft: Draft,
    envelope: Envelope,
    reason: ErrorCode,
    message: string,
    state: string | null = null,
  ): void {
    const deadAtMs = this.#core.clock.wallMs();
    draft.change({ op: "deadLetter", letter: { envelope, reason, message, state, deadAtMs } });
    draft.event(deadAtMs, "envelope.dead", envelope.to, {
      id: envelope.id,
      type: envelope.type,
      from: envelope.from,
      reason,
    });
    if (envelope.replyTo) {
      const error = { code: reason, message };
      this.#core.asks.settle(draft, envelope.replyTo, { ok: false, error }, null, envelope);
    }
  }
}
