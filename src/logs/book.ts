/** The central log: takes lines, keeps them, shows them to who asks and to who follows. */
import { join } from "node:path";
import type { Clock } from "../clock.ts";
import type { Log, LogEntry, LogFields, LogFilter, LogLevel } from "../log.ts";
import { LogFiles, type LogLimits } from "./files.ts";
import { Levels, type LevelTable } from "./levels.ts";
import { lineFilter, writeLine } from "./line.ts";
import { type LogPage, readForward, readPage } from "./read.ts";

export interface LogBookOptions {
  /** Absolute; made when missing. */
  folder: string;
  clock: Clock;
  limits: LogLimits;
  /** Of all that no other level was set for. */
  level: LogLevel;
  /** Hears of every line that is kept: what people at the terminal should see. */
  onEntry?(level: LogLevel, message: string): void;
}

/** One who follows. `close` must be called. */
export interface LogFollow {
  /**
   * What comes next, oldest first; nothing when nothing came for `waitMs`. Null at the end, which
   * is at once without `follow`.
   */
  next(waitMs: number): Promise<LogEntry[] | null>;
  close(): void;
}

/** What the API needs of it. */
export interface LogReader {
  page(filter: LogFilter, range: { limit: number; before?: number }): Promise<LogPage>;
  /** Lines after the line `after` (default: those to come) and, with `follow`, all that come. */
  follow(filter: LogFilter, range: { after?: number; follow: boolean }): LogFollow;
  /** Number of the newest line; 0 when there is none. */
  readonly newest: number;
  levels(): LevelTable;
  setLevel(address: string, level: LogLevel | null): void;
}

/** Lines, and characters of them, kept in memory while somebody follows. */
const mostRecent = 2_000;
const mostRecentText = 2_000_000;

export class LogBook implements LogReader {
  readonly #options: LogBookOptions;
  readonly #files: LogFiles;
  readonly #levels: Levels;
  #secrets: string[] = [];
  #followers = 0;
  #waiting = new Set<() => void>();
  /** The newest lines, without a gap up to the newest. */
  #recent: { seq: number; line: string }[] = [];
  #recentText = 0;
  #isEnding = false;

  constructor(options: LogBookOptions) {
    this.#options = options;
    this.#files = new LogFiles(options);
    this.#levels = new Levels(join(options.folder, "levels.json"), options.level);
    const { tornBytes } = this.#files;
    if (tornBytes > 0) this.log("warn", "an unfinished line was cut off the log", { tornBytes });
  }

  /** Writes a line, unless its level is not wanted there. */
  readonly log: Log = Object.assign(
    (level: LogLevel, message: string, fields: LogFields = {}) => {
      if (!this.#levels.wants(level, fields.address ?? null)) return;
      this.#write(level, message, fields);
      this.#options.onEntry?.(level, message);
    },
    { wants: (level: LogLevel, address: string) => this.#levels.wants(level, address) },
  );

  /** From now on this text stands in no line. */
  hide(secret: string): void {
    if (secret.length >= 8 && !this.#secrets.includes(secret)) this.#secrets.push(secret);
  }

  get newest(): number {
    return this.#files.lastSeq;
  }

  levels(): LevelTable {
    return this.#levels.all();
  }

  setLevel(address: string, level: LogLevel | null): void {
    this.#levels.set(address, level);
  }

  page(filter: LogFilter, range: { limit: number; before?: number }): Promise<LogPage> {
    return readPage(this.#options.folder, filter, range);
  }

  follow(
    filter: LogFilter,
    { after = this.newest, follow }: { after?: number; follow: boolean },
  ): LogFollow {
    this.#followers++;
    const fits = lineFilter(filter);
    let seen = after;
    let isOpen = true;
    let past: AsyncGenerator<LogEntry[], number> | null = null;
    let wake = () => {};
    /** From the files while the reader is behind what is in memory. */
    const read = async (): Promise<LogEntry[]> => {
      const from = this.#recent[0]?.seq ?? this.newest + 1;
      if (past === null && seen + 1 >= from) {
        const found = this.#recent.filter(({ seq }) => seq > seen);
        seen = this.newest;
        return found.map(({ line }) => fits(line)).filter((entry) => entry !== null);
      }
      past ??= readForward(this.#options.folder, seen, filter);
      const { done, value } = await past.next();
      if (!done) return value;
      past = null;
      // What was forgotten, or cannot be read, is not waited for.
      seen = value > seen ? value : Math.max(seen, Math.min(this.newest, from - 1));
      return [];
    };
    return {
      next: async (waitMs) => {
        const { clock } = this.#options;
        const untilMs = clock.monotonicMs() + waitMs;
        while (isOpen) {
          const wasAtEnd = past === null && seen >= this.newest;
          if (!wasAtEnd) {
            const entries = await read();
            if (entries.length > 0) return entries;
            continue;
          }
          if (!follow || this.#isEnding) return null;
          // However much is written that this one does not want.
          const leftMs = untilMs - clock.monotonicMs();
          if (leftMs <= 0) return [];
          await this.#wait(leftMs, (resolve) => wake = resolve);
        }
        return null;
      },
      close: () => {
        if (!isOpen) return;
        isOpen = false;
        wake();
        void past?.return(0);
        if (--this.#followers === 0) this.#forget();
      },
    };
  }

  /** Who follows is shown what there is by now, and no more. */
  endFollowing(): void {
    this.#isEnding = true;
    for (const wake of this.#waiting) wake();
  }

  /** What comes now is not kept. */
  async close(): Promise<void> {
    this.endFollowing();
    await this.#files.close();
  }

  #write(level: LogLevel, message: string, fields: LogFields): void {
    const atMs = this.#options.clock.wallMs();
    const make = (seq: number) => writeLine(seq, atMs, level, message, fields, this.#secrets);
    const written = this.#files.write(make, (lost, seq) => {
      const said = `${lost} lines could not be written`;
      return writeLine(seq, atMs, "error", said, { lost }, this.#secrets);
    });
    if (this.#followers === 0 || written.length === 0) return;
    for (const [i, line] of written.entries()) {
      this.#recent.push({ seq: this.newest - written.length + 1 + i, line: line.slice(0, -1) });
      this.#recentText += line.length;
    }
    while (this.#recent.length > mostRecent || this.#recentText > mostRecentText) {
      this.#recentText -= this.#recent.shift()!.line.length + 1;
    }
    for (const wake of this.#waiting) wake();
  }

  #forget(): void {
    this.#recent = [];
    this.#recentText = 0;
  }

  async #wait(ms: number, onWake: (wake: () => void) => void): Promise<void> {
    const woken = Promise.withResolvers<void>();
    const cancel = this.#options.clock.after(ms, woken.resolve);
    this.#waiting.add(woken.resolve);
    onWake(woken.resolve);
    await woken.promise;
    cancel();
    this.#waiting.delete(woken.resolve);
  }
}
