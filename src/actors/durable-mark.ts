/**
 * How the engine recognises the pieces of the SDK: a function action or an actor logic that carries
 * a mark says what effect it stands for. Everything else that acts on the world is refused (R1).
 */
import type { ActorLogic, EventObject } from "xstate";
import type { Lane, ReplyTo } from "./envelope.ts";

/** Carried by functions and logics of the SDK. `Symbol.for`: one mark in all copies of the SDK. */
export const durable: unique symbol = Symbol.for("dreamos.durable") as never;

/** What an SDK action asks for, before the turn gives it ids and text. */
export type DurableRequest =
  | {
    kind: "send";
    to: string;
    type: string;
    payload: unknown;
    lane: Lane | undefined;
    expiresInMs: number | undefined;
  }
  | { kind: "reply"; replyTo: ReplyTo; outcome: DurableOutcome }
  | {
    kind: "spawn";
    under: string;
    name: string;
    agent: string;
    input: unknown;
    restart: "permanent" | "transient" | "temporary" | undefined;
  }
  | { kind: "stop"; address: string };

export type DurableOutcome =
  | { ok: true; value: unknown }
  | { ok: false; error: { code: string; message: string } };

/** Reads the request out of an action's arguments; null when there is nothing to do. */
export type DurableResolver = (info: ActionInfo, params: unknown) => DurableRequest | null;

export interface ActionInfo {
  context: unknown;
  event: EventObject;
}

/** What a marked logic starts. Asks without `to` take it from their input. */
export type DurableWork =
  | { kind: "call"; name: string }
  | {
    kind: "ask";
    type: string;
    to: string | undefined;
    timeoutMs: number | undefined;
    lane: Lane | undefined;
  };

/** The resolver of an SDK action, or null for any other function. */
export function resolverOf(action: unknown): DurableResolver | null {
  if (typeof action !== "function" || !(durable in action)) return null;
  return (action as { [durable]: DurableResolver })[durable];
}

/** What an SDK logic starts, or null for any other logic. */
export function workOf(logic: object): DurableWork | null {
  return durable in logic ? (logic as { [durable]: DurableWork })[durable] : null;
}

/** Marks a function action. */
export function markAction<F extends object>(action: F, resolver: DurableResolver): F {
  return Object.assign(action, { [durable]: resolver });
}

/** Marks a logic. */
export function markLogic<L extends ActorLogic<never, never> | object>(
  logic: L,
  work: DurableWork,
): L {
  return Object.assign(logic, { [durable]: work });
}
