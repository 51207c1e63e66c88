/** What the API lists, page by page, through drizzle: newest first, by index. */
import { and, desc, eq, gt, gte, lt, or, type SQL, sql } from "drizzle-orm";
import { drizzle, type LibSQLDatabase } from "drizzle-orm/libsql";
import { createClient } from "@libsql/client";
import { DreamError } from "../errors.ts";
import { type EnvelopeRow, toEnvelope } from "./rows.ts";
import { deadLetters, envelopes, events } from "./schema.ts";
import type { DeadLetter, EventRow, MessageQuery, MessageRow, Page } from "./store.ts";

export interface LetterQuery {
  to?: string;
  limit: number;
  cursor?: string;
}

export interface EventQuery {
  afterId?: number;
  type?: string;
  address?: string;
  limit: number;
}

const statusOf = sql`CASE
  WHEN EXISTS (SELECT 1 FROM skips k WHERE k.key = e.key AND k.lane = e.lane AND k.seq = e.seq)
    THEN 'dead'
  WHEN e.seq <= (SELECT CASE e.lane WHEN 0 THEN c0 WHEN 1 THEN c1 WHEN 2 THEN c2 ELSE c3 END
    FROM states s WHERE s.key = e.key) THEN 'consumed'
  ELSE 'pending' END`;

type ListedRow = EnvelopeRow & { status: MessageRow["status"] };

export class Lists {
  #db: LibSQLDatabase;
  #close: () => void;

  constructor(file: string) {
    const client = createClient({ url: `file:${file}`, concurrency: 1 });
    this.#db = drizzle(client);
    this.#close = () => client.close();
  }

  close(): void {
    this.#close();
  }

  async messages(query: MessageQuery): Promise<Page<MessageRow>> {
    const { limit } = query;
    const rows = await this.#db.all<ListedRow>(
      query.to === undefined ? bySender(query) : byReceiver(query, query.to),
    );
    const shown = rows.slice(0, limit);
    const last = shown.at(-1);
    const more = rows.length > limit && last !== undefined;
    const cursor = query.to === undefined ? `${last?.sent_at_ms}.${last?.id}` : `${last?.seq}`;
    return {
      items: shown.map((row) => ({ envelope: toEnvelope(row), status: row.status })),
      nextCursor: more ? cursor : null,
    };
  }

  async deadLetters(query: LetterQuery): Promise<Page<DeadLetter & { id: number }>> {
    const before = query.cursor === undefined ? undefined : readNumber(query.cursor);
    const rows = await this.#db.select().from(deadLetters).where(and(
      query.to === undefined ? undefined : eq(deadLetters.receiver, query.to),
      before === undefined ? undefined : lt(deadLetters.id, before),
    )).orderBy(desc(deadLetters.id)).limit(query.limit + 1);
    const shown = rows.slice(0, query.limit);
    return {
      items: shown.map(({ receiver: _receiver, envelope, ...row }) => (
        { ...row, envelope: JSON.parse(envelope) }
      )),
      nextCursor: rows.length > query.limit ? String(shown.at(-1)!.id) : null,
    };
  }

  async events(query: EventQuery): Promise<(EventRow & { id: number })[]> {
    return await this.#db.select().from(events).where(and(
      query.address === undefined ? undefined : eq(events.address, query.address),
      query.type === undefined ? undefined : eq(events.type, query.type),
      query.afterId === undefined ? undefined : gt(events.id, query.afterId),
    )).orderBy(events.id).limit(query.limit);
  }
}

/** One mailbox, lane by lane: each lane is read backwards along the primary key. */
function byReceiver(query: MessageQuery, to: string): SQL {
  const before = query.cursor === undefined ? Number.MAX_SAFE_INTEGER : readNumber(query.cursor);
  const lane = (number: number) =>
    sql`SELECT * FROM (SELECT e.* FROM envelopes e
    WHERE e.key = (SELECT key FROM agents WHERE address = ${to}) AND e.lane = ${number}
      AND e.seq < ${before} AND e.sent_at_ms >= ${query.sinceMs ?? 0}
      AND (${query.from ?? null} IS NULL OR e.sender = ${query.from ?? null})
    ORDER BY e.seq DESC LIMIT ${query.limit + 1})`;
  const lanes = sql.join([0, 1, 2, 3].map(lane), sql` UNION ALL `);
  return sql`SELECT e.*, ${statusOf} status FROM (${lanes}) e
    ORDER BY e.seq DESC LIMIT ${query.limit + 1}`;
}

function bySender(query: MessageQuery): SQL {
  const { sent_at_ms: sentAt, id, sender } = envelopes;
  const [atMs, after] = query.cursor === undefined ? [] : readMoment(query.cursor);
  const where = and(
    query.from === undefined ? undefined : eq(sender, query.from),
    query.sinceMs === undefined ? undefined : gte(sentAt, query.sinceMs),
    atMs === undefined ? undefined : or(lt(sentAt, atMs), and(eq(sentAt, atMs), lt(id, after!))),
  ) ?? sql`true`;
  return sql`SELECT e.*, ${statusOf} status FROM (
    SELECT * FROM ${envelopes} WHERE ${where}
    ORDER BY sent_at_ms DESC, id DESC LIMIT ${query.limit + 1}) e`;
}

function readNumber(cursor: string): number {
  if (/^\d{1,15}$/.test(cursor)) return Number(cursor);
  throw badCursor(cursor);
}

function readMoment(cursor: string): [number, string] {
  const match = /^(\d{1,15})\.([0-9a-f-]{36})$/.exec(cursor);
  if (match) return [Number(match[1]), match[2]!];
  throw badCursor(cursor);
}

function badCursor(cursor: string): DreamError {
  return new DreamError(
    "bad_request",
    `Cannot use the cursor ${JSON.stringify(cursor.slice(0, 80))}: wanted one of this list's pages`,
  );
}
