/**
 * The store on one libSQL file. This side queues; the storage thread commits. What is called while
 * one transaction runs goes into the next one together (group commit).
 *
 * Invariants: I1–I5 of store.ts.
 */
import type { Envelope, Lane } from "../actors/envelope.ts";
import type { CancelTimer, Clock } from "../clock.ts";
import { DreamError, type ErrorData } from "../errors.ts";
import type { Checkpoint, CheckpointInfo } from "./checkpoint.ts";
import { CommitQueue } from "./commit-queue.ts";
import { DiskSpace } from "./disk-space.ts";
import type { History } from "./history.ts";
import type { EventQuery, LetterQuery } from "./lists.ts";
import type { Memory } from "./memory.ts";
import type { PruneCut } from "./prune-cut.ts";
import { SharedMemory } from "./shared-memory.ts";
import type * as contract from "./store.ts";
import type { TokenRow } from "./token-row.ts";
import type { FromStorage, ToStorage, WriteItem } from "./thread-protocol.ts";

export interface LibsqlOptions {
  /** Absolute path; made when it is not there. */
  file: string;
  clock: Clock;
  /** New requests are refused below this free space. */
  minFreeBytes?: number;
}

const spaceLookMs = 1_000;
/** How long `close` waits for a disk that takes nothing; what it then gives up was not promised. */
const closeWaitMs = 5_000;

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

/** Made by `openLibsqlStore`; its thread has opened the file. */
export class LibsqlStore implements contract.Store {
  #worker: Worker;
  #clock: Clock;
  #space: DiskSpace;
  #queue: CommitQueue;
  #reads = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  #nextRead = 1;
  #lookedMs = Number.NEGATIVE_INFINITY;
  #cancelLook: CancelTimer = () => {};
  #closed = Promise.withResolvers<void>();
  #isClosing = false;
  readonly memory: Memory;
  readonly history: History = {
    message: (id) => this.#read("tracedMessage", id),
    effects: (cause, after, limit) => this.#read("tracedEffects", cause, after, limit),
    oldest: () => this.#read("oldestKept"),
  };

  readonly openWork: contract.Store["openWork"] = {
    timers: (query) => this.#read("timersBelow", query),
    calls: (query) => this.#read("callsBelow", query),
    asks: (query) => this.#read("asksBelow", query),
  };

  constructor(worker: Worker, { file, clock, minFreeBytes = 0 }: LibsqlOptions) {
    this.#worker = worker;
    this.#clock = clock;
    this.#space = new DiskSpace(file, minFreeBytes);
    this.#queue = new CommitQueue({
      clock,
      write: (items) => {
        worker.postMessage({ t: "write", items } satisfies ToStorage);
        if (clock.monotonicMs() - this.#lookedMs >= spaceLookMs) this.#lookAtSpace();
      },
      onRetry: (code) => {
        if (!code.startsWith("SQLITE_FULL")) return;
        this.#space.giveReserve();
        this.#lookAtSpace();
      },
    });
    this.memory = new SharedMemory({
      write: (memory, size) => this.#enqueue({ memory }, size),
      read: (name, ...args) => this.#read(name, ...args),
    });
    worker.onmessage = ({ data }: MessageEvent<FromStorage>) => this.#hear(data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.#fail("the storage thread failed");
    };
    this.#lookAtSpace();
  }

  get available(): boolean {
    return this.#queue.available;
  }

  onAvailable(listener: (available: boolean) => void): void {
    this.#queue.onAvailable(listener);
  }

  onFatal(listener: (error: Error) => void): void {
    this.#queue.onFatal(listener);
  }

  onGroup(listener: (commits: number) => void): void {
    this.#queue.onGroup(listener);
  }

  async commit(changes: readonly contract.Change[], patient = false): Promise<void> {
    await this.#enqueue({ changes }, changes.length, patient);
  }

  recover(): Promise<void> {
    this.#queue.recover();
    return Promise.resolve();
  }

  #enqueue(item: WriteItem, size: number, patient = false): Promise<unknown> {
    return this.#isClosing ? Promise.reject(closedError()) : this.#queue.add(item, size, patient);
  }

  #hear(message: FromStorage): void {
    switch (message.t) {
      case "written":
        return this.#queue.written(message);
      case "answer":
        this.#reads.get(message.id)?.resolve(message.value);
        this.#reads.delete(message.id);
        return;
      case "failed":
        this.#reads.get(message.id)?.reject(fromData(message.error));
        this.#reads.delete(message.id);
        return;
      case "lost":
        return this.#fail(`the disk cannot be trusted: ${message.code}`);
      case "closed":
        this.#closed.resolve();
    }
  }

  /** Without its thread nothing is answered any more. */
  #fail(why: string): void {
    this.#isClosing = true;
    this.#cancelLook();
    this.#closed.resolve();
    for (const { reject } of this.#reads.values()) reject(closedError());
    this.#reads.clear();
    this.#queue.fail(why);
  }

  #lookAtSpace(): void {
    this.#lookedMs = this.#clock.monotonicMs();
    const isLow = this.#space.isLow();
    this.#queue.setLow(isLow);
    this.#cancelLook();
    if (isLow && !this.#isClosing) {
      this.#cancelLook = this.#clock.after(spaceLookMs, () => this.#lookAtSpace());
    }
  }

  /** Asks the storage thread; the answer is as of its newest commit (I5). */
  #read<T>(name: string, ...args: unknown[]): Promise<T> {
    if (this.#isClosing) return Promise.reject(closedError());
    const id = this.#nextRead++;
    return new Promise<T>((resolve, reject) => {
      this.#reads.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.#worker.postMessage({ t: "read", id, name, args } satisfies ToStorage);
    });
  }

  agents = (afterKey?: number, limit?: number) =>
    this.#read<contract.BootAgent[]>("agents", afterKey, limit);
  state = (key: number) => this.#read<contract.StateRow | null>("state", key);
  mailbox = (key: number, lane: Lane, afterSeq: number, limit: number) =>
    this.#read<Envelope[]>("mailbox", key, lane, afterSeq, limit);
  dueTimers = (until: { wallMs: number; runMs: number }, limit: number) =>
    this.#read<contract.TimerRow[]>("dueTimers", until, limit);
  nextTimers = () => this.#read<{ dueAtMs: number; runDueMs: number } | null>("nextTimers");
  runMs = () => this.#read<number>("runMs");
  timers = (key: number) => this.#read<contract.TimerRow[]>("timers", key);
  calls = (key?: number) => this.#read<contract.CallRow[]>("calls", key);
  ask = (id: string) => this.#read<contract.AskRow | null>("ask", id);
  settledAsks = (asker: string, sinceMs: number) =>
    this.#read<contract.AskRow[]>("settledAsks", asker, sinceMs);
  checkpoints = (key: number) => this.#read<CheckpointInfo[]>("checkpoints", key);
  checkpoint = (id: number) => this.#read<Checkpoint | null>("checkpoint", id);
  deadLetter = (id: number) =>
    this.#read<(contract.DeadLetter & { id: number }) | null>("deadLetter", id);
  openAsks = () => this.#read<contract.AskRow[]>("openAsks");
  idempotency = (scope: string, key: string) =>
    this.#read<contract.IdempotencyRow | null>("idempotency", scope, key);
  bundle = (hash: string) => this.#read<contract.BundleRow | null>("bundle", hash);
  bundles = () => this.#read<Omit<contract.BundleRow, "code">[]>("bundles");
  tokens = () => this.#read<TokenRow[]>("tokens");
  meta = (name: string) => this.#read<string | null>("meta", name);
  messages = (query: contract.MessageQuery) =>
    this.#read<contract.Page<contract.MessageRow>>("messages", query);
  deadLetters = (query: LetterQuery) =>
    this.#read<contract.Page<contract.DeadLetter & { id: number }>>("deadLetters", query);
  deadLetterCount = () => this.#read<number>("deadLetterCount");
  events = (query: EventQuery) =>
    this.#read<(contract.EventRow & { id: number })[]>("events", query);
  check = () => this.#read<string>("check");

  async prune(cut: PruneCut): Promise<number> {
    let removed = 0;
    while (true) {
      const portion = await this.#read<number>("prune", cut);
      if (portion === 0) return removed;
      removed += portion;
    }
  }

  /** Waits for what was committed, for a while also when the disk is full. */
  async close(): Promise<void> {
    if (this.#isClosing) return await this.#closed.promise;
    this.#isClosing = true;
    this.#cancelLook();
    const late = Promise.withResolvers<void>();
    const cancel = this.#clock.after(closeWaitMs, late.resolve);
    await Promise.race([this.#queue.idle(), late.promise]);
    cancel();
    this.#queue.end(closedError());
    this.#worker.postMessage({ t: "close" } satisfies ToStorage);
    await this.#closed.promise;
    for (const { reject } of this.#reads.values()) reject(closedError());
    this.#reads.clear();
  }
}

function fromData({ code, message, details }: ErrorData): DreamError {
  return new DreamError(code, message, details ? { details } : {});
}

function closedError(): DreamError {
  return new DreamError("shutting_down", "The store is closed");
}
