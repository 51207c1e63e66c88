/**
 * One promise, callback or observable logic at work in the thread, between turns: the author's own
 * logic in a live XState actor. What it says comes back as words (`Outcome`), each an envelope of a
 * later turn; it never touches the tree of a turn, not even by the references in its input.
 */
import { type AnyActorLogic, createActor, type EventObject } from "xstate";
import type { Clock } from "../clock.ts";
import { DreamError, toErrorData } from "../errors.ts";
import { isDeeperThan } from "../json.ts";
import { ActorMark, decode, encode, type Refs } from "./codec.ts";
import type { RunError, RunWord } from "./incoming.ts";
import type { InnerActor } from "./xstate-inner.ts";

export interface RunOptions {
  logic: AnyActorLogic;
  /** Id of the child in its machine. */
  id: string;
  input: unknown;
  /** Writes references of the turn's tree. */
  refs: Refs;
  clock: Clock;
  payloadBytes: number;
  /** Called with the `Outcome` as JSON text. */
  say(payload: string): void;
}

/** A reference to an actor of the tree, as a run sees it: it can only be sent to. */
class RemoteRef {
  readonly sessionId: string;
  readonly id: string;
  readonly #send: (sid: string, event: EventObject) => void;

  constructor(mark: ActorMark, send: (sid: string, event: EventObject) => void) {
    this.sessionId = mark.sid;
    this.id = mark.id;
    this.#send = send;
  }

  get ref(): RemoteRef {
    return this;
  }

  send(event: EventObject): void {
    this.#send(this.sessionId, event);
  }

  _send(event: EventObject): void {
    this.send(event);
  }
}

export class Run {
  readonly #options: RunOptions;
  readonly #actor: InnerActor;
  readonly #refs: Refs;
  #over = false;

  constructor(options: RunOptions) {
    this.#options = options;
    const send = (sid: string, event: EventObject) => this.#word({ say: "to", sid, data: event });
    this.#refs = {
      write: (ref) => ref instanceof RemoteRef ? new ActorMark(ref.sessionId, ref.id, null) : null,
      read: (mark) => new RemoteRef(mark, send),
    };
    this.#actor = createActor(options.logic, {
      id: options.id,
      input: this.#import(options.input),
      parent: this.#parent() as never,
    } as never) as unknown as InnerActor;
    this.#actor.on("*", (event) => this.#word({ say: "emit", data: event }));
  }

  /** May end at once, and by then has said so. */
  start(): void {
    this.#actor.start();
  }

  /** An event that the machine sent to this child. */
  send(event: EventObject): void {
    this.#actor._send(this.#import(event) as EventObject);
  }

  /** Aborts, disposes or unsubscribes, as the logic has it. Nothing is said any more. */
  stop(): void {
    if (this.#over) return;
    this.#over = true;
    this.#actor._stop();
  }

  /** Data of the turn's tree, with its references as things that can only be sent to. */
  #import(value: unknown): unknown {
    const text = JSON.stringify(
      encode(value, `input of "${this.#options.id}"`, this.#options.refs),
    );
    return decode(JSON.parse(text), this.#refs);
  }

  #parent(): unknown {
    const { clock } = this.#options;
    const relay = (source: unknown, target: unknown, event: EventObject) =>
      this.#relay(source, target, event);
    const system = {
      _bookId: () => "run",
      _register() {},
      _unregister() {},
      _set() {},
      _sendInspectionEvent() {},
      _relay: relay,
      _clock: {
        setTimeout: (fire: () => void, ms: number) => clock.after(ms, fire),
        clearTimeout: (cancel: (() => void) | undefined) => cancel?.(),
      },
      _logger: () => {},
      _snapshot: { _scheduledEvents: {} },
      scheduler: { schedule() {}, cancel() {}, cancelAll() {} },
      get: (key: string) => this.#refs.read(new ActorMark(`@${key}`, key, null)),
      getAll: () => ({}),
      inspect: () => ({ unsubscribe() {} }),
      getSnapshot: () => ({ _scheduledEvents: {} }),
      start() {},
    };
    const parent = {
      system,
      id: "parent",
      sessionId: "parent",
      send: (event: EventObject) => relay(undefined, parent, event),
      _send: (event: EventObject) => relay(undefined, parent, event),
    };
    return parent;
  }

  #relay(source: unknown, target: unknown, event: EventObject): void {
    if (target === this.#actor) return this.#toSelf(source, event);
    if (target instanceof RemoteRef) return target.send(event);
    const ended = source === this.#actor && event.type.startsWith("xstate.error.actor.");
    if (ended) this.#fail((event as unknown as { error: unknown }).error);
    else if (!event.type.startsWith("xstate.")) this.#word({ say: "parent", data: event });
  }

  /** The logic's own events are its ends and values; the actor here never sees them. */
  #toSelf(source: unknown, event: EventObject): void {
    const { type, data } = event as EventObject & { data?: unknown };
    if (source !== this.#actor) return this.#actor._send(event);
    switch (type) {
      case "xstate.promise.resolve":
        return this.#end(() => ({ ok: true, value: this.#export(data, "result") }));
      case "xstate.observable.complete":
        return this.#end(() => ({ ok: true }));
      case "xstate.promise.reject":
      case "xstate.observable.error":
        return this.#fail(data);
      case "xstate.observable.next":
        return this.#word({ say: "next", data });
      default:
        this.#actor._send(event);
    }
  }

  #word(word: RunWord): void {
    if (this.#over) return;
    try {
      const data = this.#export(word.data, "event");
      this.#say({ event: { ...word, data } });
    } catch (error) {
      this.#fail(error);
      this.#actor._stop();
    }
  }

  #end(outcome: () => unknown): void {
    if (this.#over) return;
    try {
      this.#say(outcome());
      this.#over = true;
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(thrown: unknown): void {
    if (this.#over) return;
    this.#over = true;
    const { code, message } = toErrorData(thrown, "crashed");
    const error: RunError = { code, message: message.slice(0, 2_000) };
    try {
      this.#say({ ok: false, error: { ...error, thrown: this.#export(thrown, "error") } });
    } catch {
      // What cannot be stored is told by its code and message.
      this.#say({ ok: false, error });
    }
  }

  /** @throws {DreamError} for what the control process would not take */
  #say(outcome: unknown): void {
    const { id, payloadBytes, say } = this.#options;
    const payload = JSON.stringify(outcome);
    if (isDeeperThan(payload)) {
      throw new DreamError("not_durable", `What run "${id}" said is nested too deep`);
    }
    if (payload.length * 3 > payloadBytes) {
      const bytes = new TextEncoder().encode(payload).length;
      if (bytes > payloadBytes) {
        throw new DreamError(
          "payload_too_large",
          `What run "${id}" said has ${bytes} bytes; at most ${payloadBytes} can be stored`,
        );
      }
    }
    say(payload);
  }

  #export(value: unknown, what: string): unknown {
    return encode(value, `${what} of "${this.#options.id}"`, this.#refs);
  }
}
