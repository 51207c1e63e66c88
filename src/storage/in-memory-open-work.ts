/** What agents wait for, without a database. */
import { isWithin, rootAddress } from "../address.ts";
import type { Tables } from "./in-memory-tables.ts";
import type { AskOf, CallOf, OpenWork, TimerOf } from "./open-work.ts";

type Query<Name extends keyof OpenWork> = Parameters<OpenWork[Name]>[0];

export class InMemoryOpenWork {
  #tables: Tables;

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  timers({ under, after, limit }: Query<"timers">): TimerOf[] {
    const place = after ?? { dueAtMs: 0, key: -1, id: "" };
    return this.#below([...this.#tables.timers.values()], under)
      .filter((row) =>
        row.dueAtMs > place.dueAtMs || (row.dueAtMs === place.dueAtMs && isAfter(row, place))
      )
      .sort((a, b) => a.dueAtMs - b.dueAtMs || a.key - b.key || order(a.id, b.id))
      .slice(0, limit);
  }

  calls({ under, after, status, limit }: Query<"calls">): CallOf[] {
    const place = after ?? { key: -1, id: "" };
    return this.#below([...this.#tables.calls.values()], under)
      .filter((row) => isAfter(row, place) && (status === null || row.status === status))
      .sort((a, b) => a.key - b.key || order(a.id, b.id))
      .slice(0, limit);
  }

  asks({ under, before, since, isOpen, limit }: Query<"asks">): AskOf[] {
    return [...this.#tables.asks.values()]
      .map((row) => ({ ...row, address: this.#addressOf(row.key) }))
      .filter(({ id, outcome, address }) =>
        (before === null || id < before) && (since === null || id >= since) &&
        (isOpen === null || (outcome === null) === isOpen) &&
        (under === rootAddress || (address !== null && isWithin(address, under)))
      )
      .sort((a, b) => order(b.id, a.id))
      .slice(0, limit);
  }

  #addressOf(key: number): string | null {
    const { agents, goneAgents } = this.#tables;
    return agents.get(key)?.address ?? goneAgents.get(key) ?? null;
  }

  #below<T extends { key: number }>(rows: T[], under: string): (T & { address: string })[] {
    return rows.flatMap((row) => {
      const address = this.#tables.agents.get(row.key)?.address;
      if (address === undefined) return [];
      return under === rootAddress || isWithin(address, under) ? [{ ...row, address }] : [];
    });
  }
}

const order = (a: string, b: string) => a < b ? -1 : a > b ? 1 : 0;

function isAfter(row: { key: number; id: string }, place: { key: number; id: string }): boolean {
  return row.key > place.key || (row.key === place.key && row.id > place.id);
}
