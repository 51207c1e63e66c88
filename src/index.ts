/**
 * What agents are written with; the only thing that they import (beside npm packages of their own).
 * XState's builders are re-exported, so that one import is enough.
 */
import type { SwarmInput } from "./swarm.ts";

export {
  and,
  assertEvent,
  assign,
  cancel,
  emit,
  enqueueActions,
  forwardTo,
  fromCallback,
  fromEventObservable,
  fromObservable,
  fromPromise,
  fromTransition,
  log,
  not,
  or,
  raise,
  sendParent,
  sendTo,
  spawnChild,
  stateIn,
  stopChild,
} from "xstate";
export { z } from "zod";

export { type AgentAddress, agentAt, type Messages } from "./actors/agent-at.ts";
export type { Accepts, MessageEvent, MessageEvents, SystemEvent } from "./actors/agent-types.ts";
export type { Calls } from "./actors/calls.ts";
export {
  type AgentDefinition,
  type AgentInput,
  defineAgent,
  type DefinedAgent,
} from "./actors/define-agent.ts";
export type { Lane, ReplyTo } from "./actors/envelope.ts";
export type { EnvelopeInfo } from "./actors/incoming.ts";
export type { Migrate, MigrationState } from "./actors/run-migrate.ts";
export {
  type AgentSpec,
  type Payload,
  refuse,
  reply,
  spawnAgent,
  stopAgent,
  tell,
  type TellOptions,
} from "./actors/sdk-actions.ts";
export { ask, type AskOptions, call, type WorkError } from "./actors/sdk-logics.ts";
export { setupAgent } from "./actors/setup-agent.ts";
export { now } from "./actors/turn-time.ts";
export { DreamError } from "./errors.ts";
export type { SwarmInput } from "./swarm.ts";

/** A swarm as a module's default export: the kinds of agents, and the tree of child specs. */
export function defineSwarm(swarm: SwarmInput): SwarmInput {
  return swarm;
}
