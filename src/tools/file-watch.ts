/**
 * The adapter `file.watch`: tells what lies in a folder, appears there, changes or goes.
 *
 * The truth is a scan of the whole folder. The system's notices only say what to look at before the
 * next one, as they can be lost.
 */
import { relative, sep } from "node:path";
import type { CancelTimer, Clock } from "../clock.ts";
import type { Ids } from "../ids.ts";
import { FileMemory, type KnownFile } from "./file-memory.ts";
import { entriesIn, type Entry, entryAt, isPassingName, type Watched } from "./folder-entry.ts";
import { FolderNotices } from "./folder-notices.ts";
import { isInside } from "./inside.ts";
import { errorKindOf } from "./open-file.ts";
import type { Outbox } from "./outbox.ts";
import type { WatchOptions } from "./watch-options.ts";

/** Notices come in bursts: one look serves them all. */
const gatherMs = 50;
/** How soon a folder that is not there is looked for again. */
const missingMs = 1_000;
/** Shortest and longest time between two scans, in which they may take a hundredth of the time. */
const restMs = { least: 5_000, most: 300_000, factor: 100 };
/** The same when there are no notices. */
const blindRestMs = { least: 5_000, most: 60_000, factor: 20 };
/** More notices at once than this are served by a scan. */
const mostNotices = 1_000;

export interface FileWatchOutside {
  clock: Clock;
  ids: Ids;
  outbox: Outbox;
  /** Told when it changes. */
  onState(message: string | null): void;
}

export class FileWatch {
  #options: WatchOptions;
  #clock: Clock;
  #memory: FileMemory;
  #notices: FolderNotices;
  #onState: (message: string | null) => void;
  #state: string | null | undefined;
  #end = new AbortController();
  #noticed = new Set<string>();
  #isLost = true;
  #nextScanMs = 0;
  #rootId = "";
  #folders = new Set<string>();
  #hurry: () => void = () => {};

  constructor(options: WatchOptions, outside: FileWatchOutside) {
    this.#options = options;
    this.#clock = outside.clock;
    this.#onState = outside.onState;
    this.#memory = new FileMemory(options, { ...outside, signal: this.#end.signal });
    this.#notices = new FolderNotices(
      (path) => this.#notice(path),
      () => {
        this.#isLost = true;
        this.#hurry();
      },
    );
  }

  /** What others hold to be there, at start and now and then, in portions. */
  know(entries: readonly KnownFile[], isLast: boolean): void {
    for (const path of this.#memory.know(entries, isLast)) this.#notice(path);
  }

  /** Runs until `stop`. @throws never: what fails is tried again, and told as the state */
  async run(): Promise<void> {
    this.#tellState(null);
    while (!this.#end.signal.aborted) {
      try {
        await this.#round();
      } catch (error) {
        this.#tellState(`It failed: ${error instanceof Error ? error.name : "error"}`);
        this.#nextScanMs = this.#clock.monotonicMs() + restMs.least;
        this.#isLost = true;
      }
      await this.#rest();
    }
    this.#notices.close();
  }

  stop(): void {
    this.#end.abort();
    this.#notices.close();
    this.#hurry();
  }

  #notice(path: string): void {
    if (this.#noticed.size < mostNotices) this.#noticed.add(path);
    else this.#isLost = true;
    this.#hurry();
  }

  #tellState(message: string | null): void {
    if (this.#state === message) return;
    this.#state = message;
    this.#onState(message);
  }

  async #round(): Promise<void> {
    const begun = this.#clock.monotonicMs();
    const watched = await this.#watched();
    if (watched === null) {
      this.#noticed.clear();
      this.#nextScanMs = begun + missingMs;
      return;
    }
    if (this.#isLost || begun >= this.#nextScanMs) {
      this.#isLost = false;
      this.#noticed.clear();
      await this.#scan(watched.folder, watched);
      const tookMs = this.#clock.monotonicMs() - begun;
      const { least, most, factor } = this.#notices.isComplete ? restMs : blindRestMs;
      this.#nextScanMs = begun + tookMs + Math.min(most, Math.max(least, tookMs * factor));
    } else {
      const paths = [...this.#noticed];
      this.#noticed.clear();
      for (const path of paths) await this.#lookAt(path, watched);
    }
    this.#tellState(null);
    const now = this.#clock.monotonicMs();
    for (const { path, atMs } of [...this.#memory.settling()]) {
      if (atMs <= now) await this.#lookAt(path, watched);
    }
  }

  /** The folder as it is now; null when it is not there or cannot be told. */
  async #watched(): Promise<Watched | null> {
    const { folder, extensions } = this.#options;
    try {
      const real = await Deno.realPath(folder);
      const { dev, ino, isDirectory } = await Deno.stat(real);
      if (!isDirectory) throw new Deno.errors.NotADirectory();
      const id = `${dev}:${ino}:${real}`;
      if (id !== this.#rootId) this.#another(id);
      return { folder, real, extensions };
    } catch (error) {
      if (errorKindOf(error) === "missing") {
        this.#another("");
        this.#memory.removeUnseen(folder, new Set(), []);
        this.#tellState(`The folder ${folder} is not there`);
      } else this.#tellState(`The folder ${folder} cannot be read`);
      return null;
    }
  }

  #another(id: string): void {
    this.#rootId = id;
    this.#isLost = true;
    this.#folders.clear();
    this.#notices.forget(this.#options.folder);
  }

  async #lookAt(path: string, watched: Watched): Promise<void> {
    if (this.#end.signal.aborted || !isInside(path, watched.folder)) return;
    const way = relative(watched.folder, path);
    if (way === "") this.#isLost = true;
    if (way === "" || way.split(sep).some(isPassingName)) return;
    const entry = await entryAt(path, watched);
    if (entry.is === "folder") return await this.#scan(path, watched);
    if (entry.is !== "nothing") return await this.#meet(entry);
    this.#memory.remove(path);
    if (!this.#folders.has(path)) return;
    this.#notices.forget(path);
    this.#memory.removeUnseen(path, new Set(), []);
    this.#forgetFolders(path);
  }

  #forgetFolders(path: string): void {
    for (const folder of this.#folders) {
      if (folder === path || folder.startsWith(path + sep)) this.#folders.delete(folder);
    }
  }

  /** Looks at everything below `root`. */
  async #scan(root: string, watched: Watched): Promise<void> {
    const seen = new Set<string>();
    const unread: string[] = [];
    const folders = new Set([root]);
    let open = [root];
    while (open.length > 0) {
      for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
        const isRead = await this.#scanOne(folder, watched, (entry) => {
          if (entry.is !== "folder") return void seen.add(pathOf(entry));
          if (!folders.has(entry.path)) open.push(entry.path);
          folders.add(entry.path);
        });
        if (!isRead) unread.push(folder);
        if (this.#end.signal.aborted) return;
      }
      // Once more: what changed between the look and the watch was not noticed.
      open = this.#notices.watch(folders);
    }
    this.#memory.removeUnseen(root, seen, unread);
    this.#forgetFolders(root);
    for (const folder of folders) this.#folders.add(folder);
  }

  /** @returns false when the folder is there but cannot be read: what is in it is not gone */
  async #scanOne(
    folder: string,
    watched: Watched,
    onEntry: (entry: Exclude<Entry, { is: "nothing" }>) => void,
  ): Promise<boolean> {
    try {
      for await (const entry of entriesIn(folder, watched)) {
        if (this.#end.signal.aborted) return true;
        if (entry.is === "nothing") continue;
        onEntry(entry);
        if (entry.is !== "folder") await this.#meet(entry);
      }
      return true;
    } catch (error) {
      if (errorKindOf(error) === "missing") return true;
      const message = "The folder cannot be read";
      this.#memory.skip({ path: folder, code: "file_unreadable", message, mark: "forbidden" });
      return false;
    }
  }

  async #meet(entry: Exclude<Entry, { is: "nothing" | "folder" }>): Promise<void> {
    if (entry.is === "file") await this.#memory.look(entry.file);
    else this.#memory.skip(entry.skipped);
  }

  /** Until the next scan is due, a file may have settled, or something was noticed. */
  #rest(): Promise<void> {
    if (this.#end.signal.aborted) return Promise.resolve();
    const now = this.#clock.monotonicMs();
    let until = this.#nextScanMs;
    for (const { atMs } of this.#memory.settling()) until = Math.min(until, atMs);
    if (this.#noticed.size > 0 || this.#isLost && this.#rootId !== "") until = now + gatherMs;
    return new Promise((resolve) => {
      let cancel: CancelTimer = this.#clock.after(Math.max(0, until - now), resolve);
      this.#hurry = () => {
        this.#hurry = () => {};
        cancel();
        const soon = this.#end.signal.aborted ? 0 : Math.min(gatherMs, Math.max(0, until - now));
        cancel = this.#clock.after(soon, resolve);
      };
    });
  }
}

function pathOf(entry: Exclude<Entry, { is: "nothing" | "folder" }>): string {
  return entry.is === "file" ? entry.file.path : entry.skipped.path;
}
