/**
 * What the control process and a host say to each other about threads (frames of slot 0, JSON).
 * Turn frames are not here: they pass a host unread. Only words, as hosts are to start fast.
 */
import type { Described } from "../actors/protocol.ts";
import type { Bundle } from "./hosts.ts";

/** First words to a host: what its threads are made of. All its threads have equal permissions. */
export interface Hello {
  op: "hello";
  /** URL of the thread's built file. */
  thread: string;
  /** Absolute folders that its threads may read. */
  read: string[];
  /** A thread that says more at once is ended. */
  frameBytes: number;
  /** At most this many threads, blank ones included. */
  threads: number;
  /** A thread that was terminated and still runs after this ends its host. */
  killGraceMs: number;
  /** Threads with nothing loaded that are kept ready. */
  spares: number;
}

export type ToHost =
  | Hello
  /** Sent once to each host, before the first thread that needs it. */
  | { op: "bundle"; bundle: Bundle }
  | { op: "place"; slot: number; hash: string; isKnown: boolean }
  | { op: "describe"; slot: number; hash: string }
  | { op: "release"; slot: number }
  | { op: "kill"; slot: number }
  | { op: "probe"; id: number };

/** What a host holds: counts for retirement and for finding threads that nobody asked for. */
export interface PoolCounts {
  /** Threads ever started. */
  starts: number;
  /** Threads that are there now, blank and spare ones included. */
  threads: number;
  /** Hashes of the bundles that blank threads have loaded. */
  blank: string[];
}

/** Why a bundle did not load. */
export interface LoadFailure {
  name: string;
  message: string;
  stack: string | null;
}

/** About a slot. */
export type SlotMessage =
  & { slot: number; pool: PoolCounts }
  & (
    | { op: "placed" }
    /** The bundle did not load. */
    | { op: "unfit"; error: LoadFailure }
    | { op: "described"; described: Described }
    /** The thread ended by itself. */
    | { op: "ended"; message: string }
    /** Answer to `release` and `kill`: nothing more comes from this slot. */
    | { op: "gone" }
  );

export type FromHost = SlotMessage | { op: "probed"; id: number; pool: PoolCounts };

const encoder = new TextEncoder();

export function encodeHostMessage(message: ToHost | FromHost): Uint8Array {
  return encoder.encode(JSON.stringify(message));
}
