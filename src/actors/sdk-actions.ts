/**
 * Actions that say what an agent wants from the runtime: `tell`, `reply`, `refuse`, `spawnAgent`,
 * `stopAgent`. They are used like XState's own actions. Inside a turn they become effects; outside
 * Dream.OS (a machine under test in plain `createActor`) they do nothing.
 */
import type { ActionArgs, ActionFunction, EventObject, MachineContext } from "xstate";
import { DreamError } from "../errors.ts";
import { type ActionInfo, type DurableResolver, markAction } from "./durable-mark.ts";
import type {
  AgentAddress,
  Messages,
  MessageType,
  NoPayload,
  PayloadOf,
  PlainAddress,
} from "./agent-at.ts";
import type { Lane, ReplyTo } from "./envelope.ts";

type Params = Record<string, unknown> | undefined;

/** A value, or a function that reads it from context, event and params when the action runs. */
type Expr<
  C extends MachineContext,
  X extends EventObject,
  P extends Params,
  E extends EventObject,
  T,
> =
  | T
  | ((args: ActionArgs<C, X, E>, params: P) => T);

type DurableAction<
  C extends MachineContext,
  X extends EventObject,
  P extends Params,
  E extends EventObject,
> = ActionFunction<C, X, E, P, never, never, never, never, never>;

/** Data of a message: plain JSON. */
export type Payload = object;

/** What a reply may be: JSON. Not `unknown`, which would leave its functions untyped. */
export type Answer = object | string | number | boolean | null | undefined;

/** The answer that a `ReplyTo` wants. */
type AnswerFor<T> = T extends ReplyTo<infer R> ? (unknown extends R ? Answer : R) : never;

/** What `replies` says about the message at hand; never where the event is no message. */
type AnswerAt<X extends EventObject> = string extends X["type"] ? Answer
  : X extends { envelope: { replyTo: infer T } } ? AnswerFor<NonNullable<T>>
  : never;

export interface TellOptions {
  /** Default `normal`. `control` goes before everything else. */
  lane?: Lane;
  /** Not handed over when it is older than this: it becomes a dead letter `expired`. */
  expiresInMs?: number;
}

export interface AgentSpec {
  /** Address of a dynamic supervisor. */
  under: string;
  /** Last part of the new agent's address. */
  name: string;
  /** Kind of agent, as the swarm names it. */
  kind: string;
  /** What a fresh start is given: plain JSON. */
  input?: unknown;
  /** Default: the supervisor's. */
  restart?: "permanent" | "transient" | "temporary";
}

/**
 * Sends a message to an agent: durable with this turn, taken exactly once. To an address made by
 * `agentAt` type and payload are those that the agent accepts.
 */
export function tell<
  C extends MachineContext,
  X extends EventObject,
  P extends Params,
  E extends EventObject,
  M extends Messages,
  T extends MessageType<M>,
>(
  to: Expr<C, X, P, E, AgentAddress<M>>,
  type: T,
  payload: Expr<C, X, P, E, PayloadOf<M, T>>,
  options?: TellOptions,
): DurableAction<C, X, P, E>;
/** A message without a payload. */
export function tell<
  C extends MachineContext,
  X extends EventObject,
  P extends Params,
  E extends EventObject,
  M extends Messages,
>(to: Expr<C, X, P, E, AgentAddress<M>>, type: NoPayload<M>): DurableAction<C, X, P, E>;
/** To an address that is not known before: what is sent is checked when it is sent. */
export function tell<
  C extends MachineContext,
  X extends EventObject,
  P extends Params,
  E extends EventObject,
>(
  to: Expr<C, X, P, E, PlainAddress>,
  type: Expr<C, X, P, E, string>,
  payload?: Expr<C, X, P, E, Payload>,
  options?: TellOptions,
): DurableAction<C, X, P, E>;
/** What the compiler picks one of the above for. */
export function tell(to: unknown, type: unknown, payload?: unknown, options: TellOptions = {}) {
  return action("tell", (info, params) => ({
    kind: "send",
    to: value<string>(to, info, params),
    type: value<string>(type, info, params),
    payload: value(payload, info, params),
    lane: options.lane,
    expiresInMs: options.expiresInMs,
  }));
}

/**
 * Answers an ask: that of the event at hand, or with `to` one taken earlier whose
 * `event.envelope.replyTo` was kept in context. A message that nobody asked needs no answer: then
 * it does nothing. The first answer wins.
 */
export function reply<
  C extends MachineContext,
  X extends EventObject,
  P extends Params,
  E extends EventObject,
>(answer?: Expr<C, X, P, E, AnswerAt<X>>): DurableAction<C, X, P, E>;
/** Answers an ask taken earlier. */
export function reply<
  C extends MachineContext,
  X extends EventObject,
  P extends Params,
  E extends EventObject,
  T extends ReplyTo,
>(
  answer: Expr<C, X, P, E, AnswerFor<T>> | undefined,
  options: { to: Expr<C, X, P, E, T | null | undefined> },
): DurableAction<C, X, P, E>;
/** What the compiler picks one of the above for. */
export function reply(answer?: unknown, options: { to?: unknown } = {}) {
  return action("reply", (info, params) => {
    const replyTo = askOf("reply", options.to, info, params);
    if (!replyTo) return null;
    const outcome = { ok: true as const, value: value(answer, info, params) };
    return { kind: "reply", replyTo, outcome };
  });
}

/** Answers an ask with an error: a code of your own, such as `not_found`, and words for people. */
export function refuse<
  C extends MachineContext,
  X extends EventObject,
  P extends Params,
  E extends EventObject,
>(
  code: Expr<C, X, P, E, string>,
  message: Expr<C, X, P, E, string>,
  options: { to?: Expr<C, X, P, E, ReplyTo | null | undefined> } = {},
): DurableAction<C, X, P, E> {
  return action("refuse", (info, params) => {
    const replyTo = askOf("refuse", options.to, info, params);
    if (!replyTo) return null;
    const error = {
      code: value<string>(code, info, params),
      message: value<string>(message, info, params),
    };
    return { kind: "reply", replyTo, outcome: { ok: false, error } };
  });
}

/** Starts an agent with thread and mailbox of its own below a dynamic supervisor. */
export function spawnAgent<
  C extends MachineContext,
  X extends EventObject,
  P extends Params,
  E extends EventObject,
>(spec: Expr<C, X, P, E, AgentSpec>): DurableAction<C, X, P, E> {
  return action("spawnAgent", (info, params) => {
    const { kind, under, name, input, restart } = value<AgentSpec>(spec, info, params);
    return { kind: "spawn", under, name, agent: kind, input, restart };
  });
}

/** Stops an agent that this one spawned. */
export function stopAgent<
  C extends MachineContext,
  X extends EventObject,
  P extends Params,
  E extends EventObject,
>(address: Expr<C, X, P, E, string>): DurableAction<C, X, P, E> {
  return action("stopAgent", (info, params) => ({
    kind: "stop",
    address: value<string>(address, info, params),
  }));
}

function action(name: string, resolver: DurableResolver): never {
  const marked = markAction(() => {}, resolver);
  Object.defineProperty(marked, "name", { value: name });
  return marked as never;
}

function value<T>(expr: unknown, info: ActionInfo, params: unknown): T {
  return typeof expr === "function" ? expr(info, params) : expr as T;
}

/** Null when nobody waits. @throws {DreamError} `crashed` when the event is no message at all */
function askOf(what: string, to: unknown, info: ActionInfo, params: unknown): ReplyTo | null {
  if (to !== undefined) return value<ReplyTo | null | undefined>(to, info, params) ?? null;
  const envelope = (info.event as { envelope?: { replyTo: ReplyTo | null } }).envelope;
  if (envelope) return envelope.replyTo;
  throw new DreamError(
    "crashed",
    `Cannot ${what} on event "${info.event.type}": it is no message. Keep event.envelope.replyTo ` +
      `of the message in context and give it back: ${what}(…, { to: ({ context }) => context.… })`,
  );
}
