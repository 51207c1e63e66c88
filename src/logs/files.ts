/**
 * Writes the log. A line is in its file when `write` returns, so the end of the process loses none;
 * only a power cut may take the last ones (they are not forced to the disk one by one).
 *
 * Invariants:
 * - I1 Every line that was written is in exactly one file, whenever the process is killed: a full
 *   file is renamed, packed under another name, renamed again, and only then removed.
 * - I2 Files hold whole lines: what a kill or a full disk left of a line is cut off before the
 *   next one, and said.
 * - I3 `seq` counts lines without a gap, over all starts.
 */
import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import type { CancelTimer, Clock } from "../clock.ts";
import type { Limits } from "../limits.ts";
import { activeName, fullParts, nameOf, tidyFolder } from "./folder.ts";
import { seqOf, timeOf } from "./line.ts";
import { pack } from "./pack.ts";

export type LogLimits = Pick<
  Limits,
  "logFileBytes" | "logFileMs" | "keepLogsBytes" | "keepLogsMs"
>;

export interface LogFilesOptions {
  folder: string;
  clock: Clock;
  limits: LogLimits;
}

/** How often a file is looked at for its age. */
const lookMs = 60_000;
/** Longer than any line: the end of a file in which a whole one must be. */
const tailBytes = 128 * 1024;

const newline = 10;

/** How a line is made, once its place is known. */
type MakeLine = (seq: number) => string;

export class LogFiles {
  readonly #options: LogFilesOptions;
  readonly #path: string;
  readonly #encoder = new TextEncoder();
  #file: number;
  #sizeBytes = 0;
  /** Of the file that is written; `#firstSeq` is `#lastSeq + 1` while it is empty. */
  #firstSeq = 1;
  #lastSeq = 0;
  #sinceMs: number | null = null;
  #lost = 0;
  #packing: Promise<void> = Promise.resolve();
  #isClosed = false;
  /** Bytes of a line that a kill left unfinished, and that were cut off. */
  readonly tornBytes: number;
  #cancelLook: CancelTimer = () => {};

  constructor(options: LogFilesOptions) {
    this.#options = options;
    const { folder } = options;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    tidyFolder(folder);
    this.#path = join(folder, activeName);
    this.#file = openSync(this.#path, "a+", 0o600);
    this.tornBytes = this.#takeUp();
    this.#tend();
  }

  /** Of the newest line. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  /**
   * Writes one line. A full disk ends nothing: what could not be written is counted, and told by
   * `describeLost` as soon as there is room.
   *
   * @returns what was written, one or two lines or none
   */
  write(make: MakeLine, describeLost: (count: number, seq: number) => string): string[] {
    if (this.#isClosed) return [];
    const told = this.#lost === 0 ? [] : this.#append((seq) => describeLost(this.#lost, seq));
    if (told.length > 0) this.#lost = 0;
    const line = this.#lost > 0 ? [] : this.#append(make);
    if (line.length === 0) this.#lost++;
    return [...told, ...line];
  }

  /** Waits for the file that is being packed; others wait for the next start. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cancelLook();
    closeSync(this.#file);
    await this.#packing;
  }

  #append(make: MakeLine): [string] | [] {
    const line = make(this.#lastSeq + 1);
    const bytes = this.#encoder.encode(line);
    const isFull = this.#sizeBytes + bytes.length > this.#options.limits.logFileBytes;
    if (this.#sizeBytes > 0 && (isFull || this.#isOld())) this.#roll();
    try {
      for (let at = 0; at < bytes.length;) {
        at += writeSync(this.#file, bytes, at, bytes.length - at);
      }
    } catch {
      this.#cutBack();
      return [];
    }
    this.#sizeBytes += bytes.length;
    this.#lastSeq++;
    this.#sinceMs ??= this.#options.clock.wallMs();
    return [line];
  }

  /** Takes away what a full disk let through of a line (I2). */
  #cutBack(): void {
    try {
      ftruncateSync(this.#file, this.#sizeBytes);
    } catch {
      // Tried again with the next line; at the latest the next start does it.
    }
  }

  #isOld(): boolean {
    const { clock, limits } = this.#options;
    return this.#sinceMs !== null && clock.wallMs() - this.#sinceMs >= limits.logFileMs;
  }

  /** Goes on after the last whole line of the file that was left. @returns bytes cut off */
  #takeUp(): number {
    const parts = fullParts(this.#options.folder);
    this.#lastSeq = parts.at(-1)?.lastSeq ?? 0;
    this.#firstSeq = this.#lastSeq + 1;
    const size = fstatSync(this.#file).size;
    const tail = this.#read(Math.max(0, size - tailBytes), size);
    // In bytes: what is torn may end in the middle of a character.
    const end = tail.lastIndexOf(newline) + 1;
    const known = linesIn(tail.subarray(0, end)).map(seqOf).filter((seq) => seq !== null);
    if (known.length > 0) {
      const head = linesIn(this.#read(0, Math.min(size, tailBytes)));
      this.#lastSeq = Math.max(this.#lastSeq, known.at(-1)!);
      this.#firstSeq = head.map(seqOf).find((seq) => seq !== null) ?? this.#lastSeq;
      this.#sinceMs = head.map(timeOf).find((time) => time !== null) ?? null;
    }
    // Longer than any line of ours: somebody else's, and left as it is.
    const torn = end === 0 && size > tailBytes ? 0 : tail.length - end;
    this.#sizeBytes = size - torn;
    if (torn > 0) this.#cutBack();
    else if (size > 0 && end !== tail.length) this.#sizeBytes += writeSync(this.#file, "\n");
    return torn;
  }

  #read(from: number, to: number): Uint8Array {
    const bytes = new Uint8Array(to - from);
    return bytes.subarray(0, readSync(this.#file, bytes, 0, bytes.length, from));
  }

  /** The full file gets its name, a new one is begun. Stays with the old one if that cannot be. */
  #roll(): void {
    const { folder, clock } = this.#options;
    const name = nameOf(clock.wallMs(), this.#firstSeq, this.#lastSeq);
    try {
      renameSync(this.#path, join(folder, name));
    } catch (error) {
      // Somebody may have taken it away: then a new one is begun all the same.
      if ((error as { code?: string }).code !== "ENOENT") return;
    }
    try {
      const fresh = openSync(this.#path, "a+", 0o600);
      closeSync(this.#file);
      this.#file = fresh;
    } catch {
      // No descriptor is left: what follows is written behind the name, and must not be packed.
      if (existsSync(join(folder, name))) renameSync(join(folder, name), this.#path);
      return;
    }
    this.#sizeBytes = 0;
    this.#firstSeq = this.#lastSeq + 1;
    this.#sinceMs = null;
    this.#packAll();
  }

  /** Looks at ages, of the file that is written and of those kept. */
  #tend(): void {
    if ((this.#sizeBytes > 0 && this.#isOld()) || !existsSync(this.#path)) this.#roll();
    else this.#packAll();
    this.#cancelLook = this.#options.clock.after(lookMs, () => this.#tend());
  }

  /** One after the other, and beside all else. */
  #packAll(): void {
    this.#packing = this.#packing.then(async () => {
      try {
        for (const part of fullParts(this.#options.folder)) {
          if (this.#isClosed) return;
          if (!part.packed) await pack(part.path);
        }
      } catch {
        // A full disk, most likely: what is not packed is read as it is, and packed later.
      }
      this.#prune();
    });
  }

  /** Forgets the oldest files beyond what is kept. */
  #prune(): void {
    const { folder, clock, limits } = this.#options;
    let bytes = 0;
    try {
      for (const { path, endMs } of fullParts(folder).reverse()) {
        bytes += statSync(path).size;
        const isOld = clock.wallMs() - endMs > limits.keepLogsMs;
        if (bytes > limits.keepLogsBytes || isOld) rmSync(path);
      }
    } catch {
      // Somebody else takes files away: the next look comes within a minute.
    }
  }
}

function linesIn(bytes: Uint8Array): string[] {
  return new TextDecoder().decode(bytes).split("\n");
}
