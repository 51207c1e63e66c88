/** The owner's token: a file of HOME that only its owner can read. */
import { chmodSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { DreamError } from "../errors.ts";
import type { Ids } from "../ids.ts";

/**
 * The token of this HOME, made on the first start (0600).
 *
 * @throws {DreamError} `bad_config` when the file holds something else
 */
export function readOwnerToken(path: string, ids: Ids): string {
  let text = "";
  try {
    text = readFileSync(path, "utf8").trim();
  } catch (error) {
    const { code } = error as { code?: string };
    if (code !== "ENOENT") throw new DreamError("bad_config", `Cannot read ${path}: ${code}`);
  }
  // Empty: a start was cut off, or the disk was full.
  if (text === "") {
    text = ids.secret();
    replaceFile(path, `${text}\n`);
  }
  if (!/^[\x21-\x7e]{16,512}$/.test(text)) {
    throw new DreamError(
      "bad_config",
      `Cannot use ${path}: wanted a token of 16 to 512 visible ASCII characters; without the ` +
        "file a new one is made",
    );
  }
  chmodSync(path, 0o600);
  return text;
}

/** Puts a new token into the file, whole or not at all. @returns how to put the old one back */
export function replaceOwnerToken(path: string, token: string): () => void {
  const before = readFileSync(path, "utf8");
  replaceFile(path, `${token}\n`);
  return () => replaceFile(path, before);
}

function replaceFile(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
