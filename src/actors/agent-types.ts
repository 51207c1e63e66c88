/** Types that carry message types from `accepts` into the machine's events. */
import type {
  ActionFunction,
  AnyEventObject,
  DelayConfig,
  EventObject,
  GuardPredicate,
  MachineContext,
  MetaObject,
  NonReducibleUnknown,
  SetupReturn,
  SetupTypes,
  UnknownActorLogic,
} from "xstate";
import type { z } from "zod";
import type { EnvelopeInfo } from "./incoming.ts";

/** Message type → schema of its payload, an object. */
export type Accepts = Record<string, z.ZodType<object>>;

/** Message type → schema of its answer, for types of `accepts` that are answered. */
export type Replies<A extends Accepts> = { [K in keyof A & string]?: z.ZodType };

/** What an answer must be; `unknown` where `replies` says nothing. */
export type AnswerTo<R, Type extends string> = [R] extends [never] ? unknown
  : R extends { [K in Type]: infer S extends z.ZodType } ? z.input<S>
  : unknown;

/** `replies` without a type that `accepts` lacks. */
export type OnlyAccepted<A extends Accepts, R> = { [K in Exclude<keyof R, keyof A>]: never };

type Flat<T> = { [K in keyof T]: T[K] };

/** The event a machine gets for one message. */
export type MessageEvent<Type extends string, Schema extends z.ZodType, Answer = unknown> = Flat<
  & Omit<z.output<Schema>, "type" | "envelope">
  & { type: Type; envelope: EnvelopeInfo<Answer> }
>;

/** All messages of `accepts` as a union of events. */
export type MessageEvents<A extends Accepts, R = unknown> = {
  [K in keyof A & string]: MessageEvent<K, A[K], AnswerTo<R, K>>;
}[keyof A & string];

/** What the runtime says; only to machines that name it. */
export type SystemEvent =
  /** The agent is to end: put your things in order, this is the last turn. */
  | { type: "system.stop" }
  /** It has open work and has been silent: go on. */
  | { type: "system.resume" }
  /** A message it sent could not be delivered. */
  | {
    type: "system.undelivered";
    to: string;
    messageType: string;
    code: string;
    message: string;
  };

/** Events of a machine: messages, the runtime's, and those it raises itself (`types.events`). */
export type AgentEvent<A extends Accepts, Own extends EventObject, R = unknown> =
  | MessageEvents<A, R>
  | SystemEvent
  | Own;

export type ParamsMap = Record<string, Record<string, unknown> | undefined>;

type Named<T extends ParamsMap> = {
  [K in keyof T & string]: { type: K; params: T[K] };
}[keyof T & string];

/** Without actors any, as the compiler then takes `assign` for one that may spawn any. */
type Provided<T extends Record<string, UnknownActorLogic>> = [keyof T] extends [never]
  ? { src: string; logic: never; id: string | undefined }
  : {
    [K in keyof T & string]: { src: K; logic: T[K]; id: string | undefined };
  }[keyof T & string];

/** What `setupAgent` takes: XState's `setup`, and `accepts`. */
export interface AgentSetup<
  A extends Accepts,
  C extends MachineContext,
  Own extends EventObject,
  Actors extends Record<string, UnknownActorLogic>,
  Children extends Record<string, string>,
  Actions extends ParamsMap,
  Guards extends ParamsMap,
  Delay extends string,
  Tag extends string,
  Input,
  Output extends NonReducibleUnknown,
  Emitted extends EventObject,
  Meta extends MetaObject,
  R extends Replies<A>,
> {
  /** The same that `defineAgent` is given: the machine's events are typed by it. */
  accepts?: A;
  /** The same that `defineAgent` is given: what `reply` takes is typed by it. */
  replies?: R & OnlyAccepted<A, R>;
  /** `events` here are those that the machine raises or sends to itself and its children. */
  types?: SetupTypes<C, Own, Children, Tag, Input, Output, Emitted, Meta>;
  actors?: { [K in keyof Actors]: Actors[K] };
  actions?: {
    [K in keyof Actions]: ActionFunction<
      C,
      AgentEvent<A, Own, R>,
      AgentEvent<A, Own, R>,
      Actions[K],
      Provided<Actors>,
      Named<Actions>,
      Named<Guards>,
      Delay,
      Emitted
    >;
  };
  guards?: {
    [K in keyof Guards]: GuardPredicate<C, AgentEvent<A, Own, R>, Guards[K], Named<Guards>>;
  };
  delays?: {
    [K in Delay]: DelayConfig<
      C,
      AgentEvent<A, Own, R>,
      Named<Actions>["params"],
      AgentEvent<A, Own, R>
    >;
  };
}

/** What `setupAgent` returns: `createMachine` and the typed builders. */
export type AgentSetupReturn<
  A extends Accepts,
  C extends MachineContext,
  Own extends EventObject,
  Actors extends Record<string, UnknownActorLogic>,
  Children extends Record<string, string>,
  Actions extends ParamsMap,
  Guards extends ParamsMap,
  Delay extends string,
  Tag extends string,
  Input,
  Output extends NonReducibleUnknown,
  Emitted extends EventObject,
  Meta extends MetaObject,
  R extends Replies<A>,
> = SetupReturn<
  C,
  AgentEvent<A, Own, R> extends infer E extends AnyEventObject ? E : never,
  Actors,
  Children,
  Actions,
  Guards,
  Delay,
  Tag,
  Input,
  Output,
  Emitted,
  Meta
>;
