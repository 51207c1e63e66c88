/** The database file after the end, opened for reading only: rows as they are, no code of ours. */
import { existsSync } from "node:fs";
import Database from "libsql";

export interface DatabaseFacts {
  integrity: string;
  sources: { path: string; hash: string; isDeleted: boolean }[];
  documents: { hash: string; passages: string[] }[];
  /** Rows of the full-text index, and passages without a document. */
  words: number;
  passagesWithoutDocument: number;
  /** Ids of all `count.add` envelopes, every row one entry. */
  messageIds: string[];
  /** Of these, the ones no agent has consumed. */
  openMessages: number;
  deadLetters: { receiver: string; type: string; reason: string; message: string }[];
  openCalls: number;
}

/** @throws {Error} when the file is not there or cannot be read */
export function readDatabase(file: string): DatabaseFacts {
  if (!existsSync(file)) throw new Error(`There is no ${file}`);
  const db = new Database(file, { readonly: true });
  try {
    const all = <T>(sql: string) => db.prepare(sql).all() as T[];
    const one = (sql: string) => all<{ n: number }>(sql)[0]!.n;
    const checks = all<Record<string, string>>("PRAGMA integrity_check");
    return {
      integrity: checks.map((row) => Object.values(row)[0]).join("; "),
      ...readMemory(all),
      words: one("SELECT count(*) n FROM passage_words_docsize"),
      passagesWithoutDocument: one(
        "SELECT count(*) n FROM passages WHERE document NOT IN (SELECT id FROM documents)",
      ),
      messageIds: all<{ id: string }>("SELECT id FROM envelopes WHERE type = 'count.add'")
        .map(({ id }) => id),
      openMessages: one(`SELECT count(*) n FROM envelopes e LEFT JOIN states s ON s.key = e.key
        WHERE e.type = 'count.add' AND e.seq > coalesce(
          CASE e.lane WHEN 0 THEN c0 WHEN 1 THEN c1 WHEN 2 THEN c2 ELSE c3 END, 0)`),
      deadLetters: all(
        "SELECT receiver, json_extract(envelope, '$.type') type, reason, message FROM dead_letters",
      ),
      openCalls: one("SELECT count(*) n FROM calls"),
    };
  } finally {
    db.close();
  }
}

function readMemory(
  all: <T>(sql: string) => T[],
): Pick<DatabaseFacts, "sources" | "documents"> {
  const sources = all<{ path: string; hash: string; gone: number | null }>(
    "SELECT path, hash, deleted_at_ms gone FROM sources",
  );
  const passages = new Map<number, string[]>();
  for (
    const row of all<{ document: number; headings: string; text: string }>(
      "SELECT document, headings, text FROM passages ORDER BY id",
    )
  ) {
    const list = passages.get(row.document) ?? [];
    list.push(passageKey(JSON.parse(row.headings), row.text));
    passages.set(row.document, list);
  }
  return {
    sources: sources.map(({ path, hash, gone }) => ({ path, hash, isDeleted: gone !== null })),
    documents: all<{ id: number; hash: string }>("SELECT id, hash FROM documents")
      .map(({ id, hash }) => ({ hash, passages: passages.get(id) ?? [] })),
  };
}

/** One passage as text, to be compared. */
export function passageKey(headings: readonly string[], text: string): string {
  return `${JSON.stringify(headings)} ${text}`;
}
