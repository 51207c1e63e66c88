/**
 * What comes from outside: messages, asks and adapter events. Checked, put into mailboxes, and
 * acknowledged once durable.
 *
 * Invariants:
 * - I1 A request takes effect whole or not at all.
 * - I2 The same Idempotency-Key with the same body gives the same answer; with another, a conflict.
 */
import { parseAddress } from "../address.ts";
import type { Envelope, Outcome } from "../actors/envelope.ts";
import { DreamError, isErrorCode } from "../errors.ts";
import type { Json } from "../json.ts";
import type { AskRow } from "../storage/store.ts";
import type { Asks } from "./asks.ts";
import type { Cell } from "./cell.ts";
import type { AskInput, Caller, Idempotency, MessageInput } from "./control.ts";
import type { Core } from "./core.ts";
import { checkMessage, hasRoom, receiverOf } from "./delivery.ts";
import { Draft } from "./draft.ts";
import { Keys } from "./keys.ts";
import { notNow } from "./ledger.ts";

export class Door {
  #core: Core;
  #asks: Asks;
  readonly keys: Keys;

  constructor(core: Core, asks: Asks) {
    this.#core = core;
    this.#asks = asks;
    this.keys = new Keys(core, () => this.checkOpen());
  }

  /** @throws {DreamError} `shutting_down`, `storage_unavailable` */
  checkOpen(): void {
    if (!this.#core.isOpen) throw new DreamError("shutting_down", "The service is shutting down");
    if (!this.#core.store.available || this.#core.isLoading) throw notNow();
  }

  send(
    caller: Caller,
    messages: MessageInput[],
    idempotency?: Idempotency,
  ): Promise<{ ids: string[] }> {
    this.checkOpen();
    return this.keys.once(caller.name, idempotency, async (remember) => {
      const draft = new Draft();
      const ids = messages.map((message) => this.#post(draft, `@${caller.name}`, message).id);
      remember(draft, { ids });
      await this.#core.ledger.commit(draft);
      return { ids };
    });
  }

  async ask(
    caller: Caller,
    input: AskInput,
    idempotency?: Idempotency,
  ): Promise<{ id: string; reply: Json }> {
    this.checkOpen();
    const { id } = await this.keys.once(caller.name, idempotency, async (remember) => {
      const draft = new Draft();
      const row = this.#openAsk(draft, caller, input);
      remember(draft, { id: row.id });
      draft.isPatient = true;
      const durable = this.#core.ledger.commit(draft);
      // Until its row is stored nobody but this call knows that the key is used (I2). An ask
      // without a key is heard of by its answer alone.
      if (idempotency) await durable;
      else durable.catch(() => {});
      return { id: row.id };
    });
    return { id, reply: replyOf(id, await this.#answer(`@${caller.name}`, id)) };
  }

  /** An event of an adapter: accepted once for its key, however often it comes. */
  async event(cell: Cell, from: string, key: string, type: string, payload: Json): Promise<void> {
    this.checkOpen();
    await this.keys.once(from, { key, bodyHash: "" }, async (remember) => {
      const draft = new Draft();
      this.#post(draft, from, { to: cell.address, type, payload });
      remember(draft, {});
      await this.#core.ledger.commit(draft);
      return {};
    });
  }

  #post(
    draft: Draft,
    from: string,
    message: MessageInput,
    replyTo: Envelope["replyTo"] = null,
  ): Envelope {
    const { type, payload, lane, trace } = message;
    const to = parseAddress(message.to);
    const receiver = receiverOf(this.#core, draft, to, replyTo !== null);
    checkMessage(receiver, type, payload);
    if (!hasRoom(this.#core, draft, receiver, from)) {
      const { mailbox: { depth } } = receiver;
      const { mailbox: limit } = this.#core.limits;
      throw new DreamError(
        "mailbox_full",
        `Cannot send to ${to}: ${depth} of ${limit} wait there, and one sender may fill half`,
        { details: { depth, limit } },
      );
    }
    const now = this.#core.clock.wallMs();
    const expiresAtMs = replyTo?.expiresAtMs ??
      (message.expiresInMs === undefined ? null : now + message.expiresInMs);
    const text = JSON.stringify(payload);
    if (text.length > this.#core.limits.payloadBytes) {
      throw new DreamError(
        "payload_too_large",
        `Cannot send to ${to}: the payload has ${text.length} characters, at most ` +
          `${this.#core.limits.payloadBytes} are taken`,
      );
    }
    const letter = { from, type, payload: text, lane, trace, replyTo };
    const envelope = this.#core.mail.envelope(to, { ...letter, expiresAtMs });
    draft.post(receiver, envelope);
    return envelope;
  }

  #openAsk(draft: Draft, caller: Caller, input: AskInput): AskRow {
    const asker = `@${caller.name}`;
    const timeoutMs = input.timeoutMs ?? this.#core.limits.askTimeoutMs;
    const expiresAtMs = this.#core.clock.wallMs() + timeoutMs;
    const replyTo = { to: asker, ask: "", expiresAtMs };
    const envelope = this.#post(draft, asker, input, replyTo);
    replyTo.ask = envelope.id;
    const receiver = this.#core.registry.get(envelope.to);
    const row: AskRow = {
      id: envelope.id,
      asker,
      ask: envelope.id,
      key: receiver.key,
      expiresAtMs,
      outcome: null,
      settledAtMs: null,
    };
    this.#asks.open(draft, row);
    return row;
  }

  /**
   * The answer, also to an ask of an earlier request with the same key.
   *
   * @throws {DreamError} `ask_not_found` when the answer is kept no more
   */
  async #answer(asker: string, id: string): Promise<Outcome> {
    const waiting = Promise.withResolvers<Outcome>();
    const forget = this.#asks.onAnswer(id, waiting.resolve);
    try {
      if (!this.#asks.find({ to: asker, ask: id })) {
        // It was answered; the store has that as soon as it is durable.
        await this.#core.ledger.flushed();
        const { outcome } = await this.#asks.read(id);
        if (outcome) return JSON.parse(outcome);
      }
      return await waiting.promise;
    } finally {
      forget();
    }
  }
}

/** @throws {DreamError} the code that the ask failed with; `ask_timeout` names the ask */
function replyOf(id: string, outcome: Outcome): Json {
  if ("ok" in outcome && outcome.ok) return (outcome.value ?? null) as Json;
  if (!("ok" in outcome)) throw new DreamError("internal", `The ask ${id} has no outcome`);
  const { code, message } = outcome.error;
  const known = isErrorCode(code) ? code : "agent_refused";
  throw new DreamError(known, message, { details: { id, reason: code } });
}
