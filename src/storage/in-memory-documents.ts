/** Memory without a database, for tests and simulation: the same answers, plainer ranking. */
import type { DocumentInput, MemoryHit, MemoryStats, Passage, SourceRow } from "./memory.ts";
import type { MemoryWrite } from "./memory-sql.ts";
import { scoreWith, wordsOf } from "./search-words.ts";

interface Source {
  hash: string;
  deletedAtMs: number | null;
}

interface FoundPassage {
  document: DocumentInput;
  passage: Passage;
  score: number;
}

/** As a table would refuse it. */
class NotText extends Error {
  override name = "NotText";
}

export class Documents {
  #documents = new Map<string, DocumentInput>();
  #sources = new Map<string, Source>();
  #answers = new Map<string, { answer: unknown; atMs: number }>();

  /** The same key again gives the first answer; throws when it is refused. */
  write(write: MemoryWrite): unknown {
    const known = this.#answers.get(write.key);
    if (known) return known.answer;
    const answer = this.#do(write);
    this.#answers.set(write.key, { answer, atMs: write.atMs });
    return answer;
  }

  #do(write: MemoryWrite): unknown {
    switch (write.name) {
      case "link":
        this.#sources.set(write.path, { hash: write.hash, deletedAtMs: null });
        return { known: this.#documents.has(write.hash) };
      case "unlink": {
        const source = this.#sources.get(write.path);
        const found = source !== undefined && source.deletedAtMs === null;
        if (found) source.deletedAtMs = write.atMs;
        return { found };
      }
      case "put": {
        const { hash, passages } = write.document;
        if (passages.some(({ text }) => typeof text !== "string")) throw new NotText();
        const added = !this.#documents.has(hash);
        if (added) this.#documents.set(hash, write.document);
        return { added };
      }
    }
  }

  recall(query: string, limit: number, includeDeleted: boolean, offset: number): MemoryHit[] {
    const words = wordsOf(query);
    return this.#passages().map((found) => ({ ...found, score: scoreOf(found, words) }))
      .filter(({ score, document }) => score > 0 && (includeDeleted || this.#isLiving(document)))
      .sort((a, b) => b.score - a.score).slice(offset, offset + limit)
      .map(({ document, passage, score }) => {
        const deleted = !this.#isLiving(document);
        const { headings, text } = passage;
        const sources = this.#pathsOf(document, deleted);
        return { sources, title: document.title, headings, text, score, deleted };
      });
  }

  sources(limit: number, afterPath: string): SourceRow[] {
    return [...this.#sources].filter(([path]) => path > afterPath)
      .sort(([a], [b]) => a < b ? -1 : 1).slice(0, limit)
      .map(([path, { hash, deletedAtMs }]) => (
        { path, hash, deletedAtMs, ready: this.#documents.has(hash) }
      ));
  }

  stats(): MemoryStats {
    const sources = [...this.#sources.values()];
    const living = sources.filter(({ deletedAtMs }) => deletedAtMs === null);
    return {
      documents: this.#documents.size,
      passages: this.#passages().length,
      sources: sources.length,
      deletedSources: sources.length - living.length,
      rememberedSources: living.filter(({ hash }) => this.#documents.has(hash)).length,
    };
  }

  /** Forgets under which keys was written. @returns how many */
  prune(beforeMs: number): number {
    const old = [...this.#answers].filter(([, { atMs }]) => atMs < beforeMs);
    for (const [key] of old) this.#answers.delete(key);
    return old.length;
  }

  #passages(): FoundPassage[] {
    return [...this.#documents.values()].flatMap((document) =>
      document.passages.map((passage) => ({ document, passage, score: 0 }))
    );
  }

  #isLiving(document: DocumentInput): boolean {
    return this.#pathsOf(document, false).length > 0;
  }

  #pathsOf({ hash }: DocumentInput, deletedToo: boolean): string[] {
    return [...this.#sources].filter(([, source]) =>
      source.hash === hash && (deletedToo || source.deletedAtMs === null)
    ).map(([path]) => path).sort().slice(0, 20);
  }
}

/** A passage of this many words counts as neither short nor long. */
const usualLength = 40;

/** BM25 as FTS5 has it, but for how rare a word is: that makes no difference here. */
function scoreOf({ document, passage }: FoundPassage, words: string[]): number {
  const places = [
    { stems: stemsOf(document.title), weight: 4 },
    { stems: stemsOf(passage.headings.join(" ")), weight: 2 },
    { stems: stemsOf(passage.text), weight: 1 },
  ];
  const length = places.reduce((sum, { stems }) => sum + stems.length, 0);
  let score = 0;
  let held = 0;
  for (const word of words) {
    let matches = 0;
    for (const { stems, weight } of places) {
      matches += weight * stems.filter((stem) => isMatch(stem, word)).length;
    }
    if (matches === 0) continue;
    held++;
    score += matches * 2.2 / (matches + 1.2 * (0.25 + 0.75 * length / usualLength));
  }
  return held === 0 ? 0 : scoreWith(score, held, words.length);
}

function isMatch(stem: string, word: string): boolean {
  const wanted = stemOf(word);
  if (wanted === "") return false;
  return /^[\p{Script=Latin}\p{N}]/u.test(word) ? stem === wanted : stem.startsWith(wanted);
}

function stemsOf(text: string): string[] {
  const words = text.normalize("NFC").toLowerCase().match(/[\p{L}\p{N}\p{M}]+/gu) ?? [];
  return words.map(stemOf);
}

/** English endings and marks on letters make no difference; far simpler than Porter's rules. */
function stemOf(word: string): string {
  const bare = word.normalize("NFD").replace(/\p{M}/gu, "");
  return bare.length < 4 ? bare : bare.replace(/(?:ing|ed|es|s|e)$/, "");
}
