/** The end of a mailbox whose agent will not come back. */
import type { Cell } from "./cell.ts";
import type { Core } from "./core.ts";
import { buryMailbox } from "./deletion.ts";
import { Draft } from "./draft.ts";

/** What is left in the mailbox of an ended agent becomes dead letters, in one commit. */
export async function buryRest(core: Core, cell: Cell): Promise<void> {
  const reason = cell.record.status === "failed" ? "agent_failed" : "agent_ended";
  const draft = new Draft();
  buryMailbox(core, draft, cell, reason, `${cell.address} ended with this in its mailbox`);
  await core.ledger.commit(draft);
}
