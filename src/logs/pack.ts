/** Packs a full file of the log. */
import { createReadStream, createWriteStream, renameSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { unfinished } from "./folder.ts";

/**
 * Makes `path.gz` of `path`. The packed file is on the disk before it has its name, and has its
 * name before its source goes: a kill in between leaves the source, or both.
 */
export async function pack(path: string): Promise<void> {
  const made = `${path}.gz${unfinished}`;
  await pipeline(
    createReadStream(path),
    createGzip(),
    createWriteStream(made, { mode: 0o600 }),
  );
  const file = await open(made, "r+");
  try {
    await file.datasync();
  } finally {
    await file.close();
  }
  renameSync(made, `${path}.gz`);
  rmSync(path);
}
