/**
 * Work that an agent's actors wait for and that goes on outside a turn: calls, asks, and runs
 * (promise, callback and observable logic in the thread). An id that is not in here is stale.
 */
import type { AnyActorLogic, EventObject } from "xstate";
import { DreamError } from "../errors.ts";
import { type DurableWork, workOf } from "./durable-mark.ts";
import type { Outbox } from "./outbox.ts";
import type { InnerActor } from "./xstate-inner.ts";

export interface Work {
  /** Id per start. */
  id: string;
  kind: "call" | "ask" | "run";
  actor: InnerActor;
  /** The author's logic, not the stand-in. */
  logic: AnyActorLogic;
}

/** An event for a live run, handed over when the turn is durable. */
export interface Forward {
  id: string;
  event: EventObject;
}

export class LiveWork {
  /** By id per start. */
  readonly byId = new Map<string, Work>();
  /** Runs that began in this turn. */
  started: string[] = [];
  forwards: Forward[] = [];
  readonly #bySid = new Map<string, Work>();
  readonly #outbox: Outbox;

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  of(actor: InnerActor): Work | undefined {
    return this.#bySid.get(actor.sessionId);
  }

  /** @throws {ErrorData} plain data, as the machine's `onError` shall see it */
  begin(actor: InnerActor, logic: AnyActorLogic, input: unknown): void {
    const marked = workOf(logic);
    if (!marked) {
      const id = this.#outbox.newId("r");
      this.add({ id, kind: "run", actor, logic });
      this.started.push(id);
      this.#outbox.push({ kind: "run", at: this.#outbox.at, id });
      return;
    }
    try {
      this.#request(actor, logic, marked, input);
    } catch (thrown) {
      if (thrown instanceof DreamError && thrown.code !== "not_durable") {
        throw { code: thrown.code, message: thrown.message };
      }
      throw thrown;
    }
  }

  #request(actor: InnerActor, logic: AnyActorLogic, marked: DurableWork, input: unknown): void {
    const at = this.#outbox.at;
    if (marked.kind === "call") {
      const text = this.#outbox.text(input ?? {}, `input of call "${marked.name}"`);
      const id = this.#outbox.newId("c");
      this.#outbox.push({ kind: "call", at, id, name: marked.name, input: text });
      this.add({ id, kind: "call", actor, logic });
      return;
    }
    const id = this.#outbox.newId("a");
    const { to, payload } = askParts(marked, input);
    const { type, lane, timeoutMs } = marked;
    this.#outbox.send({ to, type, payload, lane, expiresInMs: timeoutMs }, id);
    this.add({ id, kind: "ask", actor, logic });
  }

  /** Also used when a state is restored. */
  add(work: Work): void {
    this.byId.set(work.id, work);
    this.#bySid.set(work.actor.sessionId, work);
  }

  /** The work has ended by itself: nothing is to be cancelled. */
  settle(actor: InnerActor): void {
    const work = this.of(actor);
    if (!work) return;
    this.byId.delete(work.id);
    this.#bySid.delete(actor.sessionId);
  }

  /** The machine no longer waits. What began in this very turn is not begun at all. */
  stop(actor: InnerActor): void {
    const work = this.of(actor);
    if (!work) return;
    this.settle(actor);
    if (work.kind === "run") {
      this.#outbox.withdraw("run", work.id);
      return;
    }
    // An ask's message is a tell as well: it stays sent, only its answer is no longer wanted.
    if (work.kind === "call" && this.#outbox.withdraw("call", work.id)) return;
    this.#outbox.cancel(work.kind, work.id);
  }

  forward(actor: InnerActor, event: EventObject): void {
    const work = this.of(actor);
    if (work?.kind === "run") this.forwards.push({ id: work.id, event });
  }

  count(kind: Work["kind"]): number {
    let count = 0;
    for (const work of this.byId.values()) if (work.kind === kind) count += 1;
    return count;
  }
}

function askParts(
  marked: DurableWork & { kind: "ask" },
  input: unknown,
): { to: string; payload: unknown } {
  if (marked.to !== undefined) return { to: marked.to, payload: input };
  const { to, payload } = (input ?? {}) as { to?: string; payload?: unknown };
  if (typeof to !== "string") {
    throw new DreamError(
      "invalid_address",
      `Cannot ask "${marked.type}": give the address in ask({ to }) or in input: { to, payload }`,
    );
  }
  return { to, payload };
}
