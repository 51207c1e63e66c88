/** The ingestor's context and its changes: counters and a few recents, nothing that grows. */
import { type Backlog, type Change, emptyBacklog } from "./backlog.ts";
import type { Counts, Problem } from "./messages.ts";

/** A change that a slot works on. */
export type Task = Change & { tries: number };

export interface Context {
  backlog: Backlog;
  slots: (Task | null)[];
  counts: Counts;
  /** The last few. */
  problems: Problem[];
}

/** Calls under way at a time. */
export const slotCount = 8;
const mostProblems = 10;

export function freshContext(): Context {
  return {
    backlog: emptyBacklog,
    slots: Array.from({ length: slotCount }, () => null),
    counts: {
      found: 0,
      known: 0,
      reading: 0,
      read: 0,
      failed: 0,
      superseded: 0,
      skipped: 0,
      removed: 0,
    },
    problems: [],
  };
}

export function counted(
  context: Context,
  more: Partial<Record<keyof Counts, number>>,
): Pick<Context, "counts"> {
  const counts = { ...context.counts };
  for (const [name, by] of Object.entries(more)) {
    const key = name as keyof Counts;
    counts[key] = Math.max(0, counts[key] + by);
  }
  return { counts };
}

export function noted(context: Context, problem: Problem): Pick<Context, "problems"> {
  const { path, code, message } = problem;
  const short = { path: path.slice(-300), code, message: message.slice(0, 300) };
  return { problems: [...context.problems, short].slice(-mostProblems) };
}

export function withSlot(
  context: Context,
  slot: number,
  task: Task | null,
): Pick<Context, "slots"> {
  return { slots: context.slots.map((one, i) => i === slot ? task : one) };
}
