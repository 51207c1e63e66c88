/** The end of a mailbox whose agent will not come back. */
import type { Cell } from "./cell.ts";
import type { Core } from "./core.ts";
import { Draft } from "./draft.ts";

/** What is left in the mailbox of an ended agent becomes dead letters. */
export async function buryRest(core: Core, cell: Cell): Promise<void> {
  const reason = cell.record.status === "failed" ? "agent_failed" : "agent_ended";
  const message = `${cell.address} ended with this in its mailbox`;
  while (cell.mailbox.depth > 0) {
    const next = cell.mailbox.nextLoad(cell.cursors, []);
    if (!cell.mailbox.hasLoaded && next) {
      await core.ledger.flushed();
      const rows = await core.store.mailbox(cell.key, next.lane, next.afterSeq, 512);
      if (rows.length === 0) cell.mailbox.nothingBeyond(next);
      else cell.mailbox.loaded(next.lane, rows);
    }
    const draft = new Draft();
    for (const envelope of cell.mailbox.take(512, Number.POSITIVE_INFINITY)) {
      const { lane, seq } = envelope;
      draft.change({ op: "skip", key: cell.key, lane, seq });
      core.mail.bury(draft, envelope, reason, message);
      cell.mailbox.consumed([envelope]);
    }
    if (draft.isEmpty) break;
    await core.ledger.commit(draft);
  }
  const draft = new Draft();
  core.asks.failAll(draft, cell, { code: reason, message });
  await core.ledger.commit(draft);
}
