/**
 * The contract of memory (the ground of "Dreamscribe"): documents by content, the sources they were
 * found at, and passages that can be searched. Part of a `Store`: writes join its group commit.
 *
 * A write is done under the id of the call that asked for it. The same key again changes nothing
 * and gives the first answer, so that a call repeated after a crash takes effect once (R2). A
 * refused write stands for itself: the commits behind it hold.
 */

export interface Passage {
  /** Headings above it, outermost first. */
  headings: string[];
  text: string;
}

/** What a reader made of one file's content. */
export interface DocumentInput {
  /** SHA-256 of the content, hex: the same content is one document wherever it lies. */
  hash: string;
  title: string;
  format: string;
  /** ISO 8601 dates found, at most 100. */
  dates: string[];
  links: string[];
  keySentences: string[];
  keyPhrases: string[];
  passages: Passage[];
}

export interface MemoryHit {
  /** Where the content was found; several when the same content lies in several places. */
  sources: string[];
  title: string;
  headings: string[];
  text: string;
  /** Above 0, higher is better; comparable within one answer only (BM25, fewer words: less). */
  score: number;
  /** Every source of it is gone. */
  deleted: boolean;
}

export interface RecallOptions {
  /** 1 to 101. */
  limit: number;
  includeDeleted?: boolean;
  /** So many better ones are left out. */
  offset?: number;
}

export interface MemoryStats {
  documents: number;
  passages: number;
  sources: number;
  deletedSources: number;
  /** Sources that are there and whose content is remembered. */
  rememberedSources: number;
}

export interface SourceRow {
  path: string;
  hash: string;
  /** The document with this hash has been remembered. */
  ready: boolean;
  deletedAtMs: number | null;
}

export interface Memory {
  /**
   * Notes that `path` holds content `hash` now. What it held before is replaced: a document without
   * any living source is no longer found unless asked for.
   * @returns `known` when the document of that content is there already: nothing is left to read
   */
  link(key: string, path: string, hash: string, atMs: number): Promise<{ known: boolean }>;
  /** Marks the memory of `path` deleted. @returns whether it was there */
  unlink(key: string, path: string, atMs: number): Promise<{ found: boolean }>;
  /** Remembers a document and its passages. @returns `added` false when it was there already */
  put(key: string, document: DocumentInput, atMs: number): Promise<{ added: boolean }>;
  /** Best passages first. Words are matched by stem; a passage need not hold them all. */
  recall(
    query: string,
    options: RecallOptions,
  ): Promise<MemoryHit[]>;
  sources(query: { limit: number; afterPath?: string }): Promise<SourceRow[]>;
  stats(): Promise<MemoryStats>;
}
