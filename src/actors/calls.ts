/**
 * The calls there are, for the compiler: what each is given and what it answers (docs/calls.md).
 * Calls of tools of your own are added where they are used:
 *
 *     declare module "dreamos" {
 *       interface Calls {
 *         "weather.today": { input: { city: string }; output: { celsius: number } };
 *       }
 *     }
 */
export interface Calls {
  "file.read": {
    input: { path: string; maxBytes?: number };
    output: { text: string; hash: string; sizeBytes: number; mtimeMs: number };
  };
  "memory.link": { input: { path: string; hash: string }; output: { known: boolean } };
  "memory.unlink": { input: { path: string }; output: { found: boolean } };
  "memory.put": { input: { document: MemoryDocument }; output: { added: boolean } };
  "memory.recall": {
    input: { query: string; limit?: number; includeDeleted?: boolean };
    output: { hits: MemoryHit[] };
  };
  "memory.stats": {
    input: Record<never, never>;
    output: {
      documents: number;
      passages: number;
      sources: number;
      deletedSources: number;
      rememberedSources: number;
    };
  };
}

/** A document as memory keeps it. */
export interface MemoryDocument {
  /** SHA-256 of the content, hex. */
  hash: string;
  title: string;
  format: string;
  /** ISO 8601. */
  dates: string[];
  links: string[];
  keySentences: string[];
  keyPhrases: string[];
  passages: { headings: string[]; text: string }[];
}

/** A passage that was found. */
export interface MemoryHit {
  sources: string[];
  title: string;
  headings: string[];
  text: string;
  /** Higher is better; comparable within one answer only. */
  score: number;
  deleted: boolean;
}
