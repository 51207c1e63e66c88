/** What a database holds, in numbers: for the manifest of a backup, and to check one by. */
import type { Database } from "libsql";

const tables = {
  agents: "agents",
  messages: "envelopes",
  deadLetters: "dead_letters",
  timers: "timers",
  calls: "calls",
  events: "events",
  bundles: "bundles",
  checkpoints: "checkpoints",
  documents: "documents",
  passages: "passages",
  sources: "sources",
} as const;

/** Rows by what they are; those that this schema has not are left out. */
export function countsOf(db: Database): Record<string, number> {
  const known = new Set(
    (db.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all() as { name: string }[])
      .map(({ name }) => name),
  );
  const counts: Record<string, number> = {};
  for (const [what, table] of Object.entries(tables)) {
    if (!known.has(table)) continue;
    counts[what] = (db.prepare(`SELECT count(*) n FROM ${table}`).get() as { n: number }).n;
  }
  return counts;
}

/** Number of the last migration that the file has seen; 0 for a new one. */
export function schemaOf(db: Database): number {
  return (db.prepare("PRAGMA user_version").get() as { user_version: number }).user_version;
}
