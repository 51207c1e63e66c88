/**
 * The few bytes of the tar format (POSIX ustar) that a backup needs, so that any tar opens one:
 * plain files, one after the other. Sizes beyond 8 GiB are written as GNU tar does, in binary.
 */

export const blockBytes = 512;
const largestOctal = 0o77777777777;

export interface TarHeader {
  name: string;
  sizeBytes: number;
}

/** @param name ASCII, at most 100 characters */
export function tarHeader(name: string, sizeBytes: number, mtimeMs: number): Uint8Array {
  const block = new Uint8Array(blockBytes);
  const put = (at: number, text: string) => block.set(new TextEncoder().encode(text), at);
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, "0")}\0`;
  put(0, name);
  put(100, octal(0o600, 7));
  put(108, octal(0, 7));
  put(116, octal(0, 7));
  if (sizeBytes <= largestOctal) put(124, octal(sizeBytes, 11));
  else putBinary(block, 124, 12, sizeBytes);
  put(136, octal(Math.floor(mtimeMs / 1_000), 11));
  put(156, "0");
  put(257, "ustar\0" + "00");
  put(148, `${octal(checksumOf(block), 6)} `);
  return block;
}

/** @returns null for a block of zeros, which ends the archive; undefined for what is no header */
export function readTarHeader(block: Uint8Array): TarHeader | null | undefined {
  if (block.every((byte) => byte === 0)) return null;
  const text = (at: number, length: number) =>
    new TextDecoder().decode(block.subarray(at, at + length)).split("\0")[0]!.trim();
  const isPlainFile = block[156] === 0x30 || block[156] === 0;
  if (!isPlainFile || text(257, 5) !== "ustar") return undefined;
  if (Number.parseInt(text(148, 8), 8) !== checksumOf(block)) return undefined;
  const sizeBytes = block[124]! & 0x80
    ? readBinary(block, 124, 12)
    : Number.parseInt(text(124, 12), 8);
  const isSize = Number.isSafeInteger(sizeBytes) && sizeBytes >= 0;
  return isSize ? { name: text(0, 100), sizeBytes } : undefined;
}

/** What fills the last block of a file. */
export function padding(sizeBytes: number): Uint8Array {
  return new Uint8Array((blockBytes - sizeBytes % blockBytes) % blockBytes);
}

/** Two empty blocks. */
export function tarEnd(): Uint8Array {
  return new Uint8Array(2 * blockBytes);
}

/** Sum of the header's bytes, with its own field taken as spaces. */
function checksumOf(block: Uint8Array): number {
  return block.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 0x20 : byte), 0);
}

function putBinary(block: Uint8Array, at: number, length: number, value: number): void {
  for (let i = length - 1, rest = value; i > 0; i--, rest = Math.floor(rest / 256)) {
    block[at + i] = rest % 256;
  }
  block[at] = 0x80;
}

function readBinary(block: Uint8Array, at: number, length: number): number {
  let value = 0;
  for (let i = 1; i < length; i++) value = value * 256 + block[at + i]!;
  return value;
}
