/**
 * A backup as one file: a gzipped tar of the manifest, the configuration and the database. What is
 * read may be damaged, cut off, foreign or made to fill the disk: every file has to have the size
 * and the hash that the manifest says, and nothing beyond that is ever kept.
 */
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import {
  type BackupManifest,
  badBackup,
  manifestName,
  mostManifestBytes,
  parseManifest,
} from "./backup-manifest.ts";
import { blockBytes, padding, readTarHeader, tarEnd, tarHeader } from "./tar.ts";

/** Fast: the database is text mostly, and more work would make it little smaller. */
const gzipLevel = 1;
/** Zeros after the end that other programs may have put there. */
const mostFill = 64 * 1024;

/** Where the bytes of a file come from. */
export type Source = { path: string } | { bytes: Uint8Array };

/** SHA-256 in hex, and the size. */
export async function measure(source: Source): Promise<{ sizeBytes: number; sha256: string }> {
  const hash = createHash("sha256");
  let sizeBytes = 0;
  for await (const chunk of bytesOf(source)) {
    hash.update(chunk);
    sizeBytes += chunk.length;
  }
  return { sizeBytes, sha256: hash.digest("hex") };
}

/** Writes the whole archive to a new file (0600). @param sources in the order of the manifest */
export async function writeArchive(
  path: string,
  manifest: BackupManifest,
  sources: readonly Source[],
): Promise<void> {
  const text = new TextEncoder().encode(`${JSON.stringify(manifest, null, 2)}\n`);
  const { madeAtMs, files } = manifest;
  async function* bytes() {
    yield* entry(manifestName, text.length, { bytes: text });
    for (const [i, { name, sizeBytes }] of files.entries()) {
      yield* entry(name, sizeBytes, sources[i]!);
    }
    yield tarEnd();
  }
  async function* entry(name: string, sizeBytes: number, source: Source) {
    yield tarHeader(name, sizeBytes, madeAtMs);
    yield* bytesOf(source);
    yield padding(sizeBytes);
  }
  const into = createWriteStream(path, { flags: "wx", mode: 0o600 });
  await pipeline(Readable.from(bytes()), createGzip({ level: gzipLevel }), into);
}

async function* bytesOf(source: Source): AsyncGenerator<Uint8Array> {
  if ("bytes" in source) yield source.bytes;
  else yield* createReadStream(source.path, { highWaterMark: 256 * 1024 });
}

export interface ReadArchiveOptions {
  /** Told first, before anything is read on; a throw ends the reading. */
  onManifest?(manifest: BackupManifest): void;
  /** Takes the bytes of a file, in order. Without it they are only checked. */
  write?(name: string, chunk: Uint8Array): void;
  /** Bytes of the contents read so far, of how many. */
  onProgress?(done: number, total: number): void;
}

/**
 * Reads an archive to its end and checks all of it.
 *
 * @throws {DreamError} `bad_backup`; errors of the disk as they are
 */
export async function readArchive(
  path: string,
  options: ReadArchiveOptions = {},
): Promise<BackupManifest> {
  const file = await Deno.open(path);
  const bytes = new ByteReader(
    file.readable.pipeThrough(new DecompressionStream("gzip")),
    (error) => badBackup(path, unzipFault(error)),
  );
  try {
    const manifest = await readManifest(bytes, path);
    options.onManifest?.(manifest);
    const total = manifest.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    let done = 0;
    for (const wanted of manifest.files) {
      const header = await readHeader(bytes, path);
      if (header?.name !== wanted.name || header.sizeBytes !== wanted.sizeBytes) {
        throw badBackup(path, `it does not hold ${wanted.name} as its manifest says`);
      }
      const hash = createHash("sha256");
      for await (const chunk of bytes.stream(wanted.sizeBytes)) {
        hash.update(chunk);
        options.write?.(wanted.name, chunk);
        done += chunk.length;
        options.onProgress?.(done, total);
      }
      await bytes.take(padding(wanted.sizeBytes).length);
      if (hash.digest("hex") !== wanted.sha256) {
        throw badBackup(path, `${wanted.name} is damaged: its hash is not the manifest's`);
      }
    }
    if (await readHeader(bytes, path) !== null || !await bytes.endsEmpty()) {
      throw badBackup(path, "it holds more than its manifest says");
    }
    return manifest;
  } finally {
    await bytes.close();
  }
}

/** The words of the decompressor are the same on no two versions. */
function unzipFault(error: unknown): string {
  const text = error instanceof Error ? error.message : "";
  return /header|magic/i.test(text) ? "it is no gzip file" : "it is damaged or cut off";
}

async function readManifest(bytes: ByteReader, path: string): Promise<BackupManifest> {
  const header = await readHeader(bytes, path);
  if (header?.name !== manifestName || header.sizeBytes > mostManifestBytes) {
    throw badBackup(path, `it does not begin with ${manifestName}`);
  }
  const text = await bytes.take(header.sizeBytes);
  await bytes.take(padding(header.sizeBytes).length);
  return parseManifest(new TextDecoder().decode(text), path);
}

async function readHeader(bytes: ByteReader, path: string) {
  const header = readTarHeader(await bytes.take(blockBytes));
  if (header === undefined) throw badBackup(path, "what it holds is no tar archive of plain files");
  return header;
}

/** A stream read in pieces of wanted sizes; the end comes too early or not at all. */
class ByteReader {
  #reader: ReadableStreamDefaultReader<Uint8Array>;
  #fault: (error: unknown) => Error;
  #rest: Uint8Array = new Uint8Array();

  constructor(stream: ReadableStream<Uint8Array>, fault: (error: unknown) => Error) {
    this.#reader = stream.getReader();
    this.#fault = fault;
  }

  /** Exactly `count` bytes, which must be few. */
  async take(count: number): Promise<Uint8Array> {
    const taken = new Uint8Array(count);
    let at = 0;
    for await (const chunk of this.stream(count)) {
      taken.set(chunk, at);
      at += chunk.length;
    }
    return taken;
  }

  /** Exactly `count` bytes, as they come. */
  async *stream(count: number): AsyncGenerator<Uint8Array> {
    for (let left = count; left > 0;) {
      if (this.#rest.length === 0) this.#rest = await this.#next();
      const chunk = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(chunk.length);
      left -= chunk.length;
      yield chunk;
    }
  }

  /** Whether nothing but zeros follows, as tar fills up its last record; only then it is whole. */
  async endsEmpty(): Promise<boolean> {
    let left = mostFill;
    for (let chunk: Uint8Array | null = this.#rest; chunk; chunk = await this.#read()) {
      left -= chunk.length;
      if (left < 0 || chunk.some((byte) => byte !== 0)) return false;
    }
    return true;
  }

  async #next(): Promise<Uint8Array> {
    const chunk = await this.#read();
    if (chunk) return chunk;
    throw this.#fault(new Error("the end came too early"));
  }

  /** Null at the end. */
  async #read(): Promise<Uint8Array | null> {
    try {
      const part = await this.#reader.read();
      return part.done ? null : part.value;
    } catch (error) {
      throw this.#fault(error);
    }
  }

  async close(): Promise<void> {
    await this.#reader.cancel().catch(() => {});
  }
}
