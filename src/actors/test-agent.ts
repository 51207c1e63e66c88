/**
 * One agent in memory, for its author's tests: the engine that runs it in a thread, without the
 * thread. Time stands still until the test moves it; the outside is what the test says it is.
 */
import { type AnyStateMachine, type ContextFrom, matchesState } from "xstate";
import { DreamError } from "../errors.ts";
import type { Json } from "../json.ts";
import { defaultLimits } from "../limits.ts";
import { durationForm, parseDuration } from "../duration.ts";
import type { MessageType, PayloadOf } from "./agent-at.ts";
import type { Accepts, AnswerTo } from "./agent-types.ts";
import { decode, markRefs } from "./codec.ts";
import type { DefinedAgent } from "./define-agent.ts";
import type { Envelope, Outcome } from "./envelope.ts";
import type { StateSummary, StoredState } from "./protocol.ts";
import { parseStored } from "./stored.ts";
import { AgentFailed, type OpenWork, Outside, refusal, type Seen } from "./test-outside.ts";
import type { TestOptions } from "./test-options.ts";
import { TestEngine } from "./test-engine.ts";
import { compileManifest, type Validators } from "./validate.ts";

/** The payload may be left out where it may be empty. */
type PayloadArgs<A extends Accepts, T extends MessageType<{ accepts: A }>> =
  Record<never, never> extends PayloadOf<{ accepts: A }, T>
    ? [payload?: PayloadOf<{ accepts: A }, T>]
    : [payload: PayloadOf<{ accepts: A }, T>];

/** Starts the agent; its first turn has been taken when this resolves. */
export async function testAgent<A extends Accepts, R, M extends AnyStateMachine>(
  definition: DefinedAgent<A, R, M>,
  options: TestOptions<M> = {},
): Promise<TestAgent<A, R, M>> {
  const agent = new TestAgent(definition, options);
  await agent.begin();
  return agent;
}

/** An agent under test. It does one thing after the other, each until all is quiet. */
export class TestAgent<A extends Accepts, R, M extends AnyStateMachine> {
  readonly #address: string;
  readonly #schemas: Validators;
  readonly #outside: Outside;
  readonly #engine: TestEngine;
  readonly #waiters = new Map<string, { type: string; resolve(outcome: Outcome): void }>();
  #asks = 0;

  constructor(definition: DefinedAgent<A, R, M>, options: TestOptions<M>) {
    const { manifest } = definition;
    const { address = "/test", input, stored = null, crashAfterEveryTurn = false } = options;
    this.#address = address;
    this.#schemas = compileManifest(manifest);
    const wrong = this.#schemas.input((input ?? {}) as Json);
    if (wrong !== null && !stored) throw new DreamError("invalid_payload", `The ${wrong}`);
    this.#outside = new Outside({
      address,
      calls: options.calls ?? {},
      asks: options.asks ?? {},
      startAtMs: options.startAtMs ?? Date.UTC(2026, 0, 1),
      needs: manifest.needs.calls,
      askTimeoutMs: defaultLimits.askTimeoutMs,
      toSelf: (type, payload) => this.#post({ kind: "message", type, from: address }, payload),
      answer: (kind, correlation, outcome) => this.#post({ kind, correlation }, outcome ?? {}),
      replied: (ask, outcome) => this.#replied(ask, outcome),
    });
    this.#engine = new TestEngine({
      definition,
      outside: this.#outside,
      address,
      input,
      stored,
      crashAfterEveryTurn,
    });
  }

  /** Takes the first turn; `testAgent` does it. */
  begin(): Promise<void> {
    return this.#engine.do(() => this.#engine.begin());
  }

  #post(parts: Partial<Envelope> & Pick<Envelope, "kind">, payload: unknown): void {
    this.#engine.post(parts, payload);
  }

  /** What it did: `sent`, `asked`, `called`, `published`, `spawned`, `stopped`, `logs`. */
  get seen(): Seen {
    return this.#outside.seen;
  }

  /** Epoch ms on the test's clock. */
  get nowMs(): number {
    return this.#outside.nowMs;
  }

  /** Turns taken. */
  get turns(): number {
    return this.#engine.turns;
  }

  get value(): unknown {
    return this.#summary.value;
  }

  get status(): StateSummary["status"] {
    return this.#summary.status;
  }

  get tags(): string[] {
    return this.#summary.tags;
  }

  get output(): unknown {
    const { output } = this.#summary;
    return output === null ? undefined : JSON.parse(output);
  }

  /** As it comes back from the stored JSON. */
  get context(): ContextFrom<M> {
    return decode(parseStored(this.stored.text).root.context, markRefs) as ContextFrom<M>;
  }

  /** The stored state, for `TestOptions.stored`. */
  get stored(): StoredState {
    if (this.#engine.stored) return this.#engine.stored;
    throw new AgentFailed("crashed", "It has no state: its first turn failed");
  }

  get #summary(): StateSummary {
    if (this.#engine.summary) return this.#engine.summary;
    throw new AgentFailed("crashed", "It has no state: its first turn failed");
  }

  /** Delayed events, `after` included, soonest first. */
  get timers(): { event: string; inMs: number }[] {
    return parseStored(this.stored.text).timers
      .map(({ id, event }) => ({
        event: (event as { type: string }).type,
        inMs: this.#outside.dueInMs(id) ?? 0,
      }))
      .sort((a, b) => a.inMs - b.inMs);
  }

  /** Calls and asks without an answer, oldest first. */
  get open(): OpenWork[] {
    return [...this.#outside.open.values()];
  }

  matches(value: Parameters<typeof matchesState>[0]): boolean {
    return matchesState(value, this.value as Parameters<typeof matchesState>[1]);
  }

  /**
   * Sends a message as another agent or a person would.
   *
   * @throws {DreamError} `unknown_type`, `invalid_payload`, `agent_ended`, as at the door
   * @throws {AgentFailed} when a turn failed
   */
  send<T extends MessageType<{ accepts: A }>>(
    type: T,
    ...[payload]: PayloadArgs<A, T>
  ): Promise<void> {
    return this.#engine.do(() => {
      this.#check(type, payload ?? {});
      this.#post({ kind: "message", type }, payload ?? {});
    });
  }

  /**
   * Asks it. Resolves with the reply; when that takes time of the test's clock, `advance` before
   * awaiting. Rejects with the code of `refuse`, or `ask_timeout` after 30 s of that clock.
   */
  ask<T extends MessageType<{ accepts: A }>>(
    type: T,
    ...[payload]: PayloadArgs<A, T>
  ): Promise<AnswerTo<R, T>> {
    const answered = new Promise<Outcome>((resolve, reject) => {
      this.#engine.do(() => {
        this.#check(type, payload ?? {});
        this.#ask(type, payload ?? {}, resolve);
      }).catch(reject);
    }).then((outcome) => {
      if (!("ok" in outcome)) throw new Error("An ask has one answer");
      if (!outcome.ok) throw refusal(outcome.error);
      return outcome.value as AnswerTo<R, T>;
    });
    // It may be refused long before the test looks at it.
    answered.catch(() => {});
    return answered;
  }

  #ask(type: string, payload: unknown, resolve: (outcome: Outcome) => void): void {
    this.#asks += 1;
    const ask = `test-${this.#asks}`;
    const expiresAtMs = this.nowMs + defaultLimits.askTimeoutMs;
    this.#waiters.set(ask, { type, resolve });
    this.#outside.at(ask, defaultLimits.askTimeoutMs, () => {
      const message = "No reply in time";
      this.#replied(ask, { ok: false, error: { code: "ask_timeout", message } });
    });
    this.#post({ kind: "message", type, replyTo: { to: "@test", ask, expiresAtMs } }, payload);
  }

  /** The first answer wins. */
  #replied(ask: string, outcome: Outcome): void {
    const waiter = this.#waiters.get(ask);
    if (!waiter) return;
    this.#waiters.delete(ask);
    this.#outside.forget(ask);
    const isReply = "ok" in outcome && outcome.ok;
    const wrong = isReply
      ? this.#schemas.replies(waiter.type, (outcome.value ?? null) as Json)
      : null;
    if (wrong === null) return waiter.resolve(outcome);
    const message = `The reply to "${waiter.type}" is not as replies says: ${wrong}`;
    waiter.resolve({ ok: false, error: { code: "invalid_payload", message } });
  }

  /** What the door would say. */
  #check(type: string, payload: unknown): void {
    if (this.status !== "active") {
      throw new DreamError(
        "agent_ended",
        `Cannot send to ${this.#address}: its status is ${this.status}`,
      );
    }
    if (!this.#schemas.has(type)) {
      throw new DreamError("unknown_type", `${this.#address} does not accept "${type}"`);
    }
    const wrong = this.#schemas.accepts(type, payload as Json);
    if (wrong === null) return;
    throw new DreamError("invalid_payload", `${this.#address} refuses this "${type}": ${wrong}`);
  }

  /** What the runtime says: `system.stop`, `system.resume`, `system.undelivered`. */
  system(type: `system.${string}`, payload: object = {}): Promise<void> {
    return this.#engine.do(() =>
      void this.#post({ kind: "system", type, lane: "control" }, payload)
    );
  }

  /** Moves the clock: `advance(500)`, `advance("1h")`. Timers fire in order, each in its turn. */
  advance(time: number | string): Promise<void> {
    const ms = typeof time === "number" ? time : parseDuration(time);
    if (ms === null || !(ms >= 0)) {
      throw new DreamError("usage", `Cannot advance by ${time}: wanted ms, or ${durationForm}`);
    }
    return this.#engine.do(async () => {
      const untilMs = this.nowMs + ms;
      while (this.#outside.step(untilMs)) await this.#engine.quiet();
    });
  }

  /** Answers an open call or ask of this name with `value`, the oldest first. */
  answer(name: string, value: unknown): Promise<void> {
    return this.#settleOpen(name, { ok: true, value });
  }

  /** Fails an open call or ask of this name, the oldest first. */
  fail(name: string, error: { code: string; message: string }): Promise<void> {
    return this.#settleOpen(name, { ok: false, error });
  }

  #settleOpen(name: string, outcome: Outcome): Promise<void> {
    return this.#engine.do(() => {
      const work = this.open.find((one) => one.name === name);
      if (work && this.#outside.settle(work.id, outcome)) return;
      const open = this.open.map((one) => one.name).join(", ") || "nothing";
      throw new DreamError("usage", `Cannot answer ${name}: open is ${open}`);
    });
  }

  /** The thread is lost; a new one goes on from the stored state. */
  crash(): Promise<void> {
    return this.#engine.do(() => this.#engine.lose());
  }

  /** Resolves when all that was asked before is done and nothing is on its way any more. */
  async settle(): Promise<this> {
    await this.#engine.do(() => {});
    return this;
  }

  /** Ends its promises and callbacks. */
  stop(): void {
    this.#engine.dispose();
  }
}
