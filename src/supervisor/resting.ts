/** Agents that have nothing to do become a row's worth of memory again (R8). */
import { codeOf } from "../log.ts";
import { parentOf } from "../address.ts";
import type { StateSummary } from "../actors/protocol.ts";
import type { AgentRecord } from "../storage/store.ts";
import type { Cell } from "./cell.ts";
import type { Core } from "./core.ts";
import { hasOpenWork } from "./resumption.ts";

/** Whether all that there is to say about the agent is its stored row: nothing else is lost. */
function isPassive(core: Core, cell: Cell, callers: ReadonlySet<Cell>): boolean {
  const { record, residence, mailbox } = cell;
  if (residence !== null || mailbox.depth > 0 || !cell.hasState || callers.has(cell)) return false;
  if (!isUnremarkable(record) || !cell.isRunnable) return false;
  if (cell.queued || cell.loading || cell.suspect || cell.onStart !== null) return false;
  if (cell.careful + cell.backoffs + cell.crashStreak.size + cell.exits.size > 0) return false;
  return isQuiet(cell.summary) && core.tree.isDynamic(parentOf(cell.address));
}

/** Nothing is noted that somebody has to look at. */
export function isUnremarkable(record: AgentRecord): boolean {
  return record.status === "running" && record.lastError === null && record.endedAtMs === null &&
    record.intent === null && record.suspicion === null;
}

/** No run, no open work. */
export function isQuiet(summary: StateSummary | null): boolean {
  return summary === null ||
    (summary.status === "active" && summary.runs === 0 && !hasOpenWork(summary));
}

/** Takes back the cells of agents that nobody has asked for in a while. */
export function restPassive(core: Core): void {
  const { gateway, registry, store, log } = core;
  // While the disk takes nothing, others may wait with a cell in their hands.
  if (!store.available || core.isHalted) return;
  const callers = gateway.callers();
  for (const cell of registry.takeUnasked()) {
    if (!isPassive(core, cell, callers)) continue;
    const { askedFor } = cell;
    // A cell made anew is restored from the store: what was accepted has to be there.
    cell.settled.then(() => {
      const isUnasked = cell.askedFor === askedFor && !core.isHalted;
      if (isUnasked && isPassive(core, cell, gateway.callers())) registry.rest(cell);
    }).catch((error) => log("warn", "an agent was not laid to rest", { code: codeOf(error) }));
  }
}
