/** Causes and effects without a database. */
import type { EffectPlace, Oldest, TracedRow } from "./history.ts";
import { byPlace } from "./history-reader.ts";
import type { InMemoryLists } from "./in-memory-lists.ts";
import type { Tables } from "./in-memory-tables.ts";
import type { DeadLetter } from "./store.ts";

export class InMemoryHistory {
  #tables: Tables;
  #lists: InMemoryLists;

  constructor(tables: Tables, lists: InMemoryLists) {
    this.#tables = tables;
    this.#lists = lists;
  }

  message(id: string): TracedRow | null {
    return this.#all().find(({ envelope }) => envelope.id === id) ?? null;
  }

  effects(cause: string, after: EffectPlace | null, limit: number): TracedRow[] {
    const { sentAtMs, id } = after ?? { sentAtMs: 0, id: "" };
    return this.#all().filter(({ envelope: e }) =>
      e.cause === cause && (e.sentAtMs > sentAtMs || (e.sentAtMs === sentAtMs && e.id > id))
    ).sort(byPlace).slice(0, limit);
  }

  oldest(): Oldest {
    const least = (all: number[]) => all.length > 0 ? Math.min(...all) : null;
    return {
      messageAtMs: least(this.#lists.all().map(({ envelope }) => envelope.sentAtMs)),
      eventAtMs: this.#tables.events[0]?.atMs ?? null,
      deadLetterAtMs: least(this.#tables.letters.map(({ deadAtMs }) => deadAtMs)),
    };
  }

  #all(): TracedRow[] {
    const { letters } = this.#tables;
    const newest = new Map(letters.map((letter) => [letter.envelope.id, letter]));
    const rows = this.#lists.all().map((row): TracedRow => ({
      ...row,
      letter: row.status === "dead" ? told(newest.get(row.envelope.id)) : null,
    }));
    const known = new Set(rows.map(({ envelope }) => envelope.id));
    const others = [...newest.values()].filter(({ envelope }) => !known.has(envelope.id));
    return [
      ...rows,
      ...others.map((letter): TracedRow => ({
        envelope: letter.envelope,
        status: "dead",
        letter: told(letter),
      })),
    ];
  }
}

function told(letter: (DeadLetter & { id: number }) | undefined): TracedRow["letter"] {
  if (!letter) return null;
  const { id, reason, message, deadAtMs } = letter;
  return { id, reason, message, deadAtMs };
}
