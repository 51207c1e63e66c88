/** How much is logged about whom: a level for everything, and others for subtrees. */
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { rootAddress } from "../address.ts";
import { type LogLevel, logLevels } from "../log.ts";

/** By address; `/` is for all that has no other level and for what has no address. */
export type LevelTable = Record<string, LogLevel>;

const rank = (level: LogLevel) => logLevels.indexOf(level);

export class Levels {
  readonly #file: string;
  readonly #fallback: LogLevel;
  #table = new Map<string, LogLevel>();

  /**
   * @param file where what was set is kept over a restart
   * @param fallback the level of all that nothing was set for
   */
  constructor(file: string, fallback: LogLevel) {
    this.#file = file;
    this.#fallback = fallback;
    for (const [address, level] of Object.entries(readTable(file))) {
      if (rank(level) >= 0) this.#table.set(address, level);
    }
  }

  all(): LevelTable {
    const sorted = [...this.#table].sort(([a], [b]) => a < b ? -1 : 1);
    return { [rootAddress]: this.#fallback, ...Object.fromEntries(sorted) };
  }

  /** From now on, and after restarts; null takes back what was set. */
  set(address: string, level: LogLevel | null): void {
    const table = new Map(this.#table);
    if (level === null) table.delete(address);
    else table.set(address, level);
    writeFileSync(`${this.#file}.new`, JSON.stringify(Object.fromEntries(table)), { mode: 0o600 });
    renameSync(`${this.#file}.new`, this.#file);
    this.#table = table;
  }

  /** The nearest level at or above the address decides. */
  wants(level: LogLevel, address: string | null): boolean {
    if (this.#table.size === 0) return rank(level) >= rank(this.#fallback);
    return rank(level) >= rank(this.#levelOf(address ?? rootAddress));
  }

  #levelOf(address: string): LogLevel {
    for (let at = address; at.length > 1; at = at.slice(0, at.lastIndexOf("/"))) {
      const level = this.#table.get(at);
      if (level !== undefined) return level;
    }
    return this.#table.get(rootAddress) ?? this.#fallback;
  }
}

/** What cannot be read was never set: a damaged file must not keep the service from starting. */
function readTable(file: string): LevelTable {
  try {
    const table = JSON.parse(readFileSync(file, "utf8"));
    return typeof table === "object" && table !== null ? table : {};
  } catch {
    return {};
  }
}
