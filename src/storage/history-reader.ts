/** Causes and effects out of the database. */
import type { Database, Statement } from "libsql";
import type { EffectPlace, Oldest, TracedRow } from "./history.ts";
import * as sql from "./history-statements.ts";
import { type EnvelopeRow, toEnvelope } from "./rows.ts";
import type { MessageRow } from "./store.ts";

interface LetterRow {
  id: number;
  reason: string;
  message: string;
  envelope: string;
  deadAtMs: number;
}

/** Dead letters of one cause that are looked at: a turn has no more effects. */
const mostLetters = 1_000;

/** The names of its methods are those of reads at the storage thread. */
export class HistoryReader {
  #db: Database;
  #prepared = new Map<string, Statement>();

  constructor(db: Database) {
    this.#db = db;
  }

  tracedMessage(id: string): TracedRow | null {
    const [row] = this.#all<EnvelopeRow & Pick<MessageRow, "status">>(sql.envelopeById, id);
    if (row) return this.#traced(row);
    const [letter] = this.#all<LetterRow>(sql.letterById, id);
    return letter ? tracedLetter(letter) : null;
  }

  tracedEffects(cause: string, after: EffectPlace | null, limit: number): TracedRow[] {
    const { sentAtMs, id } = after ?? { sentAtMs: 0, id: "" };
    const rows = this.#all<EnvelopeRow & Pick<MessageRow, "status">>(
      sql.envelopesBecauseOf,
      ...[cause, sentAtMs, sentAtMs, id, limit],
    ).map((row) => this.#traced(row));
    const letters = this.#all<LetterRow>(sql.lettersBecauseOf, cause, mostLetters)
      .map(tracedLetter)
      .filter(({ envelope: e }) => (
        e.sentAtMs > sentAtMs || (e.sentAtMs === sentAtMs && e.id > id)
      ));
    if (letters.length === 0) return rows;
    return [...rows, ...letters].sort(byPlace).slice(0, limit);
  }

  oldestKept(): Oldest {
    return this.#all<Oldest>(sql.oldestKept)[0]!;
  }

  #traced(row: EnvelopeRow & Pick<MessageRow, "status">): TracedRow {
    const { status } = row;
    const [letter] = status === "dead" ? this.#all<LetterRow>(sql.letterById, row.id) : [];
    return { envelope: toEnvelope(row), status, letter: letter ? told(letter) : null };
  }

  #all<T>(text: string, ...values: unknown[]): T[] {
    let statement = this.#prepared.get(text);
    if (!statement) this.#prepared.set(text, statement = this.#db.prepare(text));
    return statement.all(...values) as T[];
  }
}

function told({ id, reason, message, deadAtMs }: LetterRow): TracedRow["letter"] {
  return { id, reason, message, deadAtMs };
}

function tracedLetter(row: LetterRow): TracedRow {
  return { envelope: JSON.parse(row.envelope), status: "dead", letter: told(row) };
}

/** By time, then by id. */
export function byPlace({ envelope: a }: TracedRow, { envelope: b }: TracedRow): number {
  return a.sentAtMs - b.sentAtMs || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}
