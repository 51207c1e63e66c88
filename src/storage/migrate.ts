/** Brings a database to this version's schema, one numbered SQL file after the other. */
import { readdirSync, readFileSync } from "node:fs";
import type { Database } from "libsql";
import { DreamError } from "../errors.ts";
import { schemaOf } from "./counts.ts";

const folder = new URL("./migrations/", import.meta.url);

/** The migrations there are, in order; the number is the schema version that one leads to. */
function migrations(): { version: number; sql: string }[] {
  return readdirSync(folder).filter((name) => name.endsWith(".sql")).sort().map((name) => ({
    version: Number.parseInt(name, 10),
    sql: readFileSync(new URL(name, folder), "utf8"),
  }));
}

/** The schema that the newest migration leads to. */
export function newestSchema(): number {
  return migrations().at(-1)!.version;
}

/** @throws {DreamError} `database_newer` when a later version of the program made it */
export function checkVersion(db: Database, file: string): void {
  const found = schemaOf(db);
  const known = newestSchema();
  if (found <= known) return;
  throw new DreamError(
    "database_newer",
    `Cannot open ${file}: its schema is version ${found}, this program knows up to ${known}`,
    { details: { found, known } },
  );
}

/** Applies what is missing, each migration whole or not at all. */
export function migrate(db: Database): void {
  const from = schemaOf(db);
  for (const { version, sql } of migrations()) {
    if (version <= from) continue;
    db.exec(`BEGIN IMMEDIATE;\n${sql}\nPRAGMA user_version = ${version};\nCOMMIT;`);
  }
}
