/**
 * All agents by address and by key. One that has nothing to do is a `Passive`; whoever asks for it
 * gets its cell, which is made then.
 *
 * Invariants:
 * - I1 An agent has one cell at most, from when it is first asked for until it is passive again.
 * - I2 A cell becomes a `Passive` only when nobody has asked for it for a while (resting.ts).
 */
import type { Address } from "../address.ts";
import { DreamError } from "../errors.ts";
import { type AgentStatus, agentStatuses } from "../storage/store.ts";
import type { Cell } from "./cell.ts";
import { Molds, type Passive } from "./passive.ts";

export interface RegistryEvents {
  /** A passive agent has a cell now. */
  woken(cell: Cell): void;
  /** A cell is about to be a passive agent. */
  rested(cell: Cell): void;
  /** An agent is no more. */
  removed(address: Address): void;
}

export class Registry {
  #byAddress = new Map<Address, Cell | Passive>();
  /** Null when an address has come or gone since: sorted anew for who asks. */
  #sorted: Address[] | null = null;
  #byKey = new Map<number, Cell | Passive>();
  #awake = new Set<Cell>();
  #molds = new Molds();
  #generations = new Map<Address, number>();
  #nextKey = 1;
  #allPaused = false;
  #round = 0;
  #events: RegistryEvents = { woken: () => {}, rested: () => {}, removed: () => {} };

  /** Each event has one listener. */
  listen(events: Partial<RegistryEvents>): void {
    Object.assign(this.#events, events);
  }

  get size(): number {
    return this.#byAddress.size;
  }

  /** Whether all are, and those to come. */
  get isPaused(): boolean {
    return this.#allPaused;
  }

  /** Pauses every agent that there is or will be, or no more. Not stored: for safe mode (R7). */
  pauseAll(isPaused: boolean): void {
    this.#allPaused = isPaused;
    for (const cell of this.#awake) cell.paused = isPaused;
  }

  add(cell: Cell): void {
    cell.paused = this.#allPaused;
    cell.askedFor = this.#round;
    this.#awake.add(cell);
    this.#put(cell);
  }

  /** Keeps the agent as a passive one: its cell is not used any more. */
  rest(cell: Cell): void {
    if (this.#byAddress.get(cell.address) !== cell) return;
    if (this.#awake.delete(cell)) this.#events.rested(cell);
    this.#put(this.#molds.passive(cell.record, cell.kind, cell));
  }

  /** A new round begins. @returns those that nobody has asked for in the last two rounds */
  takeUnasked(): Cell[] {
    const before = this.#round++;
    return [...this.#awake].filter(({ askedFor }) => askedFor < before);
  }

  #put(agent: Cell | Passive): void {
    if (!this.#byAddress.has(agent.address)) this.#sorted = null;
    this.#byAddress.set(agent.address, agent);
    this.#byKey.set(agent.key, agent);
    this.#nextKey = Math.max(this.#nextKey, agent.key + 1);
  }

  #cellOf(agent: Cell | Passive | undefined): Cell | undefined {
    if (!agent) return undefined;
    if (!("toCell" in agent)) {
      agent.askedFor = this.#round;
      return agent;
    }
    const cell = agent.toCell();
    this.add(cell);
    this.#events.woken(cell);
    return cell;
  }

  /** Makes the cells of the passive agents below `address`. */
  wakeBelow(address: Address): void {
    for (const agent of [...this.#byAddress.values()]) {
      if (agent.address.startsWith(`${address}/`)) this.#cellOf(agent);
    }
  }

  /** Takes up a stored agent that has nothing to do. */
  addPassive(...agent: Parameters<Molds["passive"]>): void {
    this.#put(this.#molds.passive(...agent));
  }

  remove(cell: Cell): void {
    if (this.#byAddress.get(cell.address) === cell) {
      this.#byAddress.delete(cell.address);
      this.#sorted = null;
    }
    this.#byKey.delete(cell.key);
    this.#awake.delete(cell);
    this.#generations.set(cell.address, cell.record.generation);
    this.#events.removed(cell.address);
  }

  /** Whether there is such an agent; a passive one stays passive. */
  has(address: Address): boolean {
    return this.#byAddress.has(address);
  }

  /** Generation of the last agent at this address that is gone; the next goes on from there. */
  lastGeneration(address: Address): number {
    return this.find(address)?.record.generation ?? this.#generations.get(address) ?? 0;
  }

  find(address: Address): Cell | undefined {
    return this.#cellOf(this.#byAddress.get(address));
  }

  /** @throws {DreamError} `agent_not_found` */
  get(address: Address): Cell {
    const cell = this.find(address);
    if (cell) return cell;
    throw new DreamError("agent_not_found", `There is no agent ${address}`);
  }

  /** What it is, and how it stands, without waking one that is passive. */
  glance(address: Address): { kind: string; status: AgentStatus } | null {
    const agent = this.#byAddress.get(address);
    if (!agent) return null;
    if (!("toCell" in agent)) return { kind: agent.record.agent, status: agent.status };
    return { kind: agent.kind, status: this.#allPaused ? "paused" : "passive" };
  }

  byKey(key: number): Cell | undefined {
    return this.#cellOf(this.#byKey.get(key));
  }

  /** A key that no agent ever had. */
  takeKey(): number {
    return this.#nextKey++;
  }

  /** The highest key given so far. */
  get lastKey(): number {
    return this.#nextKey - 1;
  }

  /** Keys up to `key` are used, by agents that are gone too. */
  reserveKeys(key: number): void {
    this.#nextKey = Math.max(this.#nextKey, key + 1);
  }

  clear(): void {
    this.#byAddress.clear();
    this.#sorted = null;
    this.#byKey.clear();
    this.#awake.clear();
    this.#molds.clear();
  }

  /** Every agent: makes the cells of passive ones, so only for who changes them all. */
  *all(): Generator<Cell> {
    for (const agent of [...this.#byAddress.values()]) yield this.#cellOf(agent)!;
  }

  /** Those that are not passive, or were not a moment ago. */
  awake(): Iterable<Cell> {
    return this.#awake;
  }

  /** Keys of agents by the address that spawned them, oldest first. */
  families(): Map<Address, number[]> {
    const found = new Map<Address, number[]>();
    for (const agent of this.#byAddress.values()) {
      const parent = "toCell" in agent ? agent.spawnedBy : agent.record.spawnedBy;
      if (parent === null || !parent.startsWith("/")) continue;
      const keys = found.get(parent);
      if (keys) keys.push(agent.key);
      else found.set(parent, [agent.key]);
    }
    return found;
  }

  /** In their order, beyond `after`: a page of a hundred thousand costs no more than one of ten. */
  *sortedAddresses(after: Address): Generator<Address> {
    const all = this.#sorted ??= [...this.#byAddress.keys()].sort((a, b) => a < b ? -1 : 1);
    let from = 0;
    for (let to = all.length; from < to;) {
      const middle = (from + to) >> 1;
      if (all[middle]! > after) to = middle;
      else from = middle + 1;
    }
    for (let at = from; at < all.length; at++) yield all[at]!;
  }

  addresses(): Iterable<Address> {
    return this.#byAddress.keys();
  }

  counts(): Record<AgentStatus, number> {
    const counts = Object.fromEntries(agentStatuses.map((status) => [status, 0])) as Record<
      AgentStatus,
      number
    >;
    for (const cell of this.#awake) counts[cell.status]++;
    counts[this.#allPaused ? "paused" : "passive"] += this.size - this.#awake.size;
    return counts;
  }
}
