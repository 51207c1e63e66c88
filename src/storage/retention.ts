/** Removes what is no longer kept, in transactions so small that commits hardly wait. */
import type { Database } from "libsql";
import { memorySql } from "./memory-sql.ts";
import * as sql from "./read-statements.ts";
import type { PruneCut } from "./prune-cut.ts";
import { forgetAgent } from "./write-statements.ts";

/** Rows of one table that one transaction removes at most. */
const portion = 2_000;
/** Bundles are large, and to find that one is not named costs a look at every state. */
const bundlePortion = 20;

export class Retention {
  #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** One portion. @returns rows removed; 0 when nothing is left to remove */
  prune(cut: PruneCut): number {
    this.#db.exec("BEGIN IMMEDIATE");
    try {
      const removed = this.#remove(cut);
      this.#db.exec("COMMIT");
      return removed;
    } catch (error) {
      if (this.#db.inTransaction) this.#db.exec("ROLLBACK");
      throw error;
    }
  }

  #remove(cut: PruneCut): number {
    const ended = this.#all<{ key: number }>(sql.endedAgents, cut.endedBeforeMs, portion);
    for (const { key } of ended) for (const statement of forgetAgent) this.#run(statement, key);
    const [byCount] = this.#all<{ cut: number }>(sql.countCut, cut.consumedCount);
    const sentBefore = Math.max(cut.consumedBeforeMs, byCount?.cut ?? 0);
    return ended.length + this.#run(sql.pruneEnvelopes, sentBefore, portion) +
      this.#run(sql.pruneGone, portion) +
      this.#run(sql.pruneEvents, portion, cut.consumedBeforeMs, cut.consumedCount) +
      this.#run(sql.pruneLetters, cut.deadLettersBeforeMs, portion) +
      this.#run(sql.pruneManyLetters, cut.deadLettersCount, portion) +
      this.#run(sql.pruneKeys, cut.idempotencyBeforeMs, portion) +
      this.#run(sql.pruneAsks, cut.consumedBeforeMs, portion) +
      this.#pruneBundles(cut) +
      this.#run(memorySql.prune, cut.consumedBeforeMs, portion);
  }

  #pruneBundles({ bundlesInUse }: PruneCut): number {
    if (bundlesInUse === null) return 0;
    return this.#run(sql.pruneBundles, JSON.stringify(bundlesInUse), bundlePortion);
  }

  #run(text: string, ...values: unknown[]): number {
    return this.#db.prepare(text).run(...values).changes;
  }

  #all<T>(text: string, ...values: unknown[]): T[] {
    return this.#db.prepare(text).all(...values) as T[];
  }
}
