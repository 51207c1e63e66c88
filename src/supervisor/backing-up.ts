/** Backups on request, told in the event log. */
import { DreamError } from "../errors.ts";
import type { BackupStream } from "../storage/backups.ts";
import type { Caller } from "./control.ts";
import type { Core } from "./core.ts";
import { Draft } from "./draft.ts";

/** Makes a backup; what makes them is no part of every store. */
export type MakeBackup = () => Promise<BackupStream>;

export async function backUp(
  core: Core,
  make: MakeBackup | undefined,
  { name }: Caller,
): Promise<BackupStream> {
  if (!make) throw new DreamError("internal", "Cannot make a backup: this store has none");
  const backup = await make();
  const data = { by: `@${name}`, sizeBytes: backup.sizeBytes };
  const draft = new Draft().event(core.clock.wallMs(), "backup.made", null, data);
  // Not waited for: with a full disk a backup is wanted most.
  core.ledger.commit(draft).catch(() => {});
  core.log("info", "a backup was made", data);
  return backup;
}
