/** The end of agents with all that belongs to them, in one commit (R6). */
import type { Address } from "../address.ts";
import type { ErrorCode } from "../errors.ts";
import type { Cell } from "./cell.ts";
import type { Core } from "./core.ts";
import { Draft } from "./draft.ts";

/** Keys of agents by the address that spawned them. */
export type Families = ReadonlyMap<Address, readonly number[]>;

/**
 * Ends an agent and its children: mailboxes become dead letters, addresses are free.
 *
 * @param keep puts the answer to who has asked for it into the same commit
 */
export async function removeAgent(
  core: Core,
  cell: Cell,
  { by, families }: { by: string; families: Families },
  keep: (draft: Draft) => void,
): Promise<void> {
  const draft = new Draft();
  keep(draft);
  removeAll(core, draft, [...descendantsOf(core, cell, families), cell], by);
  await core.ledger.commit(draft);
}

/** Agents that `cell` spawned, theirs included, the youngest first. */
export function descendantsOf(core: Core, cell: Cell, families: Families): Cell[] {
  const found = new Set<Cell>();
  const look = (parent: Cell) => {
    for (const key of families.get(parent.address) ?? []) {
      const child = core.registry.byKey(key);
      // A lower key: of an earlier agent at the parent's address.
      if (!child || child.key <= parent.key || found.has(child)) continue;
      found.add(child);
      look(child);
    }
  };
  look(cell);
  return [...found].reverse();
}

/** Adds the end of agents to the draft. */
export function removeAll(core: Core, draft: Draft, cells: readonly Cell[], by: string): void {
  // All at first: the place that one of them leaves is not for another one.
  draft.onAccept(() => {
    for (const cell of cells) core.registry.remove(cell);
  });
  for (const cell of cells) removeWith(core, draft, cell, by);
}

function removeWith(core: Core, draft: Draft, cell: Cell, by: string): void {
  const { key, address } = cell;
  const message = `${address} was deleted with this in its mailbox`;
  buryMailbox(core, draft, cell, "agent_ended", message);
  core.asks.cancelAll(draft, address, null);
  draft.change({ op: "agentGone", key })
    .event(core.clock.wallMs(), "agent.deleted", address, { by })
    .onAccept(() => {
      core.places.leave(cell);
      core.gateway.forget(cell);
      core.dispatcher.evict(cell, true).catch(() => {});
      core.dispatcher.unblock(cell);
    });
}

/** What is left in a mailbox becomes dead letters, and who asked is told. */
export function buryMailbox(
  core: Core,
  draft: Draft,
  cell: Cell,
  reason: ErrorCode,
  message: string,
): void {
  const { key, address, mailbox } = cell;
  const deadAtMs = core.clock.wallMs();
  if (mailbox.depth > 0) {
    draft.change({ op: "buryMail", key, reason, message, deadAtMs });
    draft.event(deadAtMs, "mailbox.buried", address, { reason, count: mailbox.depth });
  }
  core.asks.failAll(draft, cell, { code: reason, message });
  draft.onAccept(() => mailbox.clear());
}
