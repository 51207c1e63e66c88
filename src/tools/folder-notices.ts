/**
 * The system's notices of changes in folders. They are hints: they can be lost, and the system may
 * refuse to give any (its limits are shared by all programs), so that scans have to do without.
 *
 * Every folder is watched by itself: a recursive watch of Deno follows links out of the folder, and
 * misses what is put into a folder that has just been made.
 */
import { sep } from "node:path";

/** Beyond this scans alone see changes. The system's limit is often 8,192 for all programs. */
const mostFolders = 6_000;
/** Watchers are opened for a few new folders at a time; then one for all takes their place. */
const mostWatchers = 8;

export class FolderNotices {
  #onNotice: (path: string) => void;
  #onLost: () => void;
  #folders = new Set<string>();
  #watchers = new Set<Deno.FsWatcher>();
  #isComplete = true;

  /** `onLost`: some notices were not given, everything has to be looked at. */
  constructor(onNotice: (path: string) => void, onLost: () => void) {
    this.#onNotice = onNotice;
    this.#onLost = onLost;
  }

  /** Whether every folder that was asked for is watched. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /**
   * Watches folders that are not yet watched.
   * @returns those that are from now on: changes before were not noticed
   */
  watch(folders: Iterable<string>): string[] {
    const fresh = [...folders].filter((folder) => !this.#folders.has(folder));
    this.#isComplete = this.#folders.size + fresh.length <= mostFolders;
    fresh.length = Math.min(fresh.length, Math.max(0, mostFolders - this.#folders.size));
    if (fresh.length === 0) return fresh;
    if (this.#watchers.size < mostWatchers) {
      if (!this.#open(fresh)) return [];
    } else {
      const old = [...this.#watchers];
      if (!this.#open([...this.#folders, ...fresh])) return [];
      for (const watcher of old) this.#close(watcher);
    }
    for (const folder of fresh) this.#folders.add(folder);
    return fresh;
  }

  /** The folder and those below are others now, or gone: `watch` will watch them anew. */
  forget(path: string): void {
    for (const folder of this.#folders) {
      if (folder === path || folder.startsWith(path + sep)) this.#folders.delete(folder);
    }
  }

  close(): void {
    this.#folders.clear();
    for (const watcher of this.#watchers) this.#close(watcher);
  }

  #open(folders: string[]): boolean {
    try {
      const watcher = Deno.watchFs(folders, { recursive: false });
      this.#watchers.add(watcher);
      this.#follow(watcher).catch(() => {}).finally(() => {
        if (!this.#watchers.has(watcher)) return;
        // It ended by itself: start over at the next occasion.
        this.#close(watcher);
        this.#folders.clear();
        this.#onLost();
      });
      return true;
    } catch {
      // One of them has gone meanwhile, or the system gives no more.
      this.#isComplete = false;
      return false;
    }
  }

  #close(watcher: Deno.FsWatcher): void {
    this.#watchers.delete(watcher);
    watcher.close();
  }

  async #follow(watcher: Deno.FsWatcher): Promise<void> {
    for await (const { kind, paths, flag } of watcher) {
      if (kind === "access") continue;
      if (flag === "rescan" || paths.length === 0) this.#onLost();
      for (const path of paths) {
        if (kind !== "modify" && this.#folders.has(path)) this.forget(path);
        this.#onNotice(path);
      }
    }
  }
}
