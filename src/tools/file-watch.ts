/**
 * The adapter `file.watch`: tells what lies in a folder, appears there, changes or goes.
 *
 * The truth is a scan; the system's notices only say when to scan earlier, as they can be lost. A
 * file is told of when its size and time have not changed between two looks, so that one that is
 * still being written is not read by halves.
 */
import { createHash } from "node:crypto";
import type { Clock } from "../clock.ts";
import { type FoundFile, scanFolder } from "./folder-scan.ts";
import type { AdapterEvent } from "./outbox.ts";

export interface WatchOptions {
  folder: string;
  extensions: ReadonlySet<string>;
  /** Larger files are not read. */
  mostBytes: number;
  /** How long size and time have to stay as they are. */
  settleMs: number;
}

/** A file that somebody holds to be there. */
export interface KnownFile {
  path: string;
  /** SHA-256 of its content, hex. */
  hash: string;
  /** Whether its content has been read to the end. */
  ready: boolean;
}

interface Remembered {
  sizeBytes: number;
  mtimeMs: number;
  /** Of the content that was told of; null when it was skipped. */
  hash: string | null;
  /** Seen like this, but not yet for long enough to be told of. */
  isFresh: boolean;
  /** Nobody has read it to the end yet: it is told again although it is the same. */
  isUnread: boolean;
}

/** Longest time between two scans; a scan that takes long is repeated less often. */
const restMs = 5_000;
const restFactor = 20;
const sniffBytes = 8_192;

export class FileWatch {
  #options: WatchOptions;
  #clock: Clock;
  #emit: (event: AdapterEvent) => void;
  #remembered = new Map<string, Remembered>();
  #watcher: Deno.FsWatcher | null = null;
  #stopped = false;
  #hurry: () => void = () => {};

  constructor(options: WatchOptions, clock: Clock, emit: (event: AdapterEvent) => void) {
    this.#options = options;
    this.#clock = clock;
    this.#emit = emit;
  }

  /**
   * What others hold to be there, at start and now and then: what is not there is told as removed by
   * the next scan, and what is there and the same is not told again.
   */
  know({ path, hash, ready }: KnownFile): void {
    if (this.#remembered.has(path)) return;
    const unseen = { sizeBytes: -1, mtimeMs: -1, isFresh: false, isUnread: !ready };
    this.#remembered.set(path, { ...unseen, hash });
  }

  /** Runs until `stop`. @throws never: what cannot be read is looked at again later */
  async run(): Promise<void> {
    while (!this.#stopped) {
      this.#watch();
      const begun = this.#clock.monotonicMs();
      const hasFresh = await this.#scan();
      const tookMs = this.#clock.monotonicMs() - begun;
      await this.#rest(hasFresh ? this.#options.settleMs : Math.max(restMs, tookMs * restFactor));
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#watcher?.close();
    this.#hurry();
  }

  /** Notices end a rest early. Where they cannot be had the scans alone do it. */
  #watch(): void {
    if (this.#watcher || this.#stopped) return;
    try {
      const watcher = Deno.watchFs(this.#options.folder, { recursive: true });
      this.#watcher = watcher;
      this.#follow(watcher).catch(() => {}).finally(() => {
        if (this.#watcher === watcher) this.#watcher = null;
      });
    } catch {
      this.#watcher = null;
    }
  }

  async #follow(watcher: Deno.FsWatcher): Promise<void> {
    for await (const { kind } of watcher) {
      if (kind === "access") continue;
      this.#hurry();
      // The folder itself may have been taken away: the next scan watches the new one.
      if (kind === "remove" && !(await isThere(this.#options.folder))) return watcher.close();
    }
  }

  #rest(ms: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.#stopped) return resolve();
      let cancel = this.#clock.after(ms, resolve);
      this.#hurry = () => {
        this.#hurry = () => {};
        cancel();
        // Notices come in bursts: one scan serves them all.
        cancel = this.#clock.after(this.#stopped ? 0 : Math.min(ms, 50), resolve);
      };
    });
  }

  /** @returns whether some file has to be looked at again soon */
  async #scan(): Promise<boolean> {
    const seen = new Set<string>();
    let hasFresh = false;
    for await (const file of scanFolder(this.#options.folder, this.#options.extensions)) {
      if (this.#stopped) return false;
      seen.add(file.path);
      hasFresh = await this.#look(file) || hasFresh;
    }
    for (const [path, before] of this.#remembered) {
      if (seen.has(path)) continue;
      this.#remembered.delete(path);
      if (before.hash === null) continue;
      this.#gone(path, before.hash);
    }
    return hasFresh;
  }

  async #look(file: FoundFile): Promise<boolean> {
    const { path, sizeBytes, mtimeMs } = file;
    const before = this.#remembered.get(path);
    const isSame = before?.sizeBytes === sizeBytes && before.mtimeMs === mtimeMs;
    if (isSame && !before.isFresh) return false;
    const age = this.#clock.wallMs() - mtimeMs;
    const isSettled = isSame || age < 0 || age >= this.#options.settleMs;
    if (!isSettled) {
      const { hash = null, isUnread = false } = before ?? {};
      this.#remembered.set(path, { sizeBytes, mtimeMs, hash, isFresh: true, isUnread });
      return true;
    }
    await this.#tell(file, before?.hash ?? null, before?.isUnread ?? false);
    return false;
  }

  async #tell(file: FoundFile, hashBefore: string | null, isUnread: boolean): Promise<void> {
    const { path, sizeBytes, mtimeMs } = file;
    const { mostBytes } = this.#options;
    const remember = (hash: string | null) =>
      this.#remembered.set(path, { sizeBytes, mtimeMs, hash, isFresh: false, isUnread: false });
    if (sizeBytes > mostBytes) {
      remember(null);
      const message = `It has ${sizeBytes} bytes, at most ${mostBytes} are read`;
      return this.#skip(file, "file_too_large", message, hashBefore);
    }
    const content = await hashOf(path).catch(() => null);
    if (content === null) {
      if (!(await isThere(path))) return;
      remember(null);
      return this.#skip(file, "file_unreadable", "It cannot be read", hashBefore);
    }
    if (content.isBinary) {
      remember(null);
      return this.#skip(file, "file_not_text", "It is no text", hashBefore);
    }
    const { hash } = content;
    remember(hash);
    if (hash === hashBefore && !isUnread) return;
    const key = `found|${path}|${hash}|${mtimeMs}`;
    this.#emit({ key, type: "file.found", payload: { path, hash, sizeBytes, mtimeMs } });
  }

  /** What can no longer be read is told, and what it held before is gone. */
  #skip(file: FoundFile, code: string, message: string, hashBefore: string | null): void {
    const { path, sizeBytes, mtimeMs } = file;
    const key = `skipped|${path}|${code}|${sizeBytes}|${mtimeMs}`;
    this.#emit({ key, type: "file.skipped", payload: { path, code, message } });
    if (hashBefore === null) return;
    this.#gone(path, hashBefore);
  }

  /** The same content may go from the same place again: the time tells one removal from another. */
  #gone(path: string, hash: string): void {
    const key = `removed|${path}|${hash}|${this.#clock.wallMs()}`;
    this.#emit({ key, type: "file.removed", payload: { path } });
  }
}

async function isThere(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}

/** SHA-256 of the content, hex, read in pieces; and whether it looks like anything but text. */
async function hashOf(path: string): Promise<{ hash: string; isBinary: boolean }> {
  const sum = createHash("sha256");
  let head: Uint8Array | null = null;
  using file = await Deno.open(path, { read: true });
  const piece = new Uint8Array(65_536);
  for (let n = await file.read(piece); n !== null; n = await file.read(piece)) {
    head ??= piece.slice(0, Math.min(n, sniffBytes));
    sum.update(piece.subarray(0, n));
  }
  const isWide = head !== null && (head[0] === 0xff && head[1] === 0xfe ||
    head[0] === 0xfe && head[1] === 0xff);
  return { hash: sum.digest("hex"), isBinary: !isWide && (head?.includes(0) ?? false) };
}
