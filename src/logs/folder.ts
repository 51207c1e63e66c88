/**
 * The files of the log. `dreamos.jsonl` is written; full ones are renamed after the time of their
 * end and the first and last line in them, then packed:
 * `dreamos-20261121T112220123Z-1-48211.jsonl`, then `….jsonl.gz`.
 */
import { closeSync, openSync, readdirSync, readSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { seqOf } from "./line.ts";

export const activeName = "dreamos.jsonl";
/** What is being made has this end and is nothing yet. */
export const unfinished = ".new";

/** One file with its lines; of a full one both ends are known. */
export interface LogPart {
  path: string;
  packed: boolean;
  firstSeq: number;
  /** Infinity while it is written. */
  lastSeq: number;
  /** Epoch ms of its end; Infinity while it is written. */
  endMs: number;
}

const form =
  /^dreamos-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z-(\d{1,15})-(\d{1,15})\.jsonl(\.gz)?$/;

/** The name of a full file. */
export function nameOf(endMs: number, firstSeq: number, lastSeq: number): string {
  const stamp = new Date(endMs).toISOString().replaceAll(/[-:.]/g, "");
  return `dreamos-${stamp}-${firstSeq}-${lastSeq}.jsonl`;
}

/** Full files, the oldest first. One that is there packed and not packed counts once, packed. */
export function fullParts(folder: string): LogPart[] {
  const parts = new Map<number, LogPart>();
  for (const name of readdirSync(folder)) {
    const match = form.exec(name);
    if (!match) continue;
    const [y, m, d, hh, mm, ss, ms, first, last] = match.slice(1).map(Number);
    const part: LogPart = {
      path: join(folder, name),
      packed: match[10] !== undefined,
      firstSeq: first!,
      lastSeq: last!,
      endMs: Date.UTC(y!, m! - 1, d, hh, mm, ss, ms),
    };
    // A packed file gets its name when it is complete: until its source is gone both are there.
    if (part.packed || !parts.has(part.firstSeq)) parts.set(part.firstSeq, part);
  }
  return [...parts.values()].sort((a, b) => a.firstSeq - b.firstSeq);
}

/** All files, the oldest first, the one that is written last. */
export function allParts(folder: string): LogPart[] {
  const path = join(folder, activeName);
  const parts = fullParts(folder);
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) === 0) return parts;
  // Lines that are not ours may come first.
  const firstSeq = firstSeqOf(path) ?? (parts.at(-1)?.lastSeq ?? 0) + 1;
  return [...parts, { path, packed: false, firstSeq, lastSeq: Infinity, endMs: Infinity }];
}

/** Of the file that is written; null when it begins with something else. */
function firstSeqOf(path: string): number | null {
  const start = new Uint8Array(4_096);
  try {
    const file = openSync(path, "r");
    try {
      const text = new TextDecoder().decode(start.subarray(0, readSync(file, start)));
      return text.split("\n").map(seqOf).find((seq) => seq !== null) ?? null;
    } finally {
      closeSync(file);
    }
  } catch {
    return null;
  }
}

/** Ends what a killed process began: half-made files go, sources of packed ones too. */
export function tidyFolder(folder: string): void {
  const names = new Set(readdirSync(folder));
  for (const name of names) {
    const isHalf = name.startsWith("dreamos") && name.endsWith(unfinished);
    if (isHalf || (form.test(name) && names.has(`${name}.gz`))) rmSync(join(folder, name));
  }
}
