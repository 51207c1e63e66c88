/**
 * What is kept in memory of an agent that has nothing to do: what its cell is made of when somebody
 * wants it. A hundred thousand of these are some 20 MB; as many cells would be a gigabyte (R8).
 */
import type { Address } from "../address.ts";
import type { AgentRecord, Cursors } from "../storage/store.ts";
import { Cell } from "./cell.ts";
import type { Kind } from "./kinds.ts";

/** What many agents have in common: kept once. */
interface Mold {
  kind: Kind;
  record: Omit<AgentRecord, OwnField>;
}

type OwnField = "key" | "address" | "generation" | "restarts" | "createdAtMs";

export class Passive {
  #mold: Mold;
  #restarts: number;
  #turns: number;
  #lastSeq: number;
  #createdAtMs: number;
  // Four numbers are a third of an array of four.
  #c0: number;
  #c1: number;
  #c2: number;
  #c3: number;

  constructor(
    mold: Mold,
    readonly key: number,
    readonly address: Address,
    readonly generation: number,
    { restarts, createdAtMs }: AgentRecord,
    { cursors, turns, lastSeq }: { cursors: Cursors; turns: number; lastSeq: number },
  ) {
    this.#mold = mold;
    this.#restarts = restarts;
    this.#createdAtMs = createdAtMs;
    this.#turns = turns;
    this.#lastSeq = lastSeq;
    [this.#c0, this.#c1, this.#c2, this.#c3] = cursors;
  }

  get kind(): string {
    return this.#mold.record.agent;
  }

  get spawnedBy(): string | null {
    return this.#mold.record.spawnedBy;
  }

  /** The agent as it was; its summary is read with its state when it gets a thread. */
  toCell(): Cell {
    const { key, address, generation } = this;
    const own = { key, address, generation, restarts: this.#restarts };
    const record = { ...this.#mold.record, ...own, createdAtMs: this.#createdAtMs };
    return new Cell(record, this.#mold.kind, {
      cursors: [this.#c0, this.#c1, this.#c2, this.#c3],
      lastSeq: this.#lastSeq,
      turns: this.#turns,
      depths: [0, 0, 0, 0],
      summary: null,
      origins: null,
      hasState: true,
    });
  }
}

/** Makes passive agents, sharing what they have in common. */
export class Molds {
  #molds = new Map<string, Mold>();

  passive(
    record: AgentRecord,
    kind: Kind,
    at: { cursors: Cursors; turns: number; lastSeq: number },
  ): Passive {
    const { key, address, generation, restarts: _, createdAtMs: __, ...shared } = record;
    const name = JSON.stringify([kind.hash, shared]);
    let mold = this.#molds.get(name);
    if (!mold) {
      mold = { kind, record: shared };
      this.#molds.set(name, mold);
    }
    return new Passive(mold, key, address, generation, record, at);
  }

  clear(): void {
    this.#molds.clear();
  }
}
