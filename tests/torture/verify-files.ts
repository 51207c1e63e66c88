/** What memory holds against what lies in the folder. Pure: data in, findings out. */
import { extract } from "../../agents/reader/extract/extract.ts";
import { type DatabaseFacts, passageKey } from "./database.ts";
import type { FileBook } from "./files.ts";

type Memory = Pick<
  DatabaseFacts,
  "sources" | "documents" | "words" | "passagesWithoutDocument"
>;

/** Every file once, nothing doubled, nothing stale. @returns what does not hold, in words */
export function verifyFiles(book: FileBook, memory: Memory): string[] {
  return [...sourceFaults(book, memory), ...documentFaults(book, memory)];
}

function sourceFaults(book: FileBook, { sources }: Memory): string[] {
  const faults: string[] = [];
  const byPath = new Map(sources.map((source) => [source.path, source]));
  for (const [path, hash] of book.living) {
    const source = byPath.get(path);
    if (!source) faults.push(`not taken up: ${path}`);
    else if (source.isDeleted) faults.push(`marked deleted, but there: ${path}`);
    else if (source.hash !== hash) {
      const older = book.ever.has(source.hash) ? "an older content" : "a content it never had";
      faults.push(`stale: memory holds ${older} of ${path}`);
    }
  }
  for (const { path, isDeleted } of sources) {
    if (book.living.has(path)) continue;
    if (!book.gone.has(path)) faults.push(`never there: ${path}`);
    else if (!isDeleted) faults.push(`gone, but not marked deleted: ${path}`);
  }
  for (const path of book.goneKnown) {
    if (!byPath.has(path)) faults.push(`gone and forgotten instead of marked deleted: ${path}`);
  }
  return faults;
}

function documentFaults(book: FileBook, memory: Memory): string[] {
  const faults: string[] = [];
  const hashes = memory.documents.map(({ hash }) => hash);
  const known = new Set(hashes);
  if (known.size < hashes.length) faults.push(`${hashes.length - known.size} documents doubled`);
  const living = new Set(book.living.values());
  const unread = [...living].filter((hash) => !known.has(hash));
  for (const hash of unread) {
    const paths = [...book.living].filter(([, one]) => one === hash).map(([path]) => path);
    faults.push(`not read: ${paths.join(", ")}`);
  }
  for (const { hash, passages } of memory.documents) {
    const text = book.ever.get(hash);
    if (text === undefined) faults.push(`a document of content that was never there: ${hash}`);
    else faults.push(...passageFaults(hash, text, passages));
  }
  const passages = memory.documents.reduce((sum, one) => sum + one.passages.length, 0);
  if (memory.words !== passages) {
    faults.push(`the index holds ${memory.words} passages, the documents ${passages}`);
  }
  if (memory.passagesWithoutDocument > 0) {
    faults.push(`${memory.passagesWithoutDocument} passages belong to no document`);
  }
  return faults;
}

function passageFaults(hash: string, text: string, seen: readonly string[]): string[] {
  const extraction = extract({ path: "/x.md", hash, text });
  const wanted = extraction.ok
    ? extraction.document.passages.map((one) => passageKey(one.headings, one.text))
    : [];
  if (wanted.length === seen.length && wanted.every((one, i) => one === seen[i])) return [];
  return [`document ${hash}: ${seen.length} passages, wanted exactly the ${wanted.length} of it`];
}
