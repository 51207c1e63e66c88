/** Opens what may be anything: a name in a watched folder can lead to a pipe or a device. */
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";

export interface OpenFile extends AsyncDisposable {
  /** Of the file that is open, whatever the name leads to meanwhile. */
  facts(): Promise<FileFacts>;
  /**
   * Pieces of at most 64 KiB, each valid until the next is asked for; ends after `most` bytes.
   *
   * @throws {DOMException} `AbortError`
   */
  pieces(most: number, signal?: AbortSignal): AsyncGenerator<Uint8Array>;
}

export interface FileFacts {
  isFile: boolean;
  sizeBytes: number;
  mtimeMs: number;
  /** Of the last change of content, name or rights, in whole seconds as Deno tells it. */
  ctimeMs: number;
  /** Device and number: two names with the same one are one file. */
  id: string;
}

const pieceBytes = 65_536;

/** Never blocks: a plain open of a pipe would wait for its writer. */
export async function openFile(path: string): Promise<OpenFile> {
  const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  return {
    facts: async () => factsOf(await handle.stat()),
    pieces: (most, signal) => pieces(handle, most, signal),
    [Symbol.asyncDispose]: () => handle.close(),
  };
}

async function* pieces(handle: FileHandle, most: number, signal?: AbortSignal) {
  const buffer = new Uint8Array(pieceBytes);
  for (let left = most; left > 0;) {
    signal?.throwIfAborted();
    const { bytesRead } = await handle.read(buffer, 0, Math.min(left, pieceBytes), null);
    if (bytesRead === 0) return;
    left -= bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

/** @throws {Error} of `Deno.errors` */
export async function statFile(path: string): Promise<FileFacts> {
  return factsOfInfo(await Deno.stat(path));
}

/** What one look at a name has told. */
/** The same facts from information that is there already. */
export function factsOfInfo({ isFile, size, mtime, ctime, dev, ino }: Deno.FileInfo): FileFacts {
  return {
    isFile,
    sizeBytes: size,
    mtimeMs: mtime?.getTime() ?? 0,
    ctimeMs: ctime?.getTime() ?? 0,
    id: `${dev}:${ino}`,
  };
}

type NodeStats = Awaited<ReturnType<FileHandle["stat"]>>;

function factsOf(stats: NodeStats): FileFacts {
  return {
    isFile: stats.isFile(),
    sizeBytes: Number(stats.size),
    mtimeMs: Math.floor(Number(stats.mtimeMs)),
    ctimeMs: Math.floor(Number(stats.ctimeMs)),
    id: `${stats.dev}:${stats.ino}`,
  };
}

/** Whether the content may have changed in between, as far as the system tells. */
export function isSameFile(one: FileFacts, other: FileFacts): boolean {
  return one.id === other.id && one.sizeBytes === other.sizeBytes &&
    one.mtimeMs === other.mtimeMs && one.ctimeMs === other.ctimeMs;
}

/** What went wrong with a path, in words of our own: system messages repeat the path. */
export function errorKindOf(
  error: unknown,
): "missing" | "denied" | "forbidden" | "loop" | "other" {
  if (error instanceof Deno.errors.NotCapable) return "denied";
  const code = (error as { code?: unknown } | null)?.code;
  if (error instanceof Deno.errors.NotFound || code === "ENOENT" || code === "ENOTDIR") {
    return "missing";
  }
  if (error instanceof Deno.errors.NotADirectory) return "missing";
  if (error instanceof Deno.errors.PermissionDenied || code === "EACCES" || code === "EPERM") {
    return "forbidden";
  }
  if (error instanceof Deno.errors.FilesystemLoop || code === "ELOOP") return "loop";
  return "other";
}
