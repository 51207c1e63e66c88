/** Brings a database to this version's schema, one numbered SQL file after the other. */
import { readdirSync, readFileSync } from "node:fs";
import type { Database } from "libsql";
import { DreamError } from "../errors.ts";

const folder = new URL("./migrations/", import.meta.url);

/** The migrations there are, in order; the number is the schema version that one leads to. */
function migrations(): { version: number; sql: string }[] {
  return readdirSync(folder).filter((name) => name.endsWith(".sql")).sort().map((name) => ({
    version: Number.parseInt(name, 10),
    sql: readFileSync(new URL(name, folder), "utf8"),
  }));
}

/**
 * Applies what is missing, each migration whole or not at all.
 *
 * @throws {DreamError} `database_newer` when a later version of the program made it
 */
export function migrate(db: Database, file: string): void {
  const all = migrations();
  const newest = all.at(-1)!.version;
  const row = db.prepare("PRAGMA user_version").get() as { user_version: number };
  if (row.user_version > newest) {
    throw new DreamError(
      "database_newer",
      `Cannot open ${file}: its schema is version ${row.user_version}, ` +
        `this program knows up to ${newest}`,
      { details: { found: row.user_version, known: newest } },
    );
  }
  for (const { version, sql } of all) {
    if (version <= row.user_version) continue;
    db.exec(`BEGIN IMMEDIATE;\n${sql}\nPRAGMA user_version = ${version};\nCOMMIT;`);
  }
}
