/**
 * The store without a disk, for tests and simulation: the same order, groups, answers and refusals
 * as the real one, on whatever clock it is given, with faults where they are wanted.
 */
import type { Lane } from "../actors/envelope.ts";
import type { Clock } from "../clock.ts";
import { DreamError } from "../errors.ts";
import type { Checkpoint, CheckpointInfo } from "./checkpoint.ts";
import { CommitQueue } from "./commit-queue.ts";
import type { History } from "./history.ts";
import { InMemoryOpenWork } from "./in-memory-open-work.ts";
import { InMemoryHistory } from "./in-memory-history.ts";
import { InMemoryLists } from "./in-memory-lists.ts";
import { Tables } from "./in-memory-tables.ts";
import type { Memory } from "./memory.ts";
import type { PruneCut } from "./prune-cut.ts";
import { SharedMemory } from "./shared-memory.ts";
import type * as contract from "./store.ts";
import type { TokenRow } from "./token-row.ts";
import type { WriteFailure, WriteItem, Written } from "./thread-protocol.ts";

export type StoreFault = "busy" | "full" | "reject" | "fsync";

export interface InMemoryOptions {
  clock: Clock;
  /** What happens to the transaction of this number, counted from 1, further tries included. */
  fault?(group: number): StoreFault | null;
  /** How long one transaction takes; default 0. */
  commitMs?: number | (() => number);
  /** Asked before each read: it is done when the promise resolves. Default: at once. */
  beforeRead?(): Promise<void>;
  /** What an earlier store of this simulation left: its crash lost only what was not committed. */
  tables?: Tables;
}

/** Opens a store that lives as long as its `tables`. */
export function openInMemoryStore(options: InMemoryOptions): InMemoryStore {
  return new InMemoryStore(options);
}

const failures: Record<StoreFault, WriteFailure> = {
  busy: { kind: "retry", code: "SQLITE_BUSY" },
  full: { kind: "retry", code: "SQLITE_FULL" },
  reject: { kind: "rejected", code: "SQLITE_CONSTRAINT" },
  fsync: { kind: "fatal", code: "SQLITE_IOERR_FSYNC" },
};

/** Beside the contract: what it holds, and a way to crash it. */
class InMemoryStore implements contract.Store {
  readonly tables: Tables;
  readonly memory: Memory;
  readonly history: History;
  readonly openWork: contract.Store["openWork"];
  /** Transactions so far, failed ones included. */
  groups = 0;
  #lists: InMemoryLists;
  #queue: CommitQueue;
  #beforeRead: () => Promise<void>;
  #isClosed = false;

  constructor(options: InMemoryOptions) {
    const { clock, fault = () => null, commitMs = 0, tables = new Tables() } = options;
    this.tables = tables;
    this.#beforeRead = options.beforeRead ?? (() => Promise.resolve());
    this.#lists = new InMemoryLists(tables);
    this.#queue = new CommitQueue({
      clock,
      write: (items) => {
        // As it would cross to a thread: what is no plain data throws.
        const copies = structuredClone(items);
        clock.after(typeof commitMs === "number" ? commitMs : commitMs(), () => {
          if (this.#isClosed) return;
          const found = fault(++this.groups);
          const failure = found === null ? null : failures[found];
          this.#queue.written(
            failure ? { t: "written", done: 0, answers: [], failure } : this.#write(copies),
          );
        });
      },
    });
    const history = new InMemoryHistory(tables, this.#lists);
    this.history = {
      message: (id) => this.#read(() => history.message(id)),
      effects: (...args) => this.#read(() => history.effects(...args)),
      oldest: () => this.#read(() => history.oldest()),
    };
    const work = new InMemoryOpenWork(tables);
    this.openWork = {
      timers: (query) => this.#read(() => work.timers(query)),
      calls: (query) => this.#read(() => work.calls(query)),
      asks: (query) => this.#read(() => work.asks(query)),
    };
    this.memory = new SharedMemory({
      write: (memory, size) => this.#enqueue({ memory }, size),
      read: (name, ...args) =>
        this.#read((): unknown => Reflect.apply(tables.documents[name], tables.documents, args)),
    });
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
    return this.#isClosed ? Promise.reject(closedError()) : this.#queue.add(item, size, patient);
  }

  #write(items: WriteItem[]): Written {
    const answers: unknown[] = [];
    for (const [done, item] of items.entries()) {
      try {
        answers.push(this.#do(item));
      } catch {
        return { t: "written", done, answers, failure: failures.reject };
      }
    }
    return { t: "written", done: items.length, answers, failure: null };
  }

  #do(item: WriteItem): unknown {
    if ("memory" in item) return this.tables.documents.write(item.memory);
    if (!this.tables.holds(item.changes)) throw new Error("refused");
    return this.tables.apply(item.changes);
  }

  /** Copies, as everything read from a disk is one's own. */
  async #read<T>(look: () => unknown): Promise<T> {
    if (this.#isClosed) throw closedError();
    await this.#beforeRead();
    return structuredClone(look()) as T;
  }

  agents = (afterKey = 0, limit = Infinity) =>
    this.#read<contract.BootAgent[]>(() =>
      this.tables.bootAgents().filter(({ record }) => record.key > afterKey).slice(0, limit)
    );
  state = (key: number) =>
    this.#read<contract.StateRow | null>(() => {
      const hot = this.tables.hot.get(key);
      if (!hot?.row) return null;
      const { cursors, turns, origins } = hot;
      return { key, cursors, turns, origins, ...hot.row };
    });
  mailbox = (key: number, lane: Lane, afterSeq: number, limit: number) =>
    this.#read<contract.MessageRow["envelope"][]>(() =>
      this.tables.open(key, lane, afterSeq).slice(0, limit)
    );
  dueTimers = (until: { wallMs: number; runMs: number }, limit: number) =>
    this.#read<contract.TimerRow[]>(() => {
      const [due, rest] = [true, false].map((isDue) =>
        this.#timers().filter(({ dueAtMs }) => dueAtMs <= until.wallMs === isDue)
      );
      const late = rest!.filter(({ runDueMs }) => runDueMs <= until.runMs)
        .sort((a, b) => a.runDueMs - b.runDueMs);
      return [...due!, ...late].slice(0, limit);
    });
  nextTimers = () =>
    this.#read<{ dueAtMs: number; runDueMs: number } | null>(() => {
      const timers = this.#timers();
      if (timers.length === 0) return null;
      const runDueMs = timers.reduce((least, timer) => Math.min(least, timer.runDueMs), Infinity);
      return { dueAtMs: timers[0]!.dueAtMs, runDueMs };
    });
  runMs = () =>
    this.#read<number>(() =>
      this.#timers().reduce((most, row) => Math.max(most, row.runDueMs - row.delayMs), 0)
    );
  timers = (key: number) =>
    this.#read<contract.TimerRow[]>(() => this.#timers().filter((row) => row.key === key));
  calls = (key?: number) =>
    this.#read<contract.CallRow[]>(() =>
      [...this.tables.calls.values()].filter((row) => key === undefined || row.key === key)
    );
  ask = (id: string) => this.#read<contract.AskRow | null>(() => this.tables.asks.get(id) ?? null);
  settledAsks = (asker: string, sinceMs: number) =>
    this.#read<contract.AskRow[]>(() =>
      [...this.tables.asks.values()].filter((row) =>
        row.asker === asker && (row.settledAtMs ?? -1) >= sinceMs
      )
    );
  checkpoints = (key: number) => this.#read<CheckpointInfo[]>(() => this.tables.checkpointsOf(key));
  checkpoint = (id: number) =>
    this.#read<Checkpoint | null>(() =>
      this.tables.checkpoints.find((one) => one.id === id) ?? null
    );
  deadLetter = (id: number) =>
    this.#read<(contract.DeadLetter & { id: number }) | null>(() =>
      this.tables.letters.find((one) => one.id === id) ?? null
    );
  openAsks = () =>
    this.#read<contract.AskRow[]>(() =>
      [...this.tables.asks.values()].filter(({ outcome }) => outcome === null)
    );
  idempotency = (scope: string, key: string) =>
    this.#read<contract.IdempotencyRow | null>(() =>
      this.tables.keys.get(`${scope} ${key}`) ?? null
    );
  bundle = (hash: string) =>
    this.#read<contract.BundleRow | null>(() => (
      [...this.tables.bundles.values()].find((row) => row.hash === hash) ?? null
    ));
  bundles = () =>
    this.#read<Omit<contract.BundleRow, "code">[]>(() =>
      [...this.tables.bundles.values()].sort((a, b) => a.deployedAtMs - b.deployedAtMs)
        .map(({ code: _code, ...row }) => row)
    );
  tokens = () =>
    this.#read<TokenRow[]>(() => (
      [...this.tables.tokens.values()].sort((a, b) => a.name < b.name ? -1 : 1)
    ));
  meta = (name: string) => this.#read<string | null>(() => this.tables.meta.get(name) ?? null);
  messages = (query: contract.MessageQuery) =>
    this.#read<contract.Page<contract.MessageRow>>(() => this.#lists.messages(query));
  deadLetters = (query: Parameters<contract.Store["deadLetters"]>[0]) =>
    this.#read<contract.Page<contract.DeadLetter & { id: number }>>(() =>
      this.#lists.deadLetters(query)
    );
  deadLetterCount = () => this.#read<number>(() => this.tables.letters.length);
  events = (query: Parameters<contract.Store["events"]>[0]) =>
    this.#read<(contract.EventRow & { id: number })[]>(() => this.#lists.events(query));
  prune = (cut: PruneCut) => this.#read<number>(() => this.#lists.prune(cut));
  check = () => this.#read<string>(() => "ok");

  /** Earliest first. */
  #timers(): contract.TimerRow[] {
    return [...this.tables.timers.values()].sort((a, b) =>
      a.dueAtMs - b.dueAtMs || a.key - b.key || (a.id < b.id ? -1 : 1)
    );
  }

  async close(): Promise<void> {
    await this.#queue.idle();
    this.crash();
  }

  /** Ends at once, as the process would: what is not committed is lost. */
  crash(): void {
    this.#isClosed = true;
    this.#queue.end(closedError());
  }
}

function closedError(): DreamError {
  return new DreamError("shutting_down", "The store is closed");
}
