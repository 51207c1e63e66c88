/** Earlier states of an agent that a person can go back to (R6). */
import type { StoredState } from "../actors/protocol.ts";
import type { CallRow, Cursors, TimerRow } from "./store.ts";

/** Checkpoints kept of one agent. */
export const keptCheckpoints = 5;
/** Those that are not made for a restart are so far apart at least. */
export const checkpointEveryMs = 60_000;

/** What is asked for when a checkpoint is made; the state is copied by the store. */
export interface CheckpointRequest {
  key: number;
  atMs: number;
  /** A minute has passed, or a restart comes. */
  reason: "minute" | "restart";
  /** Highest agent key given so far: agents with higher ones are not known to this state. */
  lastKey: number;
  /** An id made now: asks with higher ones are not known to this state. */
  mark: string;
}

/** An earlier state of an agent, as people choose from. */
export interface CheckpointInfo extends CheckpointRequest {
  id: number;
  cursors: Cursors;
  turns: number;
  /** JSON text of the StateSummary. */
  summary: string;
}

/** An earlier state with what it waited for. */
export interface Checkpoint extends CheckpointInfo {
  state: StoredState;
  timers: TimerRow[];
  calls: CallRow[];
}
