/** Brings more of a long mailbox into memory. */
import { codeOf } from "../log.ts";
import type { Cell } from "./cell.ts";
import type { Core } from "./core.ts";

/** Envelopes read at one time. */
const portion = 512;

/** Reads on where the window ends, if anything is there; the agent is woken by what comes. */
export function loadMore(core: Core, cell: Cell): void {
  const next = cell.mailbox.nextLoad(cell.cursors, cell.residence?.hand ?? []);
  if (!next || cell.loading) return;
  cell.loading = true;
  const { lane, afterSeq } = next;
  core.ledger.flushed().then(() => core.store.mailbox(cell.key, lane, afterSeq, portion))
    .then((rows) => {
      cell.loading = false;
      if (rows.length === 0) cell.mailbox.nothingBeyond(next);
      else cell.mailbox.loaded(lane, rows);
      core.dispatcher.wake(cell);
    }).catch((error) => {
      cell.loading = false;
      core.log("error", "a mailbox could not be read", {
        address: cell.address,
        code: codeOf(error),
      });
    });
}
