/** Lists and retention of the store without a database. */
import { type Envelope, lanes } from "../actors/envelope.ts";
import { isWithin } from "../address.ts";
import type { Tables } from "./in-memory-tables.ts";
import type { EventQuery, LetterQuery } from "./lists.ts";
import { readMoment, readNumber, readPlace } from "./page-cursor.ts";
import type { PruneCut } from "./prune-cut.ts";
import type { DeadLetter, EventRow, MessageQuery, MessageRow, Page } from "./store.ts";

interface Placed {
  key: number;
  envelope: Envelope;
}

/** A page of what is sorted already, newest first. */
function page<T>(all: T[], limit: number, cursorOf: (last: T) => string): Page<T> {
  const items = all.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: all.length > limit && last ? cursorOf(last) : null };
}

export class InMemoryLists {
  #tables: Tables;

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  messages(query: MessageQuery): Page<MessageRow> {
    const { to, from, under = "/", sinceMs = 0, limit } = query;
    const wanted = this.#placed().filter(({ envelope }) =>
      envelope.sentAtMs >= sinceMs && (from === undefined || envelope.from === from) &&
      (isWithin(envelope.to, under) || isWithin(envelope.from, under))
    );
    const found = to === undefined
      ? page(latestOf(wanted, query.cursor), limit, ({ envelope }) => (
        `${envelope.sentAtMs}.${envelope.id}`
      ))
      : page(this.#ofAddress(wanted, to, query.cursor), limit, ({ key, envelope }) => (
        `${key}.${envelope.seq}`
      ));
    const { items, nextCursor } = found;
    const rows = items.map((one) => ({ envelope: one.envelope, status: this.#statusOf(one) }));
    return { items: rows, nextCursor };
  }

  /** Everything in a mailbox, open or consumed. */
  all(): MessageRow[] {
    return this.#placed().map((one) => ({ envelope: one.envelope, status: this.#statusOf(one) }));
  }

  #placed(): Placed[] {
    return [...this.#tables.mailboxes].flatMap(([name, mailbox]) =>
      mailbox.map((envelope) => ({ key: Number.parseInt(name, 10), envelope }))
    );
  }

  #ofAddress(all: Placed[], to: string, cursor: string | undefined): Placed[] {
    const { agents, goneAgents } = this.#tables;
    const at = cursor === undefined ? null : readPlace(cursor);
    return all.filter(({ key }) => (agents.get(key)?.address ?? goneAgents.get(key)) === to)
      .filter(({ key, envelope }) => !at || key < at.key || isBefore(key, envelope, at))
      .sort((a, b) => b.key - a.key || b.envelope.seq - a.envelope.seq);
  }

  #statusOf({ key, envelope }: Placed): MessageRow["status"] {
    if (this.#tables.isSkipped(key, envelope)) return "dead";
    if (!this.#tables.agents.has(key)) return "consumed";
    return envelope.seq <= this.#tables.cursor(key, envelope.lane) ? "consumed" : "pending";
  }

  deadLetters(
    { to, under = "/", reason, sinceMs = 0, limit, cursor }: LetterQuery,
  ): Page<DeadLetter & { id: number }> {
    const before = cursor === undefined ? Number.POSITIVE_INFINITY : readNumber(cursor);
    const found = this.#tables.letters.toReversed().filter((letter) =>
      letter.id < before && letter.deadAtMs >= sinceMs &&
      (to === undefined || letter.envelope.to === to) && isWithin(letter.envelope.to, under) &&
      (reason === undefined || letter.reason === reason)
    );
    return page(found, limit, ({ id }) => String(id));
  }

  events(query: EventQuery): (EventRow & { id: number })[] {
    const { afterId = 0, beforeId = Infinity, type, address, limit, newest = false } = query;
    const rows = this.#tables.events;
    return (newest ? rows.toReversed() : rows).filter((event) =>
      event.id > afterId && event.id < beforeId && (type === undefined || event.type === type) &&
      (address === undefined || event.address === address)
    ).slice(0, limit);
  }

  /** @returns rows removed */
  prune(cut: PruneCut): number {
    const tables = this.#tables;
    let removed = tables.documents.prune(cut.consumedBeforeMs);
    for (const { key, endedAtMs, status } of [...tables.agents.values()]) {
      if (endedAtMs === null || status === "stopped" || endedAtMs >= cut.endedBeforeMs) continue;
      tables.apply([{ op: "agentGone", key }]);
      removed++;
    }
    removed += this.#pruneEnvelopes(cut) + this.#pruneEvents(cut);
    const { letters } = tables;
    const tooMany = letters.at(-1 - cut.deadLettersCount)?.id ?? 0;
    tables.letters = letters.filter(({ id, deadAtMs }) =>
      deadAtMs >= cut.deadLettersBeforeMs && id > tooMany
    );
    removed += letters.length - tables.letters.length;
    const isOldAsk = (at: number | null) => at !== null && at < cut.consumedBeforeMs;
    removed += removeFrom(tables.asks, ({ settledAtMs }) => isOldAsk(settledAtMs));
    removed += this.#pruneBundles(cut);
    return removed + removeFrom(tables.keys, ({ atMs }) => atMs < cut.idempotencyBeforeMs);
  }

  #pruneBundles({ bundlesInUse }: PruneCut): number {
    if (bundlesInUse === null) return 0;
    const { agents, bundles, checkpoints, hot } = this.#tables;
    const named = new Set(bundlesInUse);
    for (const { bundle } of agents.values()) named.add(bundle);
    for (const { row } of hot.values()) if (row) named.add(row.state.bundle);
    for (const { state } of checkpoints) named.add(state.bundle);
    const all = [...bundles.values()];
    return removeFrom(
      bundles,
      ({ agent, hash, deployedAtMs }) =>
        !named.has(hash) &&
        all.some((other) => other.agent === agent && other.deployedAtMs > deployedAtMs),
    );
  }

  #pruneEnvelopes({ consumedBeforeMs, consumedCount }: PruneCut): number {
    const tables = this.#tables;
    const sent = this.#placed().map(({ envelope }) => envelope.sentAtMs).sort((a, b) => b - a);
    const before = Math.max(consumedBeforeMs, (sent[consumedCount] ?? -1) + 1);
    let removed = 0;
    for (const [name, mailbox] of tables.mailboxes) {
      const key = Number.parseInt(name, 10);
      const isKept = (envelope: Envelope) =>
        envelope.sentAtMs >= before ||
        (tables.agents.has(key) && envelope.seq > tables.cursor(key, envelope.lane));
      const kept = mailbox.filter(isKept);
      removed += mailbox.length - kept.length;
      for (const { lane, seq } of mailbox.filter((envelope) => !isKept(envelope))) {
        tables.skips.delete(`${key} ${lane} ${seq}`);
      }
      if (kept.length > 0) tables.mailboxes.set(name, kept);
      else tables.mailboxes.delete(name);
    }
    return removed + removeFrom(tables.goneAgents, (_, key) => !this.#hasMail(key));
  }

  #hasMail(key: number): boolean {
    return lanes.some((lane) => this.#tables.mailboxes.has(`${key} ${lane}`));
  }

  #pruneEvents({ consumedBeforeMs, consumedCount }: PruneCut): number {
    const { events } = this.#tables;
    const last = events.at(-1)?.id ?? 0;
    this.#tables.events = events.filter(({ id, atMs }) =>
      atMs >= consumedBeforeMs && id > last - consumedCount
    );
    return events.length - this.#tables.events.length;
  }
}

function isBefore(key: number, { seq }: Envelope, at: { key: number; seq: number }): boolean {
  return key === at.key && seq < at.seq;
}

/** Newest first, by time and then by id, beyond the cursor. */
function latestOf(all: Placed[], cursor: string | undefined): Placed[] {
  const [atMs, id] = cursor === undefined ? [Number.POSITIVE_INFINITY, ""] : readMoment(cursor);
  return all.filter(({ envelope }) =>
    envelope.sentAtMs < atMs || (envelope.sentAtMs === atMs && envelope.id < id)
  ).sort(({ envelope: a }, { envelope: b }) =>
    b.sentAtMs - a.sentAtMs || (b.id < a.id ? -1 : b.id > a.id ? 1 : 0)
  );
}

function removeFrom<K, V>(map: Map<K, V>, isOld: (value: V, key: K) => boolean): number {
  const old = [...map].filter(([key, value]) => isOld(value, key));
  for (const [key] of old) map.delete(key);
  return old.length;
}
