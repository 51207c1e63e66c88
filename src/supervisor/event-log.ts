/**
 * The durable events as they come, for those who follow them. One read of the store serves all
 * followers; each takes what it wants when it wants it, so a slow one keeps nothing in memory.
 * Reading and telling comes in rounds with a pause between, longer with more followers: however
 * many there are, they take a small part of the time that commits need.
 *
 * Invariants:
 * - I1 A follower is shown every event after its place, in order, however long it was away.
 * - I2 What is shown is durable: it was read from the store.
 */
import { isWithin, rootAddress } from "../address.ts";
import type { Clock } from "../clock.ts";
import type { EventRow, Store } from "../storage/store.ts";

export type StoredEvent = EventRow & { id: number };

export interface EventFilter {
  /** This address and all below it; `/` is every event, those without an address too. */
  under: string;
  /** Such as `agent.failed`, or `agent.*`; null for all. */
  type: string | null;
}

/** Some events; not to be changed, as others may be given the same. */
export interface Portion {
  readonly items: readonly StoredEvent[];
  /** Up to here all were looked at. */
  readonly upTo: number;
}

/** One who follows. `close` must be called. */
export interface EventFollow {
  /** Id of the newest event when the following began; 0 when there is none. */
  readonly newest: number;
  /** The id after which events of `sinceMs` (epoch) and later come. */
  startOf(sinceMs: number): Promise<number>;
  /** Id of the oldest event that is kept; one above `newest` when there is none. */
  oldest(): Promise<number>;
  /** Some events after the id `after`, and the id up to which all were looked at. */
  read(after: number, filter: EventFilter): Promise<Portion>;
  /** Resolves when there is more than `after`, or `ms` are over. @returns false at the end */
  wait(after: number, ms: number): Promise<boolean>;
  close(): void;
}

const page = 500;
/** Some twenty times what a round takes: a read of the store, and a write to each follower. */
const pauseMs = 5;
const pausePerFollowerMs = 0.8;
/** Events kept in memory while somebody follows. */
const recent = 2_000;
/** Kept from one round to the next: those who follow all are mostly at one place. */
const mostPortions = 100;

export class EventLog {
  #store: Store;
  #clock: Clock;
  #followers = 0;
  #closed = false;
  /** Events with ids above `#from` up to `#end`. */
  #recent: StoredEvent[] = [];
  #from = 0;
  #end = 0;
  /** Since the last round, by place and filter. */
  #portions = new Map<string, Portion>();
  #ready: Promise<void> = Promise.resolve();
  #reading = false;
  #again = false;
  #isDue = false;
  /** Monotonic ms before which no other round begins. */
  #nextRoundMs = Number.NEGATIVE_INFINITY;
  #waiting = new Set<() => void>();

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Whether somebody wants to be told. */
  get isFollowed(): boolean {
    return this.#followers > 0;
  }

  /** Events have become durable. */
  touched(): void {
    if (!this.isFollowed || this.#isDue) return;
    const waitMs = this.#nextRoundMs - this.#clock.monotonicMs();
    if (waitMs <= 0) return void this.#readOn();
    this.#isDue = true;
    this.#clock.after(waitMs, () => {
      this.#isDue = false;
      this.#readOn();
    });
  }

  /** The process ends: nothing more comes. */
  close(): void {
    this.#closed = true;
    for (const wake of this.#waiting) wake();
  }

  async follow(): Promise<EventFollow> {
    if (this.#followers++ === 0) this.#ready = this.#begin();
    try {
      await this.#ready;
    } catch (error) {
      this.#followers--;
      throw error;
    }
    const wakes = new Set<() => void>();
    let isOpen = true;
    return {
      newest: this.#end,
      startOf: (sinceMs) => this.#startOf(sinceMs),
      oldest: async () =>
        (await this.#store.events({ afterId: 0, limit: 1 }))[0]?.id ?? this.#end + 1,
      read: (after, filter) => this.#read(after, filter),
      wait: async (after, ms) => {
        if (isOpen) await this.#wait(after, ms, wakes);
        return isOpen && !this.#closed;
      },
      close: () => {
        if (isOpen) this.#followers--;
        isOpen = false;
        for (const wake of wakes) wake();
      },
    };
  }

  async #begin(): Promise<void> {
    const [last] = await this.#store.events({ limit: 1, newest: true });
    this.#recent = [];
    this.#portions.clear();
    this.#from = this.#end = last?.id ?? 0;
  }

  async #readOn(): Promise<void> {
    this.#again = true;
    if (this.#reading) return;
    this.#reading = true;
    const restMs = pauseMs + pausePerFollowerMs * this.#followers;
    this.#nextRoundMs = this.#clock.monotonicMs() + restMs;
    try {
      await this.#ready;
      while (this.#again) {
        this.#again = false;
        const rows = await this.#store.events({ afterId: this.#end, limit: page });
        this.#again ||= rows.length === page;
        this.#keep(rows);
      }
    } catch {
      // The store is closing; else the next commit makes the same read again.
    } finally {
      this.#reading = false;
    }
  }

  #keep(rows: StoredEvent[]): void {
    if (rows.length === 0) return;
    this.#portions.clear();
    this.#recent.push(...rows);
    this.#end = rows.at(-1)!.id;
    const over = this.#recent.length - recent;
    if (over > 0) this.#from = this.#recent.splice(0, over).at(-1)!.id;
    for (const wake of this.#waiting) wake();
  }

  async #read(after: number, filter: EventFilter): Promise<Portion> {
    if (after >= this.#from) return this.#portion(after, filter);
    const end = this.#end;
    const { type } = filter;
    const query = { afterId: after, limit: page };
    const rows = await this.#store.events(
      type === null || type.endsWith("*") ? query : { ...query, type },
    );
    const last = rows.at(-1)?.id ?? after;
    const upTo = rows.length === page ? last : Math.max(last, end);
    return { items: rows.filter(fits(filter)), upTo };
  }

  /** Of what is in memory: one array for all who are at the same place and want the same. */
  #portion(after: number, filter: EventFilter): Portion {
    const name = `${after} ${filter.type ?? ""} ${filter.under}`;
    const known = this.#portions.get(name);
    if (known) return known;
    const at = this.#recent.findLastIndex(({ id }) => id <= after) + 1;
    const rows = this.#recent.slice(at, at + page);
    const portion = { items: rows.filter(fits(filter)), upTo: rows.at(-1)?.id ?? after };
    if (this.#portions.size < mostPortions) this.#portions.set(name, portion);
    return portion;
  }

  async #wait(after: number, ms: number, wakes: Set<() => void>): Promise<void> {
    if (this.#end > after || this.#closed) return;
    const woken = Promise.withResolvers<void>();
    const cancel = this.#clock.after(ms, woken.resolve);
    this.#waiting.add(woken.resolve);
    wakes.add(woken.resolve);
    await woken.promise;
    cancel();
    this.#waiting.delete(woken.resolve);
    wakes.delete(woken.resolve);
  }

  /** By halves, as ids are in the order of time and times have no index. */
  async #startOf(sinceMs: number): Promise<number> {
    let low = 0;
    let high = this.#end;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const [row] = await this.#store.events({ afterId: middle, limit: 1 });
      if (row && row.atMs < sinceMs) low = row.id;
      else high = middle;
    }
    return low;
  }
}

function fits({ under, type }: EventFilter): (event: StoredEvent) => boolean {
  const noun = type?.endsWith(".*") ? type.slice(0, -1) : null;
  return (event) =>
    (under === rootAddress || event.address !== null && isWithin(event.address, under)) &&
    (type === null || (noun === null ? event.type === type : event.type.startsWith(noun)));
}
