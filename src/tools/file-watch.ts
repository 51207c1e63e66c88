/**
 * The adapter `file.watch`: tells what lies in a folder, appears there, changes or goes.
 *
 * It looks by itself and uses no notices of the system. Deno 2.9 opens every path that a notice is
 * about: a pipe in the folder stops all notices, and the next watch hangs the process. It also
 * drops notices beyond sixteen without a word and follows links out of the folder. So folders,
 * whose times show what appears and goes, and files that changed lately are looked at often,
 * everything now and then, each so often that it costs little.
 */
import { relative, sep } from "node:path";
import type { CancelTimer, Clock } from "../clock.ts";
import type { Ids } from "../ids.ts";
import { FileMemory, type KnownFile } from "./file-memory.ts";
import { type Entry, entryAt, isPassingName, type Watched } from "./folder-entry.ts";
import { FolderTree } from "./folder-tree.ts";
import { isInside } from "./inside.ts";
import { errorKindOf } from "./open-file.ts";
import type { Outbox } from "./outbox.ts";
import type { WatchOptions } from "./watch-options.ts";

/** Least pause between two looks, and how many times longer it is than the look took. */
const lookRest = { leastMs: 500, mostMs: 10_000, factor: 20 };
/** The same for looks at everything. */
const scanRest = { leastMs: 3_000, mostMs: 120_000, factor: 100 };
/** The factor after a look that found changes: more of them come, and reading took its time. */
const busyFactor = 2;
/** How soon a folder that is not there is looked for again. */
const missingMs = 1_000;
/** Files that changed within this time are likely to change again; so many are kept in sight. */
const recentMs = 600_000;
const mostRecent = 64;

export interface FileWatchOutside {
  clock: Clock;
  ids: Ids;
  outbox: Outbox;
  /** Told when it changes; null when all is well. */
  onState(message: string | null): void;
}

export class FileWatch {
  #options: WatchOptions;
  #clock: Clock;
  #memory: FileMemory;
  #tree: FolderTree;
  #onState: (message: string | null) => void;
  #state: string | null | undefined;
  #end = new AbortController();
  /** To be looked at next, whatever the times say. */
  #doubtful = new Set<string>();
  /** Monotonic time of the change by path, oldest first. */
  #recent = new Map<string, number>();
  #nextLookMs = 0;
  #nextScanMs = 0;
  #rootId = "";
  #hasChanged = false;
  #hurry: () => void = () => {};

  constructor(options: WatchOptions, outside: FileWatchOutside) {
    const { clock, ids, outbox, onState } = outside;
    this.#options = options;
    this.#clock = clock;
    this.#onState = onState;
    const { signal } = this.#end;
    this.#memory = new FileMemory(options, { clock, ids, outbox, signal });
    this.#tree = new FolderTree({
      clock,
      signal,
      meet: (entry) => this.#meet(entry),
      gone: (path) => this.#memory.remove(path),
      unreadable: (path) => {
        const message = "The folder cannot be read";
        this.#memory.skip({ path, code: "file_unreadable", message, mark: "forbidden" });
      },
    });
  }

  /** What others hold to be there, at start and now and then, in portions. */
  know(entries: readonly KnownFile[], isLast: boolean): void {
    for (const path of this.#memory.know(entries, isLast)) this.#doubtful.add(path);
    if (this.#doubtful.size > 0) this.#hurry();
  }

  /** Runs until `stop`. @throws never: what fails is tried again, and told as the state */
  async run(): Promise<void> {
    this.#tellState(null);
    while (!this.#end.signal.aborted) {
      try {
        await this.#round();
      } catch (error) {
        this.#tellState(`It failed: ${error instanceof Error ? error.name : "error"}`);
        this.#nextLookMs = this.#clock.monotonicMs() + lookRest.mostMs;
      }
      await this.#rest();
    }
  }

  stop(): void {
    this.#end.abort();
    this.#hurry();
  }

  #tellState(message: string | null): void {
    if (this.#state === message) return;
    this.#state = message;
    this.#onState(message);
  }

  async #round(): Promise<void> {
    const watched = await this.#watched();
    if (watched === null) {
      this.#nextLookMs = this.#clock.monotonicMs() + missingMs;
      return;
    }
    this.#tellState(null);
    const begun = this.#clock.monotonicMs();
    this.#hasChanged = false;
    if (begun >= this.#nextScanMs) {
      this.#doubtful.clear();
      const { seen, unread } = await this.#tree.scan(watched);
      if (this.#end.signal.aborted) return;
      this.#memory.removeUnseen(watched.folder, seen, unread);
      this.#nextScanMs = this.#after(begun, scanRest);
    } else {
      if (begun >= this.#nextLookMs) {
        await this.#tree.look(watched);
        for (const path of this.#recentPaths(begun)) this.#doubtful.add(path);
      }
      for (const { path, atMs } of this.#memory.settling()) {
        if (atMs <= begun) this.#doubtful.add(path);
      }
      const paths = [...this.#doubtful];
      this.#doubtful.clear();
      for (const path of paths) await this.#lookAt(path, watched);
    }
    if (begun >= this.#nextLookMs) this.#nextLookMs = this.#after(begun, lookRest);
  }

  #after(begunMs: number, rest: { leastMs: number; mostMs: number; factor: number }): number {
    const now = this.#clock.monotonicMs();
    const pauseMs = (now - begunMs) * (this.#hasChanged ? busyFactor : rest.factor);
    return now + Math.min(rest.mostMs, Math.max(rest.leastMs, pauseMs));
  }

  #recentPaths(now: number): string[] {
    for (const [path, atMs] of this.#recent) {
      if (this.#recent.size <= mostRecent && now - atMs < recentMs) break;
      this.#recent.delete(path);
    }
    return [...this.#recent.keys()];
  }

  /** The folder as it is now; null when it is not there or cannot be told. */
  async #watched(): Promise<Watched | null> {
    const { folder, extensions } = this.#options;
    try {
      const real = await Deno.realPath(folder);
      const { dev, ino, isDirectory } = await Deno.stat(real);
      if (!isDirectory) throw new Deno.errors.NotADirectory();
      const id = `${dev}:${ino}:${real}`;
      // Another folder in the same place.
      if (id !== this.#rootId) this.#nextScanMs = 0;
      this.#rootId = id;
      return { folder, real, extensions };
    } catch (error) {
      if (errorKindOf(error) === "missing") {
        this.#rootId = "";
        this.#doubtful.clear();
        this.#memory.removeUnseen(folder, new Set(), []);
        this.#tellState(`The folder ${folder} is not there`);
      } else this.#tellState(`The folder ${folder} cannot be read`);
      return null;
    }
  }

  async #lookAt(path: string, watched: Watched): Promise<void> {
    if (this.#end.signal.aborted) return;
    const way = relative(watched.folder, path);
    if (way === "" || !isInside(path, watched.folder)) return;
    const entry = way.split(sep).some(isPassingName) ? null : await entryAt(path, watched);
    if (entry === null || entry.is === "nothing" || entry.is === "folder") {
      this.#recent.delete(path);
      this.#memory.remove(path);
    } else await this.#meet(entry);
  }

  async #meet(entry: Exclude<Entry, { is: "nothing" | "folder" }>): Promise<void> {
    if (entry.is === "skipped") return this.#memory.skip(entry.skipped);
    const { path } = entry.file;
    if (!(await this.#memory.look(entry.file))) return;
    this.#hasChanged = true;
    this.#recent.delete(path);
    this.#recent.set(path, this.#clock.monotonicMs());
  }

  /** Until the next look is due, a file may have settled, or something is doubted. */
  #rest(): Promise<void> {
    const now = this.#clock.monotonicMs();
    let until = this.#nextLookMs;
    for (const { atMs } of this.#memory.settling()) until = Math.min(until, atMs);
    if (this.#end.signal.aborted || this.#doubtful.size > 0) until = now;
    return new Promise((resolve) => {
      const cancel: CancelTimer = this.#clock.after(Math.max(0, until - now), resolve);
      this.#hurry = () => {
        cancel();
        resolve();
      };
    });
  }
}
