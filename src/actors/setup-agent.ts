/** XState's `setup`, with the events of a machine typed by what the agent accepts. */
import {
  type EventObject,
  type MachineContext,
  type MetaObject,
  type NonReducibleUnknown,
  setup,
  type UnknownActorLogic,
} from "xstate";
import type { Accepts, AgentSetup, AgentSetupReturn, ParamsMap, Replies } from "./agent-types.ts";

/**
 * Use it as `setup`: `setupAgent({ accepts, replies, types, actors, actions, guards, delays })`,
 * then `.createMachine({ … })`. A message arrives as `{ type, ...payload, envelope }`.
 */
export function setupAgent<
  C extends MachineContext,
  A extends Accepts = Record<never, never>,
  Own extends EventObject = never,
  Actors extends Record<string, UnknownActorLogic> = Record<never, never>,
  Children extends Record<string, string> = Record<never, never>,
  Actions extends ParamsMap = Record<never, never>,
  Guards extends ParamsMap = Record<never, never>,
  Delay extends string = never,
  Tag extends string = string,
  Input = NonReducibleUnknown,
  Output extends NonReducibleUnknown = NonReducibleUnknown,
  Emitted extends EventObject = EventObject,
  Meta extends MetaObject = MetaObject,
  R extends Replies<A> = Record<never, never>,
>(
  options: AgentSetup<
    A,
    C,
    Own,
    Actors,
    Children,
    Actions,
    Guards,
    Delay,
    Tag,
    Input,
    Output,
    Emitted,
    Meta,
    R
  >,
): AgentSetupReturn<
  A,
  C,
  Own,
  Actors,
  Children,
  Actions,
  Guards,
  Delay,
  Tag,
  Input,
  Output,
  Emitted,
  Meta,
  R
> {
  const { accepts: _, replies: __, ...rest } = options;
  return setup(rest as never) as never;
}
