/** The one step from an actor's scope to the system of its turn. */
import type { TurnSystem } from "./system.ts";
import type { InnerScope } from "./xstate-inner.ts";

/** The system that the actor of this scope belongs to; all actors of turns have one of ours. */
export function systemOf(scope: InnerScope): TurnSystem {
  return scope.system as TurnSystem;
}
