/**
 * The store on one libSQL file. This side queues; the storage thread commits. What is called while
 * one transaction runs goes into the next one together (group commit).
 *
 * Invariants: I1–I5 of store.ts.
 */
import type { Envelope, Lane } from "../actors/envelope.ts";
import type { Clock } from "../clock.ts";
import { DreamError, type ErrorData } from "../errors.ts";
import { DiskSpace } from "./disk-space.ts";
import type { EventQuery, LetterQuery } from "./lists.ts";
import type { DocumentInput, Memory, MemoryHit, MemoryStats, SourceRow } from "./memory.ts";
import type { MemoryWrite } from "./memory-sql.ts";
import * as contract from "./store.ts";
import type { FromStorage, ToStorage, WriteItem, Written } from "./thread-protocol.ts";

export interface LibsqlOptions {
  /** Absolute path; made when it is not there. */
  file: string;
  clock: Clock;
  /** New requests are refused below this free space. */
  minFreeBytes?: number;
}

interface Waiting {
  item: WriteItem;
  size: number;
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

/** Changes that one transaction takes: more would make the others wait too long. */
const groupSize = 4_000;
const firstRetryMs = 20;
const longestRetryMs = 2_000;
const spaceLookMs = 1_000;

/**
 * Opens the database, migrating it when it is older.
 *
 * @throws {DreamError} `database_newer`, `database_corrupt`, `storage_unavailable`
 */
export async function openLibsqlStore(options: LibsqlOptions): Promise<LibsqlStore> {
  const worker = new Worker(new URL("./storage-thread.ts", import.meta.url), { type: "module" });
  const opened = Promise.withResolvers<void>();
  worker.onmessage = ({ data }: MessageEvent<FromStorage>) => {
    if (data.t === "refused") {
      worker.terminate();
      opened.reject(new DreamError(data.error.code, data.error.message, data.error));
    } else opened.resolve();
  };
  worker.onerror = (event) => {
    event.preventDefault();
    opened.reject(new DreamError("storage_unavailable", "Cannot start the storage thread"));
  };
  worker.postMessage({ t: "open", file: options.file } satisfies ToStorage);
  await opened.promise;
  return new LibsqlStore(worker, options);
}

export class LibsqlStore implements contract.Store {
  #worker: Worker;
  #clock: Clock;
  #space: DiskSpace;
  #queue: Waiting[] = [];
  #underWay = 0;
  #reads = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  #nextRead = 1;
  #retryMs = 0;
  #broken = false;
  #low = false;
  #lookedMs = Number.NEGATIVE_INFINITY;
  #wasAvailable = true;
  #availableListeners: ((available: boolean) => void)[] = [];
  #fatalListeners: ((error: Error) => void)[] = [];
  #closed = Promise.withResolvers<void>();
  #closing = false;
  readonly memory: Memory;

  constructor(worker: Worker, { file, clock, minFreeBytes = 0 }: LibsqlOptions) {
    this.#worker = worker;
    this.#clock = clock;
    this.#space = new DiskSpace(file, minFreeBytes);
    this.#space.keepReserve();
    this.memory = new SharedMemory(this);
    worker.onmessage = ({ data }: MessageEvent<FromStorage>) => this.#hear(data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.#fatal("the storage thread failed");
    };
    this.#lookAtSpace();
  }

  get available(): boolean {
    return !this.#low && this.#retryMs === 0 && !this.#broken;
  }

  onAvailable(listener: (available: boolean) => void): void {
    this.#availableListeners.push(listener);
  }

  onFatal(listener: (error: Error) => void): void {
    this.#fatalListeners.push(listener);
  }

  async commit(changes: readonly contract.Change[]): Promise<void> {
    await this.enqueue({ changes }, changes.length);
  }

  /** Puts one item into the next group. */
  enqueue(item: WriteItem, size: number): Promise<unknown> {
    if (this.#broken) return Promise.reject(new contract.CommitRejected(false));
    if (this.#closing) return Promise.reject(closedError());
    return new Promise((resolve, reject) => {
      this.#queue.push({ item, size, resolve, reject });
      this.#flush();
    });
  }

  recover(): Promise<void> {
    this.#broken = false;
    this.#tellAvailable();
    return Promise.resolve();
  }

  #flush(): void {
    if (this.#underWay > 0 || this.#queue.length === 0 || this.#retryMs > 0) return;
    this.#lookAtSpace();
    let size = 0;
    let count = 0;
    while (count < this.#queue.length && (count === 0 || size < groupSize)) {
      size += this.#queue[count++]!.size;
    }
    this.#underWay = count;
    const items = this.#queue.slice(0, count).map(({ item }) => item);
    this.#worker.postMessage({ t: "write", items } satisfies ToStorage);
  }

  #hear(message: FromStorage): void {
    switch (message.t) {
      case "written":
        return this.#written(message);
      case "answer":
        this.#reads.get(message.id)?.resolve(message.value);
        this.#reads.delete(message.id);
        return;
      case "failed":
        this.#reads.get(message.id)?.reject(fromData(message.error));
        this.#reads.delete(message.id);
        return;
      case "closed":
        this.#closed.resolve();
    }
  }

  #written({ done, answers, failure }: Written): void {
    this.#underWay = 0;
    const held = this.#queue.splice(0, done);
    if (failure?.kind === "retry") this.#retryLater(failure.code);
    else if (failure?.kind === "rejected") this.#reject(failure.code);
    else if (failure) return this.#fatal(`the disk cannot be trusted: ${failure.code}`);
    else this.#retryMs = 0;
    held.forEach(({ resolve }, i) => resolve(answers[i]));
    this.#tellAvailable();
    this.#flush();
  }

  /** The same items go into a new transaction, after a pause that doubles (I3). */
  #retryLater(code: string): void {
    if (code.startsWith("SQLITE_FULL")) this.#space.giveReserve();
    const pause = Math.min(longestRetryMs, Math.max(firstRetryMs, this.#retryMs * 2));
    this.#retryMs = pause;
    this.#clock.after(pause, () => {
      this.#underWay = 0;
      const items = this.#queue.slice(0, 64).map(({ item }) => item);
      if (items.length === 0) return;
      this.#underWay = items.length;
      this.#worker.postMessage({ t: "write", items } satisfies ToStorage);
    });
    this.#underWay = 1;
  }

  /** The first item will never hold; those behind it were made in the belief that it would (I4). */
  #reject(code: string): void {
    this.#broken = true;
    const [first, ...rest] = this.#queue.splice(0);
    first?.reject(new contract.CommitRejected(true, { cause: code }));
    for (const { reject } of rest) reject(new contract.CommitRejected(false));
  }

  #fatal(why: string): void {
    const error = new DreamError("storage_unavailable", `Cannot go on: ${why}`);
    for (const listener of this.#fatalListeners) listener(error);
  }

  #lookAtSpace(): void {
    const now = this.#clock.monotonicMs();
    if (now - this.#lookedMs < spaceLookMs) return;
    this.#lookedMs = now;
    this.#low = this.#space.isLow;
    this.#tellAvailable();
    if (this.#low && !this.#closing) this.#clock.after(spaceLookMs, () => this.#lookAtSpace());
  }

  #tellAvailable(): void {
    const { available } = this;
    if (available === this.#wasAvailable) return;
    this.#wasAvailable = available;
    if (available) this.#space.keepReserve();
    for (const listener of this.#availableListeners) listener(available);
  }

  /** Asks the storage thread; the answer is as of its newest commit (I5). */
  read<T>(name: string, ...args: unknown[]): Promise<T> {
    if (this.#closing) return Promise.reject(closedError());
    const id = this.#nextRead++;
    return new Promise<T>((resolve, reject) => {
      this.#reads.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.#worker.postMessage({ t: "read", id, name, args } satisfies ToStorage);
    });
  }

  agents = () => this.read<contract.BootAgent[]>("agents");
  state = (key: number) => this.read<contract.StateRow | null>("state", key);
  mailbox = (key: number, lane: Lane, afterSeq: number, limit: number) =>
    this.read<Envelope[]>("mailbox", key, lane, afterSeq, limit);
  dueTimers = (untilMs: number, limit: number) =>
    this.read<contract.TimerRow[]>("dueTimers", untilMs, limit);
  nextTimerMs = () => this.read<number | null>("nextTimerMs");
  timers = (key: number) => this.read<contract.TimerRow[]>("timers", key);
  calls = (key?: number) => this.read<contract.CallRow[]>("calls", key);
  ask = (id: string) => this.read<contract.AskRow | null>("ask", id);
  openAsks = () => this.read<contract.AskRow[]>("openAsks");
  idempotency = (scope: string, key: string) =>
    this.read<contract.IdempotencyRow | null>("idempotency", scope, key);
  bundle = (hash: string) => this.read<contract.BundleRow | null>("bundle", hash);
  bundles = () => this.read<Omit<contract.BundleRow, "code">[]>("bundles");
  meta = (name: string) => this.read<string | null>("meta", name);
  messages = (query: contract.MessageQuery) =>
    this.read<contract.Page<contract.MessageRow>>("messages", query);
  deadLetters = (query: LetterQuery) =>
    this.read<contract.Page<contract.DeadLetter & { id: number }>>("deadLetters", query);
  deadLetterCount = () => this.read<number>("deadLetterCount");
  events = (query: EventQuery) =>
    this.read<(contract.EventRow & { id: number })[]>("events", query);
  check = () => this.read<string>("check");

  async prune(cut: contract.PruneCut): Promise<number> {
    let removed = 0;
    while (true) {
      const portion = await this.read<number>("prune", cut);
      if (portion === 0) return removed;
      removed += portion;
    }
  }

  async close(): Promise<void> {
    if (this.#closing) return await this.#closed.promise;
    while (this.#queue.length > 0 && !this.#broken) {
      await this.enqueue({ changes: [] }, 0).catch(() => {});
    }
    this.#closing = true;
    this.#worker.postMessage({ t: "close" } satisfies ToStorage);
    await this.#closed.promise;
  }
}

/** Memory as part of the same group commit. */
class SharedMemory implements Memory {
  #store: LibsqlStore;

  constructor(store: LibsqlStore) {
    this.#store = store;
  }

  link(key: string, path: string, hash: string, atMs: number) {
    return this.#write<{ known: boolean }>({ name: "link", key, path, hash, atMs });
  }

  unlink(key: string, path: string, atMs: number) {
    return this.#write<{ found: boolean }>({ name: "unlink", key, path, atMs });
  }

  put(key: string, document: DocumentInput, atMs: number) {
    return this.#write<{ added: boolean }>({ name: "put", key, document, atMs });
  }

  recall(query: string, { limit, includeDeleted }: { limit: number; includeDeleted?: boolean }) {
    return this.#store.read<MemoryHit[]>("recall", query, limit, includeDeleted ?? false);
  }

  sources({ limit, afterPath }: { limit: number; afterPath?: string }) {
    return this.#store.read<SourceRow[]>("sources", limit, afterPath ?? "");
  }

  stats() {
    return this.#store.read<MemoryStats>("stats");
  }

  async #write<T>(memory: MemoryWrite): Promise<T> {
    const size = memory.name === "put" ? 1 + memory.document.passages.length : 1;
    return await this.#store.enqueue({ memory }, size) as T;
  }
}

function fromData({ code, message, details }: ErrorData): DreamError {
  return new DreamError(code, message, details ? { details } : {});
}

function closedError(): DreamError {
  return new DreamError("shutting_down", "The store is closed");
}
