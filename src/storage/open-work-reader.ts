/** What agents wait for, out of the database. */
import type { Database, Statement } from "libsql";
import type { AskOf, CallOf, OpenWork, TimerOf } from "./open-work.ts";
import * as sql from "./open-work-statements.ts";

type Query<Name extends keyof OpenWork> = Parameters<OpenWork[Name]>[0];

const subtree = (under: string) => [under, under, under, `${under}/`];
/** Above every id. */
const last = "~";

/** The names of its methods are those of reads at the storage thread. */
export class OpenWorkReader {
  #db: Database;
  #prepared = new Map<string, Statement>();

  constructor(db: Database) {
    this.#db = db;
  }

  timersBelow({ under, after, limit }: Query<"timers">): TimerOf[] {
    const { dueAtMs, key, id } = after ?? { dueAtMs: 0, key: -1, id: "" };
    return this.#all(
      sql.timersBelow,
      ...[dueAtMs, dueAtMs, key, key, id, ...subtree(under), limit],
    );
  }

  callsBelow({ under, after, status, limit }: Query<"calls">): CallOf[] {
    const { key, id } = after ?? { key: -1, id: "" };
    return this.#all(sql.callsBelow, key, key, id, status, status, ...subtree(under), limit);
  }

  asksBelow({ under, before, since, isOpen, limit }: Query<"asks">): AskOf[] {
    const open = isOpen === null ? null : Number(isOpen);
    return this.#all(
      sql.asksBelow,
      ...[before ?? last, since ?? "", open, open, ...subtree(under), limit],
    );
  }

  #all<T>(text: string, ...values: unknown[]): T[] {
    let statement = this.#prepared.get(text);
    if (!statement) this.#prepared.set(text, statement = this.#db.prepare(text));
    return statement.all(...values) as T[];
  }
}
