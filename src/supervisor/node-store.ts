/** What is kept of a supervisor over a restart of the system: how it ended, and why it failed. */
import { z } from "zod";
import type { ErrorData } from "../errors.ts";
import type { Store } from "../storage/store.ts";
import type { Draft } from "./draft.ts";
import { type AnySupervisor, type TreeChild, walk } from "./node.ts";

const stored = z.object({
  ended: z.enum(["completed", "failed", "stopped"]).nullable(),
  restarts: z.number(),
  lastError: z.object({ code: z.string(), message: z.string() }).nullable(),
});

/** Stores how `node` stands, `ended` included, with `draft`. */
export function noteSupervisor(draft: Draft, node: AnySupervisor, ended: AnySupervisor["ended"]) {
  const { restarts, lastError } = node;
  const value = JSON.stringify({ ended, restarts, lastError });
  draft.change({ op: "meta", name: nameOf(node), value });
}

/** Brings back what was noted of the supervisors from `root` down. */
export async function recallSupervisors(store: Store, root: TreeChild): Promise<void> {
  for (const node of walk(root)) {
    if (node.type !== "supervisor" && node.type !== "dynamic") continue;
    const text = await store.meta(nameOf(node));
    if (text === null) continue;
    const { ended, restarts, lastError } = stored.parse(JSON.parse(text));
    node.ended = ended;
    node.restarts = Math.max(node.restarts, restarts);
    node.lastError = lastError as ErrorData | null;
  }
}

function nameOf(node: AnySupervisor): string {
  return `supervisor:${node.address}`;
}
