/** `defineAgent`: what a module exports to be an agent, checked when it is defined. */
import type { AnyStateMachine, EventFromLogic } from "xstate";
import type { z } from "zod";
import { DreamError } from "../errors.ts";
import type { Accepts, MessageEvents, OnlyAccepted, Replies } from "./agent-types.ts";
import type { Calls } from "./calls.ts";
import { chartOf } from "./chart.ts";
import { lintMachine, systemTypes } from "./lint.ts";
import type { Manifest } from "./manifest.ts";
import type { Migrate } from "./run-migrate.ts";
import { isReservedType } from "./reserved-type.ts";
import { jsonSchemaOf, payloadSchemaOf } from "./schemas.ts";
import { type InnerMachine, isMachine, looksLikeMachine } from "./xstate-inner.ts";

/** The definition of one kind of agent. */
export interface AgentInput<
  A extends Accepts,
  M extends AnyStateMachine,
  R extends Replies<A> = Replies<A>,
> {
  /** The kind's name, such as `summarizer`. */
  kind: string;
  /** Whole number from 1, default 1. Raise it when stored states need `migrate`. */
  version?: number;
  /** Message type → payload. Unknown types and malformed payloads are refused at the door. */
  accepts: A;
  /** Message types that are answered → what the answer is. */
  replies?: R & OnlyAccepted<A, R>;
  /** What a fresh start is given (`input` of the context factory). */
  input?: z.ZodType;
  /** What it asks for; the swarm's grants decide. */
  needs?: { calls?: (keyof Calls | (string & Record<never, never>))[]; read?: string[] };
  machine: M & (MessageEvents<A, R> extends EventFromLogic<M> ? unknown : MachineLacksMessages);
  /** Makes a state of an older `version` fit this one. Pure. */
  migrate?: Migrate;
}

/** The machine's events lack a message of `accepts`: give both the same `accepts`. */
interface MachineLacksMessages {
  readonly machineLacksMessages: never;
}

export interface AgentDefinition {
  readonly kind: string;
  readonly version: number;
  readonly machine: InnerMachine;
  /** `system.*` types that the machine names. */
  readonly system: ReadonlySet<string>;
  readonly migrate: Migrate | null;
  readonly manifest: Manifest;
}

/** Only for the compiler: the machine of a definition. */
declare const machineType: unique symbol;

/** What `defineAgent` returns: the definition, with its types for `agentAt` and `testAgent`. */
export interface DefinedAgent<A extends Accepts, R, M extends AnyStateMachine>
  extends AgentDefinition {
  readonly accepts: A;
  readonly replies: R;
  readonly [machineType]?: M;
}

const definitions = new WeakSet<object>();

/** Whether `value` came from `defineAgent`. */
export function isDefinition(value: unknown): value is AgentDefinition {
  return typeof value === "object" && value !== null && definitions.has(value);
}

/** Whether definitions are checked; see `loadKnown`. */
let isKnown = false;

/**
 * Evaluates a module whose definition has been checked before, in another thread: what is wrong
 * with it would have been found there, and to look costs a thread a quarter of its start.
 */
export function loadKnown<T>(evaluate: () => T): T {
  isKnown = true;
  try {
    return evaluate();
  } finally {
    isKnown = false;
  }
}

const kindName = /^[A-Za-z][A-Za-z0-9._-]{0,63}$/;
const messageType = /^[A-Za-z][A-Za-z0-9._:-]{0,127}$/;

/**
 * Defines a kind of agent; the module's default export.
 *
 * @throws {DreamError} `bad_bundle` or `not_durable`, with the path and what to write instead
 */
export function defineAgent<
  A extends Accepts,
  M extends AnyStateMachine,
  R extends Replies<A> = Record<never, never>,
>(input: AgentInput<A, M, R>): DefinedAgent<A, R, M> {
  const { kind, version = 1, machine, migrate = null } = input;
  if (typeof kind !== "string" || !kindName.test(kind)) {
    throw bad("kind", `is ${show(kind)}; wanted a letter, then letters, digits, '.', '_', '-'`);
  }
  if (!Number.isSafeInteger(version) || version < 1) {
    throw bad("version", `is ${show(version)}; wanted a whole number from 1`);
  }
  if (migrate !== null && typeof migrate !== "function") throw bad("migrate", "is no function");
  if (!isMachine(machine)) {
    throw bad(
      "machine",
      looksLikeMachine(machine)
        ? "was made by another copy of xstate; leave xstate out of the bundle"
        : "is no machine; make it with setupAgent({ … }).createMachine({ … })",
    );
  }
  if (!isKnown) lintMachine(machine);
  const system = systemTypes(machine);
  let manifest: Manifest | null = isKnown ? null : manifestOf(input, version, system);
  const { accepts, replies } = input;
  const told = { accepts, replies: replies ?? {} };
  const read = { kind, version, machine, system: new Set(system), migrate };
  const definition: AgentDefinition = Object.freeze({
    ...read,
    ...told,
    get manifest(): Manifest {
      return manifest ??= manifestOf(input, version, system);
    },
  });
  definitions.add(definition);
  return definition as DefinedAgent<A, R, M>;
}

function manifestOf(
  input: Pick<AgentInput<Accepts, AnyStateMachine>, "kind" | "needs" | "input" | "machine"> & {
    accepts: Accepts;
    replies?: Record<string, z.ZodType | undefined>;
  },
  version: number,
  system: string[],
): Manifest {
  const accepts: Manifest["accepts"] = {};
  const replies: Manifest["replies"] = {};
  if (typeof input.accepts !== "object" || input.accepts === null) {
    throw bad("accepts", "is missing; write accepts: { type: z.object({ … }) }");
  }
  for (const [type, schema] of Object.entries(input.accepts)) {
    const path = `accepts.${type}`;
    if (!messageType.test(type)) throw bad(path, "is no message type such as noun.verbed");
    if (isReservedType(type)) throw bad(path, "belongs to the runtime; choose another type");
    accepts[type] = payloadSchemaOf(schema, path);
  }
  for (const [type, schema] of Object.entries(input.replies ?? {})) {
    const path = `replies.${type}`;
    if (!Object.hasOwn(accepts, type)) throw bad(path, "is not among accepts");
    replies[type] = jsonSchemaOf(schema, path);
  }
  return {
    kind: input.kind,
    version,
    accepts,
    replies,
    input: input.input === undefined ? null : jsonSchemaOf(input.input, "input"),
    needs: { calls: names(input.needs?.calls, "calls"), read: names(input.needs?.read, "read") },
    system,
    chart: chartOf(input.machine as unknown as InnerMachine),
  };
}

function names(list: readonly string[] | undefined, what: string): string[] {
  if (list === undefined) return [];
  if (Array.isArray(list) && list.every((name) => typeof name === "string" && name !== "")) {
    return [...list];
  }
  throw bad(`needs.${what}`, "must be a list of names");
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? String(value)).slice(0, 80);
}

function bad(path: string, why: string): DreamError {
  return new DreamError("bad_bundle", `${path} ${why}`, { details: { path } });
}
