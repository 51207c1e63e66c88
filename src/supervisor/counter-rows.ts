/** One agent as screens are shown it. */
import type { Cell } from "./cell.ts";
import type { AgentCounters } from "./counter-views.ts";

/** When its oldest envelope was sent, epoch; also looks at what its thread has in hand. */
export function oldestOf({ mailbox, residence }: Cell): number | null {
  if (mailbox.depth === 0) return null;
  let oldest = mailbox.oldestAtMs;
  for (const { sentAtMs } of residence?.hand ?? []) {
    if (oldest === null || sentAtMs < oldest) oldest = sentAtMs;
  }
  return oldest;
}

/** The agent as it is now. */
export function viewOf(cell: Cell, oldestAtMs: number | null, turnsPerS: number): AgentCounters {
  const { record, residence, status, mailbox: { depth: mailboxDepth } } = cell;
  const { address, agent: kind, restarts, lastError } = record;
  const hostPid = residence?.thread?.hostPid ?? null;
  const error = lastError?.code ?? null;
  const blockedOn = cell.blockedOn?.address ?? null;
  return {
    ...{ address, kind, status, mailboxDepth, oldestAtMs, turnsPerS, restarts },
    ...{ hostPid, blockedOn, error },
  };
}

/** Whether `viewOf` would make something else of it. */
export function hasChanged(
  view: AgentCounters,
  { record, residence, status, mailbox, blockedOn }: Cell,
  oldestAtMs: number | null,
  turnsPerS: number,
): boolean {
  return view.status !== status || view.mailboxDepth !== mailbox.depth ||
    view.oldestAtMs !== oldestAtMs || view.turnsPerS !== turnsPerS ||
    view.restarts !== record.restarts || view.kind !== record.agent ||
    view.hostPid !== (residence?.thread?.hostPid ?? null) ||
    view.blockedOn !== (blockedOn?.address ?? null) ||
    view.error !== (record.lastError?.code ?? null);
}

/** The same agent when nothing waits for it and it has no thread. */
export function asPassive(view: AgentCounters): AgentCounters {
  const nothing = {
    mailboxDepth: 0,
    oldestAtMs: null,
    turnsPerS: 0,
    hostPid: null,
    blockedOn: null,
  };
  return { ...view, ...nothing, status: "passive" };
}

/** With one decimal; 0 when there was no moment before. */
export function perSecond(count: number, ms: number): number {
  return Number.isFinite(ms) ? Math.max(0, Math.round(count * 10_000 / ms) / 10) : 0;
}
