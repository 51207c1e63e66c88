/** The shape of a stored state: what one agent's whole tree of actors is when no turn runs. */
import type { EventObject } from "xstate";
import { DreamError } from "../errors.ts";

/** One actor. Values are in the form of codec.ts. */
export interface StoredActor {
  sid: string;
  status: "active" | "done" | "error" | "stopped";
  // machines
  value?: unknown;
  context?: unknown;
  /** History state's id → ids of the states it remembers. */
  history?: Record<string, string[]>;
  /**
   * Ids of the active states in XState's own order, where restoring would order them otherwise:
   * regions take eventless transitions, and write their keys, in this order.
   */
  nodes?: string[];
  children?: Record<string, StoredChild>;
  output?: unknown;
  error?: unknown;
  // anything else: its whole snapshot
  snapshot?: unknown;
  /** Id per start of the call, ask or run that it waits for. */
  work?: string;
}

export interface StoredChild {
  src: string;
  /** The actor's own id where it is not its key. */
  id?: string;
  systemId?: string;
  sync?: true;
  /** It was invoked by a state, not spawned. */
  invoked?: true;
  actor: StoredActor;
}

export interface StoredTimer {
  id: string;
  name: string;
  from: string;
  to: string;
  event: unknown;
  orphan?: true;
}

/** An ask taken and not answered: asker, its id of the ask, epoch ms of its expiry. */
export type Owed = [to: string, ask: string, expiresAtMs: number];

export interface Stored {
  format: 1;
  sids: number;
  starts: number;
  born: string;
  timers: StoredTimer[];
  owes: Owed[];
  root: StoredActor;
}

/** @throws {DreamError} `definition_changed` for a state of another format */
export function parseStored(text: string): Stored {
  const stored = JSON.parse(text) as Stored;
  if (stored.format === 1) return stored;
  throw new DreamError(
    "definition_changed",
    `The stored state has format ${JSON.stringify(stored.format)}; this version reads format 1`,
  );
}

/**
 * The same state, whose further starts have ids that were never given before: an agent that goes
 * back to an earlier state must not take results of what it started after that for its own.
 */
export function reborn(text: string, nowMs: number): string {
  return JSON.stringify({ ...parseStored(text), born: nowMs.toString(36) });
}

/** An event as timers keep it. */
export type StoredEvent = EventObject;
