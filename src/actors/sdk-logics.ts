/**
 * Actor logics for work outside the thread, to be registered in `setupAgent({ actors })` and
 * invoked or spawned like any promise: `call` asks the gateway, `ask` asks another agent. The
 * answer is stored before the machine sees it. Errors reach `onError` as `{ code, message }`.
 */
import { fromPromise, type PromiseActorLogic } from "xstate";
import { DreamError } from "../errors.ts";
import type {
  AgentAddress,
  Messages,
  MessageType,
  PayloadOf,
  PlainAddress,
  ReplyOf,
} from "./agent-at.ts";
import type { Calls } from "./calls.ts";
import { markLogic } from "./durable-mark.ts";
import type { Lane } from "./envelope.ts";

/** What `onError` gets as `event.error` when a call or an ask fails. */
export interface WorkError {
  code: string;
  message: string;
}

export interface AskOptions {
  /** Message type of the agent that is asked. */
  type: string;
  /** Default: the swarm's ask timeout. */
  timeoutMs?: number;
  /** Default `normal`. */
  lane?: Lane;
}

/** A call such as `file.read`, named in the agent's `needs` and granted by the swarm. */
export function call<Name extends keyof Calls>(
  name: Name,
): PromiseActorLogic<Calls[Name]["output"], Calls[Name]["input"]>;
/** A call that `Calls` does not know: its output must be named, `call<Forecast>("weather")`. */
export function call<Output = never, Input extends object = Record<string, unknown>>(
  name: [Output] extends [never] ? never : string,
): PromiseActorLogic<Output, Input>;
/** What the compiler picks one of the above for. */
export function call(name: string): never {
  const logic = fromPromise<unknown, object>(() => outside(`call("${name}")`));
  return markLogic(logic, { kind: "call", name }) as never;
}

/** Asks an agent whose messages are known (`agentAt`); the input is the payload. */
export function ask<M extends Messages, T extends MessageType<M>>(
  options: Omit<AskOptions, "type"> & { to: AgentAddress<M>; type: T },
): PromiseActorLogic<ReplyOf<M, T>, PayloadOf<M, T>>;
/** Asks an agent that the input names, `{ to, payload }`, and whose messages are `messages`. */
export function ask<M extends Messages, T extends MessageType<M>>(
  options: Omit<AskOptions, "type"> & { messages: M; type: T },
): PromiseActorLogic<ReplyOf<M, T>, { to: string; payload: PayloadOf<M, T> }>;
/** Asks the agent at `to`; the input is the payload. */
export function ask<Reply = unknown, Payload extends object = Record<string, unknown>>(
  options: AskOptions & { to: PlainAddress; messages?: undefined },
): PromiseActorLogic<Reply, Payload>;
/** Asks an agent that the input names: `{ to, payload }`. */
export function ask<Reply = unknown, Payload extends object = Record<string, unknown>>(
  options: AskOptions & { to?: undefined; messages?: undefined },
): PromiseActorLogic<Reply, { to: string; payload: Payload }>;
/** Asks the agent at `to`, or without one the agent that the input names. */
export function ask(options: AskOptions & { to?: string | undefined }): never {
  const { type, to, timeoutMs, lane } = options;
  const logic = fromPromise<unknown, unknown>(() => outside(`ask({ type: "${type}" })`));
  return markLogic(logic, { kind: "ask", type, to, timeoutMs, lane }) as never;
}

function outside(what: string): Promise<never> {
  return Promise.reject(
    new DreamError(
      "internal",
      `${what} ran outside Dream.OS; in a test give the machine your own logic with ` +
        "machine.provide({ actors })",
    ),
  );
}
