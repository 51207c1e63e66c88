/**
 * What an adapter has told of files, so that it tells only what is new: told is what has settled,
 * differs from what was told before, and is readable text.
 */
import { sep } from "node:path";
import type { Clock } from "../clock.ts";
import type { Ids } from "../ids.ts";
import { type Content, contentOf } from "./file-content.ts";
import type { FoundFile, Skipped } from "./folder-entry.ts";
import { isInside } from "./inside.ts";
import { errorKindOf, type FileFacts, isSameFile } from "./open-file.ts";
import type { Outbox } from "./outbox.ts";

/** A file that somebody holds to be there. */
export interface KnownFile {
  path: string;
  /** SHA-256 of its content, hex. */
  hash: string;
  /** Whether its content has been read to the end. */
  ready: boolean;
}

export interface FileMemoryOptions {
  folder: string;
  /** Larger files are not read. */
  mostBytes: number;
  /** How long a file has to stay as it is. */
  settleMs: number;
}

interface Told {
  /** When its content was looked at; null: it has to be looked at. */
  facts: FileFacts | null;
  /** Of the content that was told of; null when there is none. */
  hash: string | null;
  /** Why it was passed over. */
  mark: string | null;
  /** Nobody has read it to the end yet: it is told again although it is the same. */
  isUnread: boolean;
  /** Told by this process, not by an earlier one. */
  isOurs: boolean;
  /** Monotonic. */
  atMs: number;
  doubts: number;
}

/** How long others may take to note what was told; then it is told again, ever more rarely. */
const firstDoubtMs = 60_000;
const longestDoubtMs = 24 * 3600 * 1000;
/** Deno tells the time of a change of name or rights in whole seconds. */
const ctimeStepMs = 1_000;
const mostRemoved = 10_000;

export class FileMemory {
  #options: FileMemoryOptions;
  #clock: Clock;
  #ids: Ids;
  #outbox: Outbox;
  #signal: AbortSignal;
  #told = new Map<string, Told>();
  #settling = new Map<string, { facts: FileFacts; sinceMs: number }>();
  /** What others hold to be there, as far as they have said it this time. */
  #said = new Map<string, string>();
  #removed = new Set<string>();
  #isAllMarked = false;

  constructor(
    options: FileMemoryOptions,
    outside: { clock: Clock; ids: Ids; outbox: Outbox; signal: AbortSignal },
  ) {
    this.#options = options;
    this.#clock = outside.clock;
    this.#ids = outside.ids;
    this.#outbox = outside.outbox;
    this.#signal = outside.signal;
  }

  /**
   * What others hold to be there. Where they have long been told something else, it is told again.
   * @returns paths that have to be looked at
   */
  know(entries: readonly KnownFile[], isLast: boolean): string[] {
    const doubtful: string[] = [];
    for (const { path, hash, ready } of entries) {
      if (!isInside(path, this.#options.folder)) continue;
      this.#said.set(path, hash);
      if (this.#told.has(path)) continue;
      const told = { facts: null, hash, mark: null, isUnread: !ready, isOurs: false };
      this.#told.set(path, { ...told, atMs: this.#clock.monotonicMs(), doubts: 0 });
      doubtful.push(path);
    }
    if (!isLast) return doubtful;
    const said = this.#said;
    this.#said = new Map();
    for (const [path, told] of this.#told) {
      const hash = said.get(path) ?? null;
      if (hash === told.hash || !this.#isLongAgo(path, told)) continue;
      const doubts = told.doubts + 1;
      this.#told.set(path, { ...told, facts: null, mark: null, hash, isOurs: true, doubts });
      doubtful.push(path);
    }
    return doubtful;
  }

  #isLongAgo(path: string, { atMs, doubts }: Told): boolean {
    const waitMs = Math.min(longestDoubtMs, firstDoubtMs * 4 ** doubts);
    return this.#clock.monotonicMs() - atMs > waitMs && !this.#outbox.holds(path);
  }

  /** Files that have to be looked at when they have not changed until `atMs` (monotonic). */
  *settling(): Generator<{ path: string; atMs: number }> {
    for (const [path, { sinceMs }] of this.#settling) {
      yield { path, atMs: sinceMs + this.#options.settleMs };
    }
  }

  /** Tells what has changed about a file that is there. @returns whether anything had changed */
  async look(file: FoundFile): Promise<boolean> {
    const { path, facts } = file;
    const before = this.#told.get(path);
    if (before?.facts && isSameFile(before.facts, facts)) {
      this.#settling.delete(path);
      return false;
    }
    if (this.#hasSettled(path, facts)) {
      await this.#outbox.room();
      if (!this.#signal.aborted) await this.#read(file);
    }
    return true;
  }

  async #read(file: FoundFile): Promise<void> {
    const { path, facts } = file;
    const { mostBytes } = this.#options;
    if (facts.sizeBytes > mostBytes) {
      const message = `It has ${facts.sizeBytes} bytes, at most ${mostBytes} are read`;
      return this.#pass(file, "file_too_large", message);
    }
    let content: Content | null;
    try {
      content = await contentOf(file, this.#signal);
    } catch (error) {
      return this.#failed(file, error);
    }
    if (content === null) return this.#unsettle(path, facts);
    if (content.isBinary) return this.#pass(file, "file_not_text", "It is no text");
    this.#found(file, content.hash);
  }

  /** Tells once of what cannot be taken. */
  skip({ path, code, message, mark }: Skipped, facts: FileFacts | null = null): void {
    this.#settling.delete(path);
    const before = this.#told.get(path);
    // What cannot be read at the moment may well be what it was.
    const isKept = mark === "forbidden" || mark === "other";
    const hash = isKept ? before?.hash ?? null : null;
    const told = before?.mark === mark ? before : this.#fresh();
    this.#told.set(path, { ...told, facts, hash, mark });
    if (before?.mark !== mark) {
      const turn = this.#isLater(path, before) ? this.#ids.uuid() : "";
      const key = `skipped|${path}|${code}|${mark}|${turn}`;
      this.#outbox.push({ key, type: "file.skipped", payload: { path, code, message }, path });
    }
    if (before && before.hash !== null && !isKept) this.#gone(path, before.hash);
  }

  /** Everything below `folder` that was told and is not in `seen` is gone. */
  removeUnseen(folder: string, seen: ReadonlySet<string>, unread: readonly string[]): void {
    for (const path of [...this.#told.keys(), ...this.#settling.keys()]) {
      if (seen.has(path) || !path.startsWith(folder + sep)) continue;
      if (!unread.some((one) => path === one || path.startsWith(one + sep))) this.remove(path);
    }
  }

  remove(path: string): void {
    this.#settling.delete(path);
    const before = this.#told.get(path);
    if (!before) return;
    this.#told.delete(path);
    this.#mark(path);
    if (before.hash !== null) this.#gone(path, before.hash);
  }

  /** Old by its times, which nobody sets while writing, or the same at two looks. */
  #hasSettled(path: string, facts: FileFacts): boolean {
    const { settleMs } = this.#options;
    const now = this.#clock.monotonicMs();
    const open = this.#settling.get(path);
    if (open && isSameFile(open.facts, facts)) return now - open.sinceMs >= settleMs;
    const wall = this.#clock.wallMs();
    const isOld = wall - facts.mtimeMs >= settleMs &&
      wall - facts.ctimeMs >= settleMs + ctimeStepMs;
    if (!isOld) this.#settling.set(path, { facts, sinceMs: now });
    return isOld;
  }

  #unsettle(path: string, facts: FileFacts): void {
    this.#settling.set(path, { facts, sinceMs: this.#clock.monotonicMs() });
  }

  #failed({ path }: FoundFile, error: unknown): void {
    if (this.#signal.aborted) return;
    const kind = errorKindOf(error);
    if (kind === "missing") return;
    const mark = kind === "forbidden" ? kind : "other";
    const message = mark === "forbidden"
      ? "Its permissions forbid reading it"
      : "The system cannot read it";
    // It is looked at again: a change of rights may not show in its times, a failure never does.
    this.skip({ path, code: "file_unreadable", message, mark });
  }

  #pass({ path, facts }: FoundFile, code: Skipped["code"], message: string): void {
    this.skip({ path, code, message, mark: `${facts.sizeBytes} ${facts.mtimeMs}` }, facts);
  }

  #found({ path, facts }: FoundFile, hash: string): void {
    this.#settling.delete(path);
    const before = this.#told.get(path);
    const isSame = before?.hash === hash && !before.isUnread;
    this.#told.set(path, { ...(isSame ? before : this.#fresh(before)), facts, hash, mark: null });
    if (isSame) return;
    const { sizeBytes, mtimeMs, ctimeMs } = facts;
    const key = ["found", path, hash, mtimeMs, ctimeMs, this.#turnOf(path, before)].join("|");
    const payload = { path, hash, sizeBytes, mtimeMs };
    this.#outbox.push({ key, type: "file.found", payload, path });
  }

  /**
   * The first time that a process tells of a file, the key is the one that an earlier process would
   * have taken: what it had told and was not heard of is not taken twice. The same content can come
   * back to the same place with the same times, so that later keys are unique.
   */
  #turnOf(path: string, before: Told | undefined): string {
    return this.#isLater(path, before) ? this.#ids.uuid() : before?.hash ?? "";
  }

  #isLater(path: string, before: Told | undefined): boolean {
    return before?.isOurs || this.#isAllMarked || this.#removed.has(path);
  }

  #mark(path: string): void {
    if (this.#removed.size >= mostRemoved) {
      this.#removed.clear();
      this.#isAllMarked = true;
    }
    this.#removed.add(path);
  }

  #gone(path: string, hash: string): void {
    this.#mark(path);
    const key = `removed|${path}|${hash}|${this.#ids.uuid()}`;
    this.#outbox.push({ key, type: "file.removed", payload: { path }, path });
  }

  #fresh(before?: Told): Told {
    const told = { facts: null, hash: null, mark: null, isUnread: false, isOurs: true };
    return { ...told, atMs: this.#clock.monotonicMs(), doubts: before?.doubts ?? 0 };
  }
}
