/** The one writer: groups of changes in one transaction, and what it means when that fails. */
import type { Database } from "libsql";
import { Applier } from "./apply.ts";
import { MemoryTables } from "./memory-sql.ts";
import type { Change } from "./store.ts";
import type { WriteFailure, WriteItem, Written } from "./thread-protocol.ts";

export class Writer {
  #db: Database;
  #applier: Applier;
  #memory: MemoryTables;

  constructor(db: Database, memory: MemoryTables) {
    this.#db = db;
    this.#applier = new Applier(db);
    this.#memory = memory;
  }

  /**
   * Commits the whole group. When it is refused for what is in it, its items are tried one by one,
   * so that those before the bad one hold and the bad one is known.
   */
  write(items: WriteItem[]): Written {
    const whole = this.#transact(items);
    if (!whole.failure || whole.failure.kind !== "rejected" || items.length === 1) return whole;
    const answers: unknown[] = [];
    for (let done = 0; done < items.length; done++) {
      const one = this.#transact([items[done]!]);
      if (one.failure) return { t: "written", done, answers, failure: one.failure };
      answers.push(one.answers[0]);
    }
    return { t: "written", done: items.length, answers, failure: null };
  }

  #transact(items: WriteItem[]): Written {
    try {
      this.#db.exec("BEGIN IMMEDIATE");
      const answers = this.#apply(items);
      this.#db.exec("COMMIT");
      return { t: "written", done: items.length, answers, failure: null };
    } catch (error) {
      const failure = this.#rollBack() ?? classify(error);
      return { t: "written", done: 0, answers: [], failure };
    }
  }

  #apply(items: WriteItem[]): unknown[] {
    const answers: unknown[] = [];
    let changes: Change[] = [];
    for (const item of items) {
      if ("changes" in item) {
        for (const change of item.changes) changes.push(change);
        answers.push(undefined);
      } else {
        this.#applier.apply(changes);
        changes = [];
        answers.push(this.#memory.write(item.memory));
      }
    }
    this.#applier.apply(changes);
    return answers;
  }

  /** After "disk full" SQLite has rolled back by itself and ROLLBACK fails: that is fine. */
  #rollBack(): WriteFailure | null {
    if (!this.#db.inTransaction) return null;
    try {
      this.#db.exec("ROLLBACK");
    } catch {
      if (this.#db.inTransaction) return { kind: "fatal", code: "ROLLBACK" };
    }
    return null;
  }
}

/** Conditions that pass by themselves or by a person's help. */
const passing = ("SQLITE_BUSY SQLITE_LOCKED SQLITE_PROTOCOL SQLITE_FULL SQLITE_IOERR " +
  "SQLITE_NOMEM SQLITE_READONLY SQLITE_CANTOPEN").split(" ");
const unsynced = ["SQLITE_IOERR_FSYNC", "SQLITE_IOERR_DIR_FSYNC"];
/** What was written before may be gone: only a new start from the file tells. */
const lost = [...unsynced, "SQLITE_CORRUPT", "SQLITE_NOTADB"];

/** Whether SQLite's code says that an fsync failed, after which no later one proves anything. */
export function isUnsynced(code: string): boolean {
  return unsynced.includes(code);
}

function classify(error: unknown): WriteFailure {
  const { code, name } = error as { code?: unknown; name?: unknown };
  const text = String(code ?? name ?? "unknown").slice(0, 80);
  if (lost.some((start) => text.startsWith(start))) return { kind: "fatal", code: text };
  if (passing.some((start) => text.startsWith(start))) return { kind: "retry", code: text };
  return { kind: "rejected", code: text };
}
