/** A look at a database that changes nothing in it, also while a service writes to it. */
import { statSync } from "node:fs";
import { pathToFileURL } from "node:url";
import Database from "libsql";
import { schemaOf } from "./counts.ts";
import { newestSchema } from "./migrate.ts";

export interface Examination {
  sizeBytes: number;
  /** Not yet in the file itself. */
  walBytes: number;
  schema: number;
  /** The newest schema that this program knows. */
  known: number;
  /** `ok`, what is wrong, or null when it was not looked through. */
  integrity: string | null;
  /** The newest time in it, epoch ms; null without any. */
  newestMs: number | null;
}

export interface ExamineOptions {
  file: string;
  /** A service works with it. */
  isHeld: boolean;
  /** Bytes of a file that is looked through whole. */
  most: number;
}

/** Never throws: what cannot be read is damaged. */
export function examineDatabase({ file, isHeld, most }: ExamineOptions): Examination {
  const sizeBytes = statSync(file).size;
  const walBytes = statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  const about = { sizeBytes, walBytes, known: newestSchema() };
  try {
    // Else SQLite would make a log beside it, even to read.
    const isAlone = !isHeld && walBytes === 0;
    const name = isAlone ? `${pathToFileURL(file).href}?immutable=1` : file;
    const db = new Database(name, { readonly: true });
    try {
      return { ...about, ...look(db, sizeBytes <= most) };
    } finally {
      db.close();
    }
  } catch (error) {
    // The driver's own message can hold more than its code.
    const code = String((error as { code?: unknown }).code ?? "it cannot be read");
    return { ...about, schema: 0, integrity: code.slice(0, 80), newestMs: null };
  }
}

function look(db: Database.Database, isWhole: boolean) {
  db.exec("PRAGMA busy_timeout = 2000");
  const schema = schemaOf(db);
  const integrity = isWhole
    ? (db.prepare("PRAGMA integrity_check(3)").all() as { integrity_check: string }[])
      .map((row) => row.integrity_check).join("; ").slice(0, 300)
    : null;
  // A file that was made and never migrated has no tables yet.
  const newest = schema > 0
    ? db.prepare("SELECT max(sent_at_ms) at FROM envelopes").get() as { at: number | null }
    : { at: null };
  return { schema, integrity, newestMs: newest.at };
}
