/** The folders below a watched one and what was seen in each: finds what is new or gone. */
import type { Clock } from "../clock.ts";
import { entriesIn, type Entry, type Watched } from "./folder-entry.ts";
import { errorKindOf } from "./open-file.ts";

export interface FolderTreeOutside {
  clock: Clock;
  signal: AbortSignal;
  /** A file or what is passed over: new, or seen before. */
  meet(entry: Exclude<Entry, { is: "nothing" | "folder" }>): Promise<void>;
  /** A file that was seen is no longer there. */
  gone(path: string): void;
  /** A folder that is there but cannot be listed: nobody knows what is gone from it. */
  unreadable(path: string): void;
}

interface Folder {
  /** Its identity and times when it was listed; null when it has to be listed again. */
  stamp: string | null;
  folders: Set<string>;
  files: Set<string>;
}

/** Steps of a file system's time: a change within one does not show. */
const stepMs = 2_000;
const atOnce = 32;

export class FolderTree {
  #outside: FolderTreeOutside;
  #folders = new Map<string, Folder>();

  constructor(outside: FolderTreeOutside) {
    this.#outside = outside;
  }

  /** Looks at everything. @returns files that are there, and folders that cannot be read */
  async scan(watched: Watched): Promise<{ seen: Set<string>; unread: string[] }> {
    const seen = new Set<string>();
    const unread: string[] = [];
    const before = this.#folders;
    this.#folders = new Map();
    const open = [watched.folder];
    for (let path = open.pop(); path !== undefined; path = open.pop()) {
      if (this.#outside.signal.aborted) break;
      const folder = await this.#list(path, watched);
      if (folder === null) {
        unread.push(path);
        this.#folders.set(path, before.get(path) ?? empty());
        continue;
      }
      this.#folders.set(path, folder);
      for (const file of folder.files) seen.add(file);
      open.push(...folder.folders);
    }
    return { seen, unread };
  }

  /** Looks into the folders whose times have changed. */
  async look(watched: Watched): Promise<void> {
    const paths = [...this.#folders.keys()];
    for (let at = 0; at < paths.length; at += atOnce) {
      const some = paths.slice(at, at + atOnce);
      const stamps = await Promise.all(some.map((path) => this.#stampOf(path)));
      for (const [i, path] of some.entries()) {
        const folder = this.#folders.get(path);
        if (folder && (folder.stamp === null || folder.stamp !== stamps[i])) {
          await this.#relist(path, folder, watched);
        }
        if (this.#outside.signal.aborted) return;
      }
    }
  }

  async #relist(path: string, before: Folder, watched: Watched): Promise<void> {
    const folder = await this.#list(path, watched);
    if (folder === null || this.#outside.signal.aborted) return;
    this.#folders.set(path, folder);
    for (const file of before.files) {
      if (!folder.files.has(file)) this.#outside.gone(file);
    }
    for (const one of before.folders) {
      if (!folder.folders.has(one)) this.#drop(one);
    }
    for (const one of folder.folders) {
      if (!this.#folders.has(one)) await this.#relist(one, empty(), watched);
    }
  }

  #drop(path: string): void {
    const folder = this.#folders.get(path);
    if (!folder) return;
    this.#folders.delete(path);
    for (const file of folder.files) this.#outside.gone(file);
    for (const one of folder.folders) this.#drop(one);
  }

  /** Null when it is there but cannot be read. */
  async #list(path: string, watched: Watched): Promise<Folder | null> {
    const folder = empty();
    try {
      folder.stamp = await this.#stampOf(path);
      for await (const entry of entriesIn(path, watched)) {
        if (this.#outside.signal.aborted) return folder;
        if (entry.is === "nothing") continue;
        if (entry.is === "folder") folder.folders.add(entry.path);
        else {
          folder.files.add(entry.is === "file" ? entry.file.path : entry.skipped.path);
          await this.#outside.meet(entry);
        }
      }
      return folder;
    } catch (error) {
      if (errorKindOf(error) === "missing") return empty();
      this.#outside.unreadable(path);
      return null;
    }
  }

  /** Null when its times do not tell: it has just changed, or is not there. */
  async #stampOf(path: string): Promise<string | null> {
    try {
      const { dev, ino, mtime } = await Deno.lstat(path);
      const mtimeMs = mtime?.getTime() ?? 0;
      const ageMs = this.#outside.clock.wallMs() - mtimeMs;
      return ageMs > stepMs || ageMs < -stepMs ? `${dev}:${ino}:${mtimeMs}` : null;
    } catch {
      return null;
    }
  }
}

function empty(): Folder {
  return { stamp: null, folders: new Set(), files: new Set() };
}
