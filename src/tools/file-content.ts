/** What a file holds, without keeping it: its hash, and whether it looks like text. */
import { createHash } from "node:crypto";
import { isSameFile, openFile } from "./open-file.ts";
import type { FoundFile } from "./folder-entry.ts";

const sniffBytes = 8_192;

export interface Content {
  /** SHA-256 of the bytes, hex. */
  hash: string;
  isBinary: boolean;
}

/**
 * Reads the file in pieces. Null when it is no longer the one that was looked at, or is written
 * while it is read: then it has to settle first.
 *
 * @throws {Error} when it cannot be read
 */
export async function contentOf(
  { real, facts }: FoundFile,
  signal: AbortSignal,
): Promise<Content | null> {
  await using file = await openFile(real);
  if (!isSameFile(facts, await file.facts())) return null;
  const sum = createHash("sha256");
  let head: Uint8Array | null = null;
  for await (const piece of file.pieces(facts.sizeBytes + 1, signal)) {
    head ??= piece.slice(0, sniffBytes);
    sum.update(piece);
  }
  if (!isSameFile(facts, await file.facts())) return null;
  return { hash: sum.digest("hex"), isBinary: head !== null && isBinary(head) };
}

/** UTF-16 is full of zeros, but says what it is. */
function isBinary(head: Uint8Array): boolean {
  const isWide = head[0] === 0xff && head[1] === 0xfe || head[0] === 0xfe && head[1] === 0xff;
  return !isWide && head.includes(0);
}
