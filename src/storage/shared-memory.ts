/** Memory as part of a store: its writes join the group commit, its reads are the store's. */
import type {
  DocumentInput,
  Memory,
  MemoryHit,
  MemoryStats,
  RecallOptions,
  SourceRow,
} from "./memory.ts";
import type { MemoryWrite } from "./memory-sql.ts";

export interface MemoryGround {
  write(write: MemoryWrite, size: number): Promise<unknown>;
  read<T>(name: "recall" | "sources" | "stats", ...args: unknown[]): Promise<T>;
}

export class SharedMemory implements Memory {
  #ground: MemoryGround;

  constructor(ground: MemoryGround) {
    this.#ground = ground;
  }

  async link(key: string, path: string, hash: string, atMs: number): Promise<{ known: boolean }> {
    return await this.#write({ name: "link", key, path, hash, atMs });
  }

  async unlink(key: string, path: string, atMs: number): Promise<{ found: boolean }> {
    return await this.#write({ name: "unlink", key, path, atMs });
  }

  async put(key: string, document: DocumentInput, atMs: number): Promise<{ added: boolean }> {
    return await this.#write({ name: "put", key, document, atMs });
  }

  recall(query: string, { limit, includeDeleted = false, offset = 0 }: RecallOptions) {
    return this.#ground.read<MemoryHit[]>("recall", query, limit, includeDeleted, offset);
  }

  sources({ limit, afterPath }: { limit: number; afterPath?: string }) {
    return this.#ground.read<SourceRow[]>("sources", limit, afterPath ?? "");
  }

  stats() {
    return this.#ground.read<MemoryStats>("stats");
  }

  async #write<T>(write: MemoryWrite): Promise<T> {
    const size = write.name === "put" ? 1 + write.document.passages.length : 1;
    return await this.#ground.write(write, size) as T;
  }
}
