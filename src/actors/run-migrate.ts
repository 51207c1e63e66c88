/** The author's `migrate`: what it is given, and what it may give back (R13). */
import { DreamError } from "../errors.ts";
import { decode, encode, markRefs } from "./codec.ts";
import type { StoredActor, StoredChild } from "./stored.ts";

/** What `migrate` is given and gives back: the machine's own part of a stored state. */
export interface MigrationState {
  /** XState's state value. */
  value: unknown;
  context: Record<string, unknown>;
  /** History state's id → ids of the states it remembers. */
  history: Record<string, string[]>;
  /** Live children by id; delete one to end it. Opaque but for `src`. */
  children: Record<string, { src: string; [key: string]: unknown }>;
}

/**
 * Pure: context and states of version `fromVersion` to those of the definition. A state that it
 * moves the agent to is not entered: no entry actions, delays or invocations begin; delays of
 * states that are left end.
 */
export type Migrate = (state: MigrationState, fromVersion: number) => MigrationState;

const shape = "write (state, fromVersion) => ({ ...state, … })";

/**
 * Calls it and holds what it gives back to the shape it has to have: XState would take anything
 * for a state, put the initial one in place of what it cannot read, and what was stored were lost.
 *
 * @throws {DreamError} `definition_changed`
 */
export function runMigrate(
  root: StoredActor,
  fromVersion: number,
  migrate: Migrate,
): Pick<StoredActor, "value" | "context" | "history" | "children"> {
  const children = root.children ?? {};
  const given: MigrationState = {
    value: structuredClone(root.value),
    context: decode(root.context, markRefs) as Record<string, unknown>,
    history: structuredClone(root.history ?? {}),
    children: structuredClone(children) as unknown as MigrationState["children"],
  };
  let made: unknown;
  try {
    made = migrate(given, fromVersion);
  } catch (thrown) {
    const reason = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
    throw refused(fromVersion, `threw ${reason.slice(0, 1_000)}`, thrown);
  }
  const fault = faultOf(made, children);
  if (fault !== null) throw refused(fromVersion, `gave back ${fault}; ${shape}`);
  const next = made as MigrationState;
  try {
    return {
      value: next.value,
      context: encode(next.context, "context", markRefs),
      history: next.history,
      children: next.children as unknown as Record<string, StoredChild>,
    };
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw refused(fromVersion, `gave back what cannot be stored: ${reason}`, thrown);
  }
}

function refused(fromVersion: number, what: string, cause?: unknown): DreamError {
  return new DreamError(
    "definition_changed",
    `The stored state cannot be migrated: migrate(state, ${fromVersion}) ${what}`,
    { details: { missing: [] }, cause },
  );
}

/** What is wrong with it, in words; null when nothing is. */
function faultOf(made: unknown, given: Record<string, StoredChild>): string | null {
  if (made instanceof Promise) return "a promise, but it has to be synchronous";
  if (!isRecord(made)) return "no state";
  const { value, context, history, children } = made;
  if (!isValue(value)) return "no state value";
  if (!isRecord(context)) return "no context, which is an object";
  const isHistory = isRecord(history) &&
    Object.values(history).every((ids) =>
      Array.isArray(ids) && ids.every((id) => typeof id === "string")
    );
  if (!isHistory) return "no history, which is an object of lists of ids";
  if (!isRecord(children)) return "no children, which is an object";
  for (const [key, child] of Object.entries(children)) {
    if (!Object.hasOwn(given, key)) return `a child "${key}" that was not there`;
    const isChild = isRecord(child) && typeof child["src"] === "string" && isRecord(child["actor"]);
    if (!isChild) return `a child "${key}" without its parts`;
  }
  return null;
}

function isValue(value: unknown): boolean {
  if (typeof value === "string") return true;
  return isRecord(value) && Object.values(value).every(isValue);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
