/** What a person orders: one verb, for one agent or for many. */
import { DreamError } from "../errors.ts";
import type { AgentVerb, RestartMode } from "../verbs.ts";
import type { Caller, VerbInput, VerbOutcome } from "./control.ts";
import type { Core } from "./core.ts";
import type { Families } from "./deletion.ts";
import type { Draft } from "./draft.ts";

/** How long the answer to a drain waits for the mailbox to become empty. */
const drainWaitMs = 30_000;

export interface Order {
  verb: AgentVerb;
  mode: RestartMode;
  checkpoint: number | null;
  waitMs: number;
  /** Who gives it: `@name`. */
  by: string;
  /** Looked up once for all agents of the order. */
  families: Families;
  /** Of an order for one agent: puts its answer into the commit that carries it out. */
  remember(draft: Draft, outcome: VerbOutcome): void;
}

/** @throws {DreamError} `bad_request` */
export function orderOf(core: Core, { name }: Caller, input: VerbInput): Order {
  const { verb, fresh = false, fromCheckpoint = null, waitMs = drainWaitMs } = input;
  if (fresh && fromCheckpoint !== null) {
    throw new DreamError("bad_request", "Wanted one of fresh and fromCheckpoint, not both");
  }
  const mode = fresh ? "fresh" : fromCheckpoint === null ? "state" : "checkpoint";
  const hasFamilies = verb === "delete" || verb === "restart" && mode !== "state";
  const families: Families = hasFamilies ? core.registry.families() : new Map();
  const by = `@${name}`;
  return { verb, mode, checkpoint: fromCheckpoint, waitMs, by, families, remember: () => {} };
}
