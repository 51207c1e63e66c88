/** Memory in SQL: documents by content, sources by path, passages under FTS5. */
import type { Database, Statement } from "libsql";
import type { DocumentInput, MemoryHit, MemoryStats, SourceRow } from "./memory.ts";
import { matchesOf, scoreWith } from "./search-words.ts";

export const memorySql = {
  written: "SELECT answer FROM memory_writes WHERE key = ?",
  write: "INSERT INTO memory_writes VALUES (?, ?, ?)",
  document: "SELECT id FROM documents WHERE hash = ?",
  putSource: `INSERT INTO sources VALUES (?, ?, ?, NULL) ON CONFLICT (path) DO UPDATE
    SET hash = excluded.hash, linked_at_ms = excluded.linked_at_ms, deleted_at_ms = NULL`,
  dropSource: "UPDATE sources SET deleted_at_ms = ? WHERE path = ? AND deleted_at_ms IS NULL",
  putDocument: "INSERT INTO documents (hash, title, about, put_at_ms) VALUES (?, ?, ?, ?)",
  putPassage: "INSERT INTO passages (document, headings, text) VALUES (?, ?, ?)",
  putWords: "INSERT INTO passage_words (rowid, title, headings, text) VALUES (?, ?, ?, ?)",
  // The subquery keeps the ranking inside FTS5; one in ten thousand rows is joined, not all.
  recall: `SELECT p.id, d.title, p.headings, p.text, d.hash, -w.score score, EXISTS (
      SELECT 1 FROM sources s WHERE s.hash = d.hash AND s.deleted_at_ms IS NULL) living
    FROM (SELECT rowid, bm25(passage_words, 4.0, 2.0, 1.0) score FROM passage_words
      WHERE passage_words MATCH ?) w
    JOIN passages p ON p.id = w.rowid JOIN documents d ON d.id = p.document
    WHERE living OR ? ORDER BY w.score LIMIT ?`,
  matching: `SELECT rowid id FROM passage_words
    WHERE passage_words MATCH ? AND rowid IN (SELECT value FROM json_each(?))`,
  pathsOf: `SELECT path, deleted_at_ms FROM sources WHERE hash = ?
    ORDER BY deleted_at_ms IS NOT NULL, path LIMIT 20`,
  sources: `SELECT s.path, s.hash, s.deleted_at_ms deletedAtMs, EXISTS (
      SELECT 1 FROM documents d WHERE d.hash = s.hash) ready
    FROM sources s WHERE s.path > ? ORDER BY s.path LIMIT ?`,
  stats: `SELECT (SELECT count(*) FROM documents) documents,
    (SELECT count(*) FROM passages) passages, (SELECT count(*) FROM sources) sources,
    (SELECT count(*) FROM sources WHERE deleted_at_ms IS NOT NULL) deletedSources,
    (SELECT count(*) FROM sources s WHERE s.deleted_at_ms IS NULL AND EXISTS (
      SELECT 1 FROM documents d WHERE d.hash = s.hash)) rememberedSources`,
  prune: `DELETE FROM memory_writes WHERE key IN (
    SELECT key FROM memory_writes WHERE at_ms < ? LIMIT ?)`,
};

/** One write of memory, as it crosses to the storage thread. */
export type MemoryWrite =
  | { name: "link"; key: string; path: string; hash: string; atMs: number }
  | { name: "unlink"; key: string; path: string; atMs: number }
  | { name: "put"; key: string; document: DocumentInput; atMs: number };

interface FoundRow {
  id: number;
  title: string;
  headings: string;
  text: string;
  hash: string;
  score: number;
  living: number;
}

/** Passages that are looked at closely: as many for each page, so that all pages have one order. */
const candidates = 101;

export class MemoryTables {
  #db: Database;
  #prepared = new Map<string, Statement>();

  constructor(db: Database) {
    this.#db = db;
  }

  /** Within the caller's transaction; the same key again gives the first answer. */
  write(write: MemoryWrite): unknown {
    const known = this.#one<{ answer: string }>(memorySql.written, write.key);
    if (known) return JSON.parse(known.answer);
    const answer = this.#do(write);
    this.#run(memorySql.write, write.key, JSON.stringify(answer), write.atMs);
    return answer;
  }

  #do(write: MemoryWrite): unknown {
    switch (write.name) {
      case "link":
        this.#run(memorySql.putSource, write.path, write.hash, write.atMs);
        return { known: this.#one(memorySql.document, write.hash) !== undefined };
      case "unlink":
        return { found: this.#run(memorySql.dropSource, write.atMs, write.path) > 0 };
      case "put":
        return { added: this.#put(write.document, write.atMs) };
    }
  }

  #put(document: DocumentInput, atMs: number): boolean {
    const { hash, title, passages, ...about } = document;
    if (this.#one(memorySql.document, hash)) return false;
    this.#run(memorySql.putDocument, hash, title, JSON.stringify(about), atMs);
    const { id } = this.#one<{ id: number }>(memorySql.document, hash)!;
    for (const { headings, text } of passages) {
      const put = this.#prepare(memorySql.putPassage);
      const { lastInsertRowid } = put.run(id, JSON.stringify(headings), text);
      this.#run(memorySql.putWords, lastInsertRowid, title, headings.join("\n"), text);
    }
    return true;
  }

  /** Those with all words and the best of those with any, by how many of the words they hold. */
  recall(query: string, limit: number, includeDeleted: boolean, offset: number): MemoryHit[] {
    const matches = matchesOf(query);
    if (matches.length === 0) return [];
    const found = new Map<number, FoundRow>();
    for (const join of [" AND ", " OR "].slice(matches.length > 1 ? 0 : 1)) {
      const match = matches.join(join);
      const rows = this.#all<FoundRow>(memorySql.recall, match, includeDeleted ? 1 : 0, candidates);
      for (const row of rows) found.set(row.id, row);
    }
    const held = this.#countMatches(matches, [...found.keys()]);
    return [...found.values()]
      .map((row) => ({ ...row, score: scoreWith(row.score, held.get(row.id)!, matches.length) }))
      .sort((a, b) => b.score - a.score).slice(offset, offset + limit)
      .map((row) => this.#toHit(row));
  }

  /** How many of the words each of these passages holds. */
  #countMatches(matches: string[], ids: number[]): Map<number, number> {
    const held = new Map(ids.map((id) => [id, 0]));
    const among = JSON.stringify(ids);
    for (const match of matches) {
      for (const { id } of this.#all<{ id: number }>(memorySql.matching, match, among)) {
        held.set(id, held.get(id)! + 1);
      }
    }
    return held;
  }

  #toHit({ title, headings, text, hash, score, living }: FoundRow): MemoryHit {
    const deleted = living === 0;
    const sources = this.#paths(hash, deleted);
    return { sources, title, headings: JSON.parse(headings), text, score, deleted };
  }

  /** Living sources; of a deleted document those that it had. */
  #paths(hash: string, deleted: boolean): string[] {
    type Row = { path: string; deleted_at_ms: number | null };
    return this.#all<Row>(memorySql.pathsOf, hash)
      .filter((row) => deleted || row.deleted_at_ms === null).map(({ path }) => path);
  }

  sources(limit: number, afterPath: string): SourceRow[] {
    type Row = Omit<SourceRow, "ready"> & { ready: number };
    return this.#all<Row>(memorySql.sources, afterPath, limit)
      .map((row) => ({ ...row, ready: row.ready === 1 }));
  }

  stats(): MemoryStats {
    const { documents, passages, sources, deletedSources, rememberedSources } = this.#one<
      MemoryStats
    >(memorySql.stats)!;
    return { documents, passages, sources, deletedSources, rememberedSources };
  }

  #run(sql: string, ...values: unknown[]): number {
    return this.#prepare(sql).run(...values).changes;
  }

  #one<T>(sql: string, ...values: unknown[]): T | undefined {
    return this.#all<T>(sql, ...values)[0];
  }

  #all<T>(sql: string, ...values: unknown[]): T[] {
    return this.#prepare(sql).all(...values) as T[];
  }

  #prepare(sql: string): Statement {
    let statement = this.#prepared.get(sql);
    if (!statement) {
      statement = this.#db.prepare(sql);
      this.#prepared.set(sql, statement);
    }
    return statement;
  }
}
