/**
 * Effects of one turn, as they are asked for: text is made here, bounds are kept here, and every
 * start gets its id (R4). Ids count up for the life of a state and end in the time at which that
 * state began, so that a fresh start at the same address never uses one again.
 */
import { parseAddress } from "../address.ts";
import { DreamError } from "../errors.ts";
import type { DurableOutcome, DurableRequest } from "./durable-mark.ts";
import type { CancelEffect, Effect, LogEffect, SendEffect } from "./effect.ts";
import { sized } from "./hostile.ts";
import { plainJson } from "./plain-json.ts";
import { readEffect } from "./read-effects.ts";
import { isReservedType } from "./reserved-type.ts";

export interface OutboxLimits {
  payloadBytes: number;
  effectsPerTurn: number;
}

/**
 * Runs a check of the wall on one's own words: what fails is the agent's failure.
 *
 * @throws {DreamError} `crashed`
 */
export function own<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof DreamError) || error.code !== "bad_frame") throw error;
    throw new DreamError(
      "crashed",
      `The agent asked for what cannot be: ${error.details?.["why"]}`,
    );
  }
}

function sizeOf(effect: Effect): number {
  if ("payload" in effect) return effect.payload.length + 200;
  if ("input" in effect) return effect.input.length + 200;
  return effect.kind === "log" ? effect.text.length + 100 : 100;
}

/** Letters that ids per start begin with: timer, call, run, ask. */
export type StartLetter = "t" | "c" | "r" | "a";

/** Log lines are cut here; whoever needs more writes a file. */
const longestLog = 8_000;

/** Effects of the turn at hand, and the counter that ids per start come from. */
export class Outbox {
  effects: Effect[] = [];
  /** Index of the envelope being handled; -1 for the start of the agent itself. */
  at = -1;
  readonly #limits: OutboxLimits;
  readonly #born: string;
  #starts: number;

  constructor(limits: OutboxLimits, counter: { starts: number; born: string }) {
    this.#limits = limits;
    this.#starts = counter.starts;
    this.#born = counter.born;
  }

  /** What is stored so that ids go on where they stopped. */
  get counter(): { starts: number; born: string } {
    return { starts: this.#starts, born: this.#born };
  }

  newId(letter: StartLetter): string {
    this.#starts += 1;
    return `${letter}${this.#starts}.${this.#born}`;
  }

  /** Characters that the effects of this turn will take in its frame, about. */
  size = 0;

  /** @throws {DreamError} `crashed` for what the control process would not take */
  push(effect: Effect): void {
    if (this.effects.length >= this.#limits.effectsPerTurn) {
      throw new DreamError(
        "crashed",
        `One turn asked for more than ${this.#limits.effectsPerTurn} effects; ` +
          "spread the work over several events",
      );
    }
    this.effects.push(own(() => readEffect(effect, Infinity, this.#limits.payloadBytes, sized)));
    this.size += sizeOf(effect);
  }

  /** Takes back a start of this very turn: nothing has been done about it yet. */
  withdraw(kind: "schedule" | "call" | "run", id: string): boolean {
    for (let i = this.effects.length - 1; i >= 0; i--) {
      const effect = this.effects[i]!;
      if (effect.kind !== kind || effect.id !== id) continue;
      this.effects.splice(i, 1);
      return true;
    }
    return false;
  }

  cancel(what: CancelEffect["what"], id: string): void {
    this.push({ kind: "cancel", at: this.at, what, id });
  }

  request(request: DurableRequest): void {
    switch (request.kind) {
      case "send":
        return this.send(request, null);
      case "reply":
        return this.#reply(request.replyTo, request.outcome);
      case "spawn":
        return this.push({
          kind: "spawn",
          at: this.at,
          under: parseAddress(request.under),
          name: request.name,
          agent: request.agent,
          input: this.text(request.input ?? {}, `input of spawnAgent "${request.name}"`),
          restart: request.restart ?? null,
        });
      case "stop":
        return this.push({ kind: "stop", at: this.at, address: parseAddress(request.address) });
    }
  }

  send(request: Omit<DurableRequest & { kind: "send" }, "kind">, ask: string | null): void {
    const { type } = request;
    const what = ask === null ? `tell "${type}"` : `ask "${type}"`;
    if (typeof type !== "string" || type === "" || isReservedType(type)) {
      throw new DreamError("reserved_type", `Cannot ${what}: the type belongs to the runtime`);
    }
    const payload = request.payload ?? {};
    if (typeof payload !== "object" || Array.isArray(payload)) {
      throw new DreamError(
        "not_durable",
        `The payload of ${what} must be an object, such as { items: […] }`,
      );
    }
    const effect: SendEffect = {
      kind: "send",
      at: this.at,
      to: parseAddress(request.to),
      type,
      payload: this.text(payload, `payload of ${what}`),
      lane: request.lane ?? "normal",
      expiresInMs: request.expiresInMs ?? null,
      ask,
    };
    this.push(effect);
  }

  #reply(replyTo: { to: string; ask: string; expiresAtMs: number }, outcome: DurableOutcome): void {
    const payload = outcome.ok ? answered(outcome.value) : { ok: false, error: refused(outcome) };
    this.push({
      kind: "reply",
      at: this.at,
      replyTo: { to: replyTo.to, ask: replyTo.ask, expiresAtMs: replyTo.expiresAtMs },
      payload: this.text(payload, "reply"),
    });
  }

  publish(event: { type: string }): void {
    const { type, ...payload } = event;
    this.push({
      kind: "publish",
      at: this.at,
      type,
      payload: this.text(payload, `emit "${type}"`),
    });
  }

  log(level: LogEffect["level"], parts: readonly unknown[]): void {
    const text = parts.map(logText).join(" ");
    const cut = text.length > longestLog ? `${text.slice(0, longestLog)}…` : text;
    this.push({ kind: "log", at: this.at, level, text: cut });
  }

  text(value: unknown, what: string): string {
    return plainJson(value, what, this.#limits.payloadBytes);
  }
}

function answered(value: unknown): unknown {
  return value === undefined ? { ok: true } : { ok: true, value };
}

function refused({ error }: DurableOutcome & { ok: false }): { code: string; message: string } {
  const { code, message } = error;
  if (typeof code === "string" && /^[a-z][a-z0-9_]{0,99}$/.test(code)) {
    return { code, message: String(message).slice(0, longestLog) };
  }
  throw new DreamError("crashed", 'Cannot refuse: the code must be a word such as "not_found"');
}

function logText(part: unknown): string {
  if (typeof part === "string") return part;
  if (part instanceof Error) return `${part.name}: ${part.message}`;
  try {
    return JSON.stringify(part) ?? String(part);
  } catch {
    return String(part);
  }
}
