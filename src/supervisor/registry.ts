/** All agents by address and by key. A passive agent costs its record and little else. */
import type { Address } from "../address.ts";
import { DreamError } from "../errors.ts";
import { type AgentStatus, agentStatuses } from "../storage/store.ts";
import type { Cell } from "./cell.ts";

export class Registry {
  #byAddress = new Map<Address, Cell>();
  #byKey = new Map<number, Cell>();
  #generations = new Map<Address, number>();
  #nextKey = 1;
  #allPaused = false;

  get size(): number {
    return this.#byAddress.size;
  }

  /** Pauses every agent that there is or will be, or no more. Not stored: for safe mode (R7). */
  pauseAll(isPaused: boolean): void {
    this.#allPaused = isPaused;
    for (const cell of this.#byAddress.values()) cell.paused = isPaused;
  }

  add(cell: Cell): void {
    cell.paused = this.#allPaused;
    this.#byAddress.set(cell.address, cell);
    this.#byKey.set(cell.key, cell);
    this.#nextKey = Math.max(this.#nextKey, cell.key + 1);
  }

  remove(cell: Cell): void {
    if (this.#byAddress.get(cell.address) === cell) this.#byAddress.delete(cell.address);
    this.#byKey.delete(cell.key);
    this.#generations.set(cell.address, cell.record.generation);
  }

  /** Generation of the last agent at this address that is gone; the next goes on from there. */
  lastGeneration(address: Address): number {
    return this.#byAddress.get(address)?.record.generation ?? this.#generations.get(address) ?? 0;
  }

  find(address: Address): Cell | undefined {
    return this.#byAddress.get(address);
  }

  /** @throws {DreamError} `agent_not_found` */
  get(address: Address): Cell {
    const cell = this.#byAddress.get(address);
    if (cell) return cell;
    throw new DreamError("agent_not_found", `There is no agent ${address}`);
  }

  byKey(key: number): Cell | undefined {
    return this.#byKey.get(key);
  }

  /** A key that no agent ever had. */
  takeKey(): number {
    return this.#nextKey++;
  }

  /** Keys up to `key` are used, by agents that are gone too. */
  reserveKeys(key: number): void {
    this.#nextKey = Math.max(this.#nextKey, key + 1);
  }

  clear(): void {
    this.#byAddress.clear();
    this.#byKey.clear();
  }

  all(): IterableIterator<Cell> {
    return this.#byAddress.values();
  }

  counts(): Record<AgentStatus, number> {
    const counts = Object.fromEntries(agentStatuses.map((status) => [status, 0])) as Record<
      AgentStatus,
      number
    >;
    for (const cell of this.#byAddress.values()) counts[cell.status]++;
    return counts;
  }
}
