/** Opens the one database file: sound, in WAL mode, fsynced at each commit, migrated. */
import { closeSync, existsSync, openSync, readSync, statSync } from "node:fs";
import Database from "libsql";
import { DreamError } from "../errors.ts";
import { checkVersion, migrate } from "./migrate.ts";

const magic = "SQLite format 3\0";

/**
 * @throws {DreamError} `database_corrupt`, the file left as it is; `database_newer`;
 * `storage_unavailable` when it cannot be opened at all
 */
export function openDatabase(file: string): Database.Database {
  try {
    checkHeader(file);
    const db = new Database(file);
    db.exec("PRAGMA busy_timeout = 2000");
    // Looked at before anything is written: what is refused is left as it is.
    const found = db.prepare("PRAGMA quick_check(1)").get() as { quick_check: string };
    if (found.quick_check !== "ok") throw corrupt(file, found.quick_check);
    checkVersion(db, file);
    db.prepare("PRAGMA journal_mode = WAL").get();
    db.exec("PRAGMA synchronous = FULL");
    db.exec("PRAGMA cache_size = -65536");
    db.exec("PRAGMA temp_store = MEMORY");
    migrate(db);
    return db;
  } catch (error) {
    if (error instanceof DreamError) throw error;
    const code = String((error as { code?: unknown }).code ?? "");
    if (code.startsWith("SQLITE_CORRUPT") || code.startsWith("SQLITE_NOTADB")) {
      throw corrupt(file, code);
    }
    throw new DreamError("storage_unavailable", `Cannot open ${file}: ${code || "I/O error"}`, {
      cause: error,
    });
  }
}

/** A file that is no database at all is told at once; SQLite would take a short one for new. */
function checkHeader(file: string): void {
  // Made here, so that what SQLite puts beside it has its mode too.
  if (!existsSync(file)) closeSync(openSync(file, "a", 0o600));
  if (statSync(file).size === 0) return;
  const head = new Uint8Array(16);
  const handle = openSync(file, "r");
  try {
    readSync(handle, head, 0, 16, 0);
  } finally {
    closeSync(handle);
  }
  if (new TextDecoder().decode(head) !== magic) throw corrupt(file, "it is no SQLite database");
}

function corrupt(file: string, reason: string): DreamError {
  return new DreamError("database_corrupt", `Cannot open ${file}: ${reason.slice(0, 200)}`);
}
