/** What people do with dead letters: look at one, send it again, forget it. */
import { DreamError } from "../errors.ts";
import type { DeadLetter } from "../storage/store.ts";
import type { Caller, Idempotency } from "./control.ts";
import type { Core } from "./core.ts";
import type { Door } from "./door.ts";
import { checkMessage, hasRoom, receiverOf } from "./delivery.ts";
import { Draft } from "./draft.ts";

type Letter = DeadLetter & { id: number };

export class Letters {
  #core: Core;
  #door: Door;
  /** Letters that are being sent again or dropped: the store still has them. */
  #taken = new Set<number>();

  constructor(core: Core, door: Door) {
    this.#core = core;
    this.#door = door;
  }

  /** @throws {DreamError} `letter_not_found` */
  async find(id: number): Promise<Letter> {
    await this.#core.ledger.flushed();
    const letter = this.#taken.has(id) ? null : await this.#core.store.deadLetter(id);
    if (letter && !this.#taken.has(id)) return letter;
    throw new DreamError("letter_not_found", `There is no dead letter ${id}`);
  }

  /**
   * Sends the message again in the commit that takes the letter away. Asks are not asked again:
   * their askers were answered when they died.
   *
   * @throws {DreamError} `letter_not_found`, `not_replayable`, `agent_not_found`, `agent_stopped`,
   * `agent_ended`, `agent_failed`, `unknown_type`, `invalid_payload`, `mailbox_full`
   */
  replay(caller: Caller, id: number, idempotency?: Idempotency): Promise<{ id: string }> {
    this.#door.checkOpen();
    return this.#door.keys.once(caller.name, idempotency, async (remember) => {
      const letter = await this.find(id);
      const draft = new Draft();
      const answer = { id: this.#post(draft, letter, `@${caller.name}`) };
      remember(draft, answer);
      await this.#core.ledger.commit(draft);
      return answer;
    });
  }

  #post(draft: Draft, { id, envelope, reason }: Letter, by: string): string {
    const { kind, to, from, type, payload, lane, trace } = envelope;
    if (kind !== "message" && kind !== "system") {
      throw new DreamError(
        "not_replayable",
        `Cannot replay dead letter ${id}: a ${kind} belongs to what waited for it, which is over`,
      );
    }
    const { mail, clock } = this.#core;
    const receiver = receiverOf(this.#core, draft, to, false);
    if (kind === "message") {
      checkMessage(receiver, type, JSON.parse(payload));
      if (!hasRoom(this.#core, draft, receiver, from)) {
        throw new DreamError("mailbox_full", `Cannot replay dead letter ${id}: ${to} has no room`);
      }
    }
    const letter = { kind, from, type, payload, lane, trace, cause: envelope };
    const sent = mail.envelope(to, letter);
    draft.post(receiver, sent);
    this.#take(draft, id);
    receiver.crashStreak.delete(envelope.id);
    const about = { by, letter: id, id: envelope.id, as: sent.id, reason };
    draft.event(clock.wallMs(), "envelope.replayed", to, about);
    return sent.id;
  }

  /** @throws {DreamError} `letter_not_found` */
  async drop(caller: Caller, id: number): Promise<void> {
    this.#door.checkOpen();
    const draft = new Draft();
    const { envelope, reason } = await this.find(id);
    this.#take(draft, id);
    this.#core.registry.find(envelope.to)?.crashStreak.delete(envelope.id);
    const about = { by: `@${caller.name}`, letter: id, id: envelope.id, reason };
    draft.event(this.#core.clock.wallMs(), "envelope.dropped", envelope.to, about);
    await this.#core.ledger.commit(draft);
  }

  #take(draft: Draft, id: number): void {
    draft.change({ op: "deadLetterGone", id })
      .onAccept(() => this.#taken.add(id))
      .onDurable(() => this.#taken.delete(id));
  }

  /** Memory is loaded anew: what was not durable has not happened. */
  clear(): void {
    this.#taken.clear();
  }
}
