/** What the API lists, page by page, through drizzle: newest first, by index. */
import { pathToFileURL } from "node:url";
import { and, desc, eq, gt, gte, lt, lte, or, type SQL, sql } from "drizzle-orm";
import { drizzle, type LibSQLDatabase } from "drizzle-orm/libsql";
import { createClient } from "@libsql/client";
import { statusOf as statusText } from "./history-statements.ts";
import { readMoment, readNumber, readPlace } from "./page-cursor.ts";
import { type EnvelopeRow, toEnvelope } from "./rows.ts";
import { deadLetters, envelopes, events } from "./schema.ts";
import type { DeadLetter, EventRow, MessageQuery, MessageRow, Page } from "./store.ts";

export interface LetterQuery {
  to?: string;
  /** To this address or one below it. */
  under?: string;
  reason?: string;
  /** Dead since then. */
  sinceMs?: number;
  limit: number;
  cursor?: string;
}

export interface EventQuery {
  afterId?: number;
  beforeId?: number;
  type?: string;
  address?: string;
  limit: number;
  /** Newest first; else oldest first. */
  newest?: boolean;
}

const statusOf = sql.raw(statusText);

/**
 * No index knows subtrees. So many envelopes are looked at for one page of a small one; it may then
 * have fewer items than asked for, and a next page all the same.
 */
const mostLooked = 20_000;

type ListedRow = EnvelopeRow & { status: MessageRow["status"] };

export class Lists {
  #db: LibSQLDatabase;
  #close: () => void;
  #looked: number;

  /** @param onQuery is told each statement before it runs */
  constructor(
    file: string,
    onQuery?: (sql: string, values: unknown[]) => void,
    looked = mostLooked,
  ) {
    this.#looked = looked;
    const client = createClient({ url: pathToFileURL(file).href, concurrency: 1 });
    this.#db = drizzle(client, { logger: onQuery ? { logQuery: onQuery } : false });
    this.#close = () => client.close();
  }

  close(): void {
    this.#close();
  }

  async messages(query: MessageQuery): Promise<Page<MessageRow>> {
    const { limit, to } = query;
    const rows = to === undefined
      ? await this.#db.all<ListedRow>(
        isAll(query.under) ? bySender(query) : below(query, query.under, this.#looked),
      )
      : await this.#ofAddress(query, to);
    const shown = rows.slice(0, limit);
    const last = shown.at(-1);
    const more = rows.length > limit && last !== undefined;
    const cursorOf = (row: ListedRow) => to === undefined ? momentOf(row) : `${row.key}.${row.seq}`;
    return {
      items: shown.map((row) => ({ envelope: toEnvelope(row), status: row.status })),
      nextCursor: more ? cursorOf(last) : await this.#notLooked(query),
    };
  }

  /** Where a list of a subtree has to go on looking. */
  async #notLooked(query: MessageQuery): Promise<string | null> {
    if (query.to !== undefined || isAll(query.under)) return null;
    const [last] = await this.#db.all<ListedRow>(sql`SELECT sent_at_ms, id FROM ${envelopes}
      WHERE ${sentBy(query)} ORDER BY sent_at_ms DESC, id DESC LIMIT 1 OFFSET ${this.#looked - 1}`);
    return last ? momentOf(last) : null;
  }

  /** Mailbox after mailbox: first that of the agent that is there, then of those that were. */
  async #ofAddress(query: MessageQuery, to: string): Promise<ListedRow[]> {
    const at = query.cursor === undefined ? null : readPlace(query.cursor);
    const mailboxes = await this.#db.all<{ key: number }>(keysOf(to));
    const rows: ListedRow[] = [];
    for (const { key } of mailboxes) {
      if (at && key > at.key) continue;
      const before = key === at?.key ? at.seq : Number.MAX_SAFE_INTEGER;
      rows.push(...await this.#db.all<ListedRow>(ofMailbox(query, key, before)));
      if (rows.length > query.limit) break;
    }
    return rows;
  }

  async deadLetters(query: LetterQuery): Promise<Page<DeadLetter & { id: number }>> {
    const before = query.cursor === undefined ? undefined : readNumber(query.cursor);
    const rows = await this.#db.select().from(deadLetters).where(and(
      query.to === undefined ? undefined : eq(deadLetters.receiver, query.to),
      isAll(query.under) ? undefined : within(sql`+receiver`, query.under),
      query.reason === undefined ? undefined : eq(deadLetters.reason, query.reason),
      query.sinceMs === undefined ? undefined : gte(deadLetters.deadAtMs, query.sinceMs),
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
      gt(events.id, query.afterId ?? 0),
      query.beforeId === undefined ? undefined : lt(events.id, query.beforeId),
    )).orderBy(query.newest ? desc(events.id) : events.id).limit(query.limit);
  }
}

const momentOf = ({ sent_at_ms, id }: Pick<ListedRow, "sent_at_ms" | "id">) =>
  `${sent_at_ms}.${id}`;

function isAll(under: string | undefined): under is "/" | undefined {
  return under === undefined || under === "/";
}

/** `0` is what comes after `/`. */
function within(address: SQL, under: string): SQL {
  const isBelow = sql`${address} > ${`${under}/`} AND ${address} < ${`${under}0`}`;
  return sql`(${address} = ${under} OR (${isBelow}))`;
}

function keysOf(address: string): SQL {
  return sql`SELECT key FROM agents WHERE address = ${address}
    UNION ALL SELECT key FROM gone_agents WHERE address = ${address} ORDER BY key DESC`;
}

/** One mailbox, lane by lane: each lane is read backwards along the primary key. */
function ofMailbox(query: MessageQuery, key: number, before: number): SQL {
  const from = query.from === undefined ? sql`true` : sql`e.sender = ${query.from}`;
  const below = isAll(query.under) ? sql`true` : touches(query.under);
  const lane = (number: number) =>
    sql`SELECT * FROM (SELECT e.* FROM envelopes e
    WHERE e.key = ${key} AND e.lane = ${number} AND e.seq < ${before}
      AND e.sent_at_ms >= ${query.sinceMs ?? 0} AND ${from} AND ${below}
    ORDER BY e.seq DESC LIMIT ${query.limit + 1})`;
  const lanes = sql.join([0, 1, 2, 3].map(lane), sql` UNION ALL `);
  return sql`SELECT e.*, ${statusOf} status FROM (${lanes}) e
    ORDER BY e.seq DESC LIMIT ${query.limit + 1}`;
}

function bySender(query: MessageQuery): SQL {
  return sql`SELECT e.*, ${statusOf} status FROM (
    SELECT * FROM ${envelopes} WHERE ${sentBy(query)}
    ORDER BY sent_at_ms DESC, id DESC LIMIT ${query.limit + 1}) e`;
}

/** The same, to or from a subtree, among the newest `looked`. */
function below(query: MessageQuery, under: string, looked: number): SQL {
  return sql`SELECT e.*, ${statusOf} status FROM (
    SELECT * FROM (SELECT * FROM ${envelopes} WHERE ${sentBy(query)}
      ORDER BY sent_at_ms DESC, id DESC LIMIT ${looked}) e
    WHERE ${touches(under)} LIMIT ${query.limit + 1}) e`;
}

function touches(under: string): SQL {
  return sql`(${within(sql`e.receiver`, under)} OR ${within(sql`e.sender`, under)})`;
}

function sentBy(query: MessageQuery): SQL {
  const { sent_at_ms: sentAt, id, sender } = envelopes;
  const [atMs, after] = query.cursor === undefined ? [] : readMoment(query.cursor);
  return and(
    query.from === undefined ? undefined : eq(sender, query.from),
    query.sinceMs === undefined ? undefined : gte(sentAt, query.sinceMs),
    // The first of the two is what the index can be entered by.
    atMs === undefined ? undefined : lte(sentAt, atMs),
    atMs === undefined ? undefined : or(lt(sentAt, atMs), lt(id, after!)),
  ) ?? sql`true`;
}
