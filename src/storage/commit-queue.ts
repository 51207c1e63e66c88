/**
 * Commits in the order of their calls, in groups: what is called while one transaction runs goes
 * into the next one together. Whoever writes them is told by `write` and answers with `written`.
 *
 * Invariants: I1–I4 of store.ts.
 */
import type { CancelTimer, Clock } from "../clock.ts";
import { DreamError } from "../errors.ts";
import { CommitRejected } from "./store.ts";
import type { WriteItem, Written } from "./thread-protocol.ts";

interface Waiting {
  item: WriteItem;
  size: number;
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

export interface CommitQueueOptions {
  clock: Clock;
  /** Starts one transaction; a throw means that the items are not plain data. */
  write(items: WriteItem[]): void;
  /** Called before a pause, with SQLite's code of what failed. */
  onRetry?(code: string): void;
}

/** Changes that one transaction takes: more would make the others wait too long. */
const groupSize = 4_000;
/** How long a patient commit waits for company. */
const patienceMs = 1;
/** Commits that are tried together after a failure: few, as few may fit. */
const retryCount = 64;
const firstRetryMs = 20;
const longestRetryMs = 2_000;

export class CommitQueue {
  #options: CommitQueueOptions;
  #waiting: Waiting[] = [];
  #isUnderWay = false;
  /** Something waits that is not patient, or no longer. */
  #isDue = false;
  #cancelLater: CancelTimer | null = null;
  #retryMs = 0;
  #condition: "open" | "broken" | "ended" = "open";
  #isLow = false;
  #wasAvailable = true;
  #availableListeners: ((available: boolean) => void)[] = [];
  #fatalListeners: ((error: Error) => void)[] = [];
  #groupListeners: ((commits: number) => void)[] = [];
  #idle: PromiseWithResolvers<void> | null = null;

  constructor(options: CommitQueueOptions) {
    this.#options = options;
  }

  get available(): boolean {
    return !this.#isLow && this.#retryMs === 0 && this.#condition === "open";
  }

  onAvailable(listener: (available: boolean) => void): void {
    this.#availableListeners.push(listener);
  }

  onFatal(listener: (error: Error) => void): void {
    this.#fatalListeners.push(listener);
  }

  onGroup(listener: (commits: number) => void): void {
    this.#groupListeners.push(listener);
  }

  /** There is little space left, or enough again. */
  setLow(isLow: boolean): void {
    this.#isLow = isLow;
    this.#tellAvailable();
  }

  /** @returns what the writer answers to this item, once it is durable */
  add(item: WriteItem, size: number, patient = false): Promise<unknown> {
    if (this.#condition === "broken") return Promise.reject(new CommitRejected(false));
    if (this.#condition === "ended") return Promise.reject(ended());
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, size, resolve, reject });
      if (patient) return this.#flushLater();
      this.#isDue = true;
      this.#flush();
    });
  }

  recover(): void {
    if (this.#condition !== "broken") return;
    this.#condition = "open";
    this.#tellAvailable();
  }

  /** Resolves when nothing waits any more. */
  idle(): Promise<void> {
    if (this.#waiting.length === 0 || this.#condition === "ended") return Promise.resolve();
    return (this.#idle ??= Promise.withResolvers<void>()).promise;
  }

  /** Takes nothing any more; what waits is refused, as it will never be written by this process. */
  end(error: Error): void {
    this.#condition = "ended";
    for (const { reject } of this.#waiting.splice(0)) reject(error);
    this.#tellIdle();
  }

  written({ done, answers, failure }: Written): void {
    this.#isUnderWay = false;
    // What was to be written and was not has waited enough.
    if (failure) this.#isDue = true;
    if (this.#condition === "ended") return;
    if (done > 0) { for (const listener of this.#groupListeners) listener(done); }
    this.#waiting.splice(0, done).forEach(({ resolve }, i) => resolve(answers[i]));
    if (failure?.kind === "fatal") return this.fail(`the disk cannot be trusted: ${failure.code}`);
    if (failure?.kind === "retry") this.#retryLater(failure.code);
    else this.#retryMs = 0;
    if (failure?.kind === "rejected") this.#rejectFirst(failure.code);
    this.#tellAvailable();
    this.#flush();
    this.#tellIdle();
  }

  /**
   * Nobody knows what is on the disk: nothing more is written, and what waits is left without an
   * answer, as there is no true one.
   */
  fail(why: string): void {
    if (this.#condition === "ended") return;
    this.#condition = "ended";
    this.#tellAvailable();
    const error = new DreamError("storage_unavailable", `Cannot go on: ${why}`);
    for (const listener of this.#fatalListeners) listener(error);
    this.#tellIdle();
  }

  #flushLater(): void {
    this.#cancelLater ??= this.#options.clock.after(patienceMs, () => {
      this.#cancelLater = null;
      this.#isDue = true;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#isUnderWay || !this.#isDue || this.#waiting.length === 0) return;
    let size = 0;
    let count = 0;
    while (count < this.#waiting.length && (count === 0 || size < groupSize)) {
      size += this.#waiting[count++]!.size;
    }
    this.#isDue = count < this.#waiting.length;
    if (!this.#isDue) {
      this.#cancelLater?.();
      this.#cancelLater = null;
    }
    this.#write(count);
  }

  #write(count: number): void {
    this.#isUnderWay = true;
    try {
      this.#options.write(this.#waiting.slice(0, count).map(({ item }) => item));
    } catch (error) {
      this.#isDue = true;
      if (count > 1) return this.#write(1);
      const code = String((error as Error).name);
      this.written({ t: "written", done: 0, answers: [], failure: { kind: "rejected", code } });
    }
  }

  /** The same items go into a new transaction, after a pause that doubles (I3). */
  #retryLater(code: string): void {
    this.#options.onRetry?.(code);
    this.#retryMs = Math.min(longestRetryMs, Math.max(firstRetryMs, this.#retryMs * 2));
    this.#isUnderWay = true;
    this.#options.clock.after(this.#retryMs, () => {
      this.#isUnderWay = false;
      if (this.#condition === "open" && this.#waiting.length > 0) {
        this.#write(Math.min(retryCount, this.#waiting.length));
      }
    });
  }

  /**
   * The first item will never hold. Commits behind it were made in the belief that it would (I4);
   * a write of memory stands for itself.
   */
  #rejectFirst(cause: string): void {
    const first = this.#waiting.shift();
    first?.reject(new CommitRejected(true, { cause }));
    if (!first || "memory" in first.item) return;
    this.#condition = "broken";
    for (const { reject } of this.#waiting.splice(0)) reject(new CommitRejected(false));
  }

  #tellAvailable(): void {
    const { available } = this;
    if (available === this.#wasAvailable) return;
    this.#wasAvailable = available;
    for (const listener of this.#availableListeners) listener(available);
  }

  #tellIdle(): void {
    if (this.#waiting.length > 0 && this.#condition !== "ended") return;
    this.#idle?.resolve();
    this.#idle = null;
  }
}

function ended(): DreamError {
  return new DreamError("shutting_down", "The store is closed");
}
