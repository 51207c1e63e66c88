/** Finds the token that a secret belongs to; the time it takes does not tell how near it came. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { TokenRow } from "../storage/token-row.ts";

interface Entry {
  name: string;
  hash: Uint8Array;
  /** When a token from before a rotation ends; null for the current one. */
  untilMs: number | null;
}

/** Hex digits of a hash that find the entry; the whole hash is then compared. */
const selectorLength = 16;

/** SHA-256: tokens are 256 random bits, so that nothing slower is needed. */
export function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

/** Current and previous hashes of all tokens. */
export class TokenIndex {
  #entries = new Map<string, Entry>();

  /** Replaces what was known of the token. */
  put(before: TokenRow | undefined, row: TokenRow | null): void {
    for (const hash of [before?.hash, before?.previousHash]) {
      if (hash) this.#entries.delete(selectorOf(hash));
    }
    if (!row) return;
    const { name, previousHash, previousUntilMs } = row;
    if (previousHash) this.#put(previousHash, { name, untilMs: previousUntilMs });
    this.#put(row.hash, { name, untilMs: null });
  }

  #put(hash: string, entry: Omit<Entry, "hash">): void {
    this.#entries.set(selectorOf(hash), { ...entry, hash: Buffer.from(hash, "hex") });
  }

  /** Whether an entry is found where this hash would be. */
  isTaken(hash: string): boolean {
    return this.#entries.has(selectorOf(hash));
  }

  find(secret: string): Omit<Entry, "hash"> | null {
    return this.finder(secret)();
  }

  /** The same, to be asked again and again: the secret is hashed once. */
  finder(secret: string): () => Omit<Entry, "hash"> | null {
    const hash = createHash("sha256").update(secret).digest();
    const selector = selectorOf(hash.toString("hex"));
    return () => {
      const entry = this.#entries.get(selector);
      return entry && timingSafeEqual(entry.hash, hash) ? entry : null;
    };
  }
}

function selectorOf(hash: string): string {
  return hash.slice(0, selectorLength);
}
