/**
 * The world around an agent under test: what it sent, published and asked for, its timers on
 * the clock of the test, and the author's answers to its calls and asks.
 */
import { DreamError, toErrorData } from "../errors.ts";
import type { Effect } from "./effect.ts";
import type { Envelope, Lane, Outcome } from "./envelope.ts";
import type { FailureReason } from "./protocol.ts";

/** Answers a call's input or an ask's payload. What it throws reaches `onError`. */
export type Stub = (input: never, about: { to: string | null }) => unknown;

/** What the agent did, oldest first. */
export interface Seen {
  sent: { to: string; type: string; payload: unknown; lane: Lane }[];
  asked: { to: string; type: string; payload: unknown }[];
  called: { name: string; input: unknown }[];
  published: { type: string; [key: string]: unknown }[];
  spawned: { under: string; name: string; kind: string; input: unknown }[];
  /** Addresses of agents that it stopped. */
  stopped: string[];
  logs: string[];
  /** Messages that it had no transition for. */
  unhandled: { type: string; payload: unknown }[];
}

/** A call or an ask without an answer yet. */
export interface OpenWork {
  id: string;
  kind: "call" | "ask";
  /** Name of the call, type of the ask. */
  name: string;
  input: unknown;
  to: string | null;
}

/** The agent threw, or wanted what cannot be: its turn was not taken, its state is that before. */
export class AgentFailed extends Error {
  override name = "AgentFailed";
  constructor(readonly reason: FailureReason, message: string) {
    super(`${reason}: ${message}`);
  }
}

export interface OutsideOptions {
  /** Of the agent under test. */
  address: string;
  calls: Readonly<Record<string, Stub>>;
  asks: Readonly<Record<string, Stub>>;
  /** What the agent's manifest asks for. */
  needs: readonly string[];
  askTimeoutMs: number;
  startAtMs: number;
  /** A message of the agent to itself. */
  toSelf(type: string, payload: unknown): void;
  /** Puts an answer into the mailbox. */
  answer(kind: "reply" | "result" | "timer", correlation: string, outcome: Outcome | null): void;
  /** The answer to an ask of the test. */
  replied(ask: string, outcome: Outcome): void;
}

interface Due {
  id: string;
  atMs: number;
  fire(): void;
}

/** All that stands around the agent. */
export class Outside {
  nowMs: number;
  readonly seen: Seen = {
    sent: [],
    asked: [],
    called: [],
    published: [],
    spawned: [],
    stopped: [],
    logs: [],
    unhandled: [],
  };
  readonly open = new Map<string, OpenWork>();
  /** Stubs at work. */
  readonly busy = new Set<Promise<void>>();
  #due: Due[] = [];
  readonly #options: OutsideOptions;

  constructor(options: OutsideOptions) {
    this.#options = options;
    this.nowMs = options.startAtMs;
  }

  /** Carries out one effect of a turn that is durable. */
  apply(effect: Effect): void {
    const { seen } = this;
    switch (effect.kind) {
      case "send":
        return this.#send(effect);
      case "reply":
        return this.#options.replied(effect.replyTo.ask, JSON.parse(effect.payload));
      case "publish":
        seen.published.push({ ...JSON.parse(effect.payload), type: effect.type });
        return;
      case "schedule":
        return this.at(
          effect.id,
          effect.delayMs,
          () => this.#options.answer("timer", effect.id, null),
        );
      case "cancel":
        this.open.delete(effect.id);
        this.forget(effect.id);
        return;
      case "call":
        return this.#call(effect.id, effect.name, JSON.parse(effect.input));
      case "run":
        return;
      case "spawn":
        seen.spawned.push({
          under: effect.under,
          name: effect.name,
          kind: effect.agent,
          input: JSON.parse(effect.input),
        });
        return;
      case "stop":
        seen.stopped.push(effect.address);
        return;
      case "log":
        seen.logs.push(effect.text);
    }
  }

  #send(effect: Effect & { kind: "send" }): void {
    const { to, type, lane, ask } = effect;
    const payload: unknown = JSON.parse(effect.payload);
    if (ask === null) {
      this.seen.sent.push({ to, type, payload, lane });
      if (to === this.#options.address) this.#options.toSelf(type, payload);
      return;
    }
    this.seen.asked.push({ to, type, payload });
    this.open.set(ask, { id: ask, kind: "ask", name: type, input: payload, to });
    this.at(ask, effect.expiresInMs ?? this.#options.askTimeoutMs, () => {
      const message = `No reply from ${to} in time`;
      this.settle(ask, { ok: false, error: { code: "ask_timeout", message } });
    });
    this.#stub(ask, this.#options.asks, type, payload, to);
  }

  #call(id: string, name: string, input: unknown): void {
    this.seen.called.push({ name, input });
    this.open.set(id, { id, kind: "call", name, input, to: null });
    const { needs, address } = this.#options;
    if (needs.includes(name)) return this.#stub(id, this.#options.calls, name, input, null);
    const message = `${address} may not call ${name}: its needs.calls has ` +
      (needs.join(", ") || "none");
    this.settle(id, { ok: false, error: { code: "denied", message } });
  }

  /** Without a stub the work stays open, for the test to answer. */
  #stub(
    id: string,
    stubs: Readonly<Record<string, Stub>>,
    name: string,
    input: unknown,
    to: string | null,
  ): void {
    if (!Object.hasOwn(stubs, name)) return;
    const answered = (async () => await stubs[name]!(input as never, { to }))().then(
      (value): Outcome => ({ ok: true, value }),
      (thrown): Outcome => ({ ok: false, error: errorOf(thrown) }),
    ).then((outcome) => {
      this.settle(id, outcome);
      this.busy.delete(answered);
    });
    this.busy.add(answered);
  }

  /** Answers open work; what is no longer open hears nothing. */
  settle(id: string, outcome: Outcome): boolean {
    const work = this.open.get(id);
    if (!work) return false;
    this.open.delete(id);
    this.forget(id);
    this.#options.answer(work.kind === "call" ? "result" : "reply", id, outcome);
    return true;
  }

  /** Fires once when the clock of the test has gone so far. */
  at(id: string, delayMs: number, fire: () => void): void {
    this.#due.push({ id, atMs: this.nowMs + delayMs, fire });
    this.#due.sort((a, b) => a.atMs - b.atMs);
  }

  forget(id: string): void {
    this.#due = this.#due.filter((due) => due.id !== id);
  }

  /** Goes to the next moment at which something is due, if there is one until `untilMs`. */
  step(untilMs: number): boolean {
    const next = this.#due[0];
    if (!next || next.atMs > untilMs) {
      this.nowMs = untilMs;
      return false;
    }
    this.#due.shift();
    this.nowMs = Math.max(this.nowMs, next.atMs);
    next.fire();
    return true;
  }

  dueInMs(id: string): number | null {
    const due = this.#due.find((one) => one.id === id);
    return due ? due.atMs - this.nowMs : null;
  }
}

/** A stub may throw anything with a `code`, as calls fail with codes of their own. */
function errorOf(thrown: unknown): { code: string; message: string } {
  const { code, message } = toErrorData(thrown, "call_failed");
  const own = (thrown as { code?: unknown } | null)?.code;
  return { code: typeof own === "string" ? own : code, message };
}

/** An envelope of the test, as the control process makes them. */
export function testEnvelope(
  parts: Pick<Envelope, "kind" | "to" | "seq" | "sentAtMs"> & Partial<Envelope>,
): Envelope {
  return {
    id: `00000000-0000-7000-8000-${String(parts.seq).padStart(12, "0")}`,
    lane: "normal",
    from: "@test",
    type: "",
    payload: "{}",
    cause: null,
    correlation: null,
    replyTo: null,
    expiresAtMs: null,
    hops: 0,
    trace: null,
    attempt: 0,
    ...parts,
  };
}

/** The error of an ask that was refused, with the code that the agent gave. */
export function refusal({ code, message }: { code: string; message: string }): Error {
  return Object.assign(new DreamError("agent_failed", message), { code });
}
