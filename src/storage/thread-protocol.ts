/** What crosses between the process's main thread and its storage thread. */
import type { ErrorData } from "../errors.ts";
import type { MemoryWrite } from "./memory-sql.ts";
import type { Change } from "./store.ts";

/** One `commit`, or one write of memory that joins the group. */
export type WriteItem = { changes: readonly Change[] } | { memory: MemoryWrite };

export type ToStorage =
  | { t: "open"; file: string }
  | { t: "write"; items: WriteItem[] }
  | { t: "read"; id: number; name: string; args: unknown[] }
  | { t: "close" };

/** How far a group came. The items after the first `done` ones have had no effect. */
export interface Written {
  t: "written";
  done: number;
  /** Answers of the memory writes among the first `done`, by position. */
  answers: unknown[];
  failure: WriteFailure | null;
}

/**
 * - `retry`: busy, full or I/O; the same items are to be tried again
 * - `rejected`: the item after the first `done` was refused and never will hold
 * - `fatal`: nobody knows what is on the disk; the process must end
 */
export interface WriteFailure {
  kind: "retry" | "rejected" | "fatal";
  /** SQLite's code, or the error's name. Never its message: that may hold payloads. */
  code: string;
}

export type FromStorage =
  | { t: "opened" }
  | { t: "refused"; error: ErrorData }
  | Written
  | { t: "answer"; id: number; value: unknown }
  | { t: "failed"; id: number; error: ErrorData }
  /** Found outside of a group: nobody knows what is on the disk; the process must end. */
  | { t: "lost"; code: string }
  | { t: "closed" };
