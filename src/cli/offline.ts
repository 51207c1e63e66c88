/** What commands do with a HOME while no service runs there; the way of the CLI to the store. */
export { restoreBackup } from "../storage/restore.ts";
