/** Memory's contract in as few lines as will do, for agents on a stage; calls are counted. */
import type { DocumentInput } from "../../src/storage/memory.ts";
import type { Calls } from "./stage.ts";

export class SmallMemory {
  readonly sources = new Map<string, string | null>();
  readonly documents = new Map<string, DocumentInput>();
  /** Paths in the order in which they were linked or unlinked. */
  readonly order: string[] = [];
  puts = 0;

  readonly calls: Calls = {
    "memory.link": ({ path, hash }: { path: string; hash: string }) => {
      this.order.push(path);
      this.sources.set(path, hash);
      return { known: this.documents.has(hash) };
    },
    "memory.unlink": ({ path }: { path: string }) => {
      this.order.push(path);
      const found = this.sources.has(path);
      this.sources.set(path, null);
      return { found };
    },
    "memory.put": ({ document }: { document: DocumentInput }) => {
      this.puts++;
      const added = !this.documents.has(document.hash);
      this.documents.set(document.hash, document);
      return { added };
    },
    "memory.recall": ({ query, limit }: { query: string; limit: number }) => ({
      hits: [...this.documents.values()].flatMap((document) =>
        document.passages.filter(({ text }) => text.includes(query)).map((passage) => ({
          sources: [...this.sources].filter(([, hash]) => hash === document.hash)
            .map(([path]) => path),
          title: document.title,
          headings: passage.headings,
          text: passage.text,
          score: 1,
          deleted: false,
        }))
      ).slice(0, limit),
    }),
    "memory.stats": () => ({
      documents: this.documents.size,
      passages: [...this.documents.values()].reduce((sum, d) => sum + d.passages.length, 0),
      sources: this.sources.size,
      rememberedSources: [...this.sources.values()]
        .filter((hash) => hash !== null && this.documents.has(hash)).length,
      deletedSources: [...this.sources.values()].filter((hash) => hash === null).length,
    }),
  };
}
