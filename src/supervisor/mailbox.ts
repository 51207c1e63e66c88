/**
 * The open envelopes of one agent, as far as they are in memory.
 *
 * Owns: the order in which one agent's envelopes are handed over.
 * Invariants:
 * - I1 Within a lane envelopes leave in `seq` order; a lane's window is gap-free from its front.
 * - I2 What is handed over and not consumed comes back to the front of its lane.
 * - I3 `depth` counts every open envelope, in memory or not.
 */
import { type Envelope, type Lane, lanes } from "../actors/envelope.ts";
import type { Cursors } from "../storage/store.ts";

/** Envelopes of one lane kept in memory; the rest stays in the store until there is room. */
const windowCount = 1_024;
const windowBytes = 4 * 1024 * 1024;
/** One turn in this many goes first to the oldest waiting lower lane. */
const fairTurn = 8;

interface LaneWindow {
  open: Envelope[];
  bytes: number;
  /** Open envelopes of the lane beyond the window, still in the store only. */
  beyond: number;
  /** Those of them, from before the start, whose senders are not known yet. */
  unknown: number;
}

/** What to read from the store next: the lane's envelopes after `afterSeq`. */
export interface NextLoad {
  lane: Lane;
  afterSeq: number;
  /** How many the count says are there. */
  expected: number;
}

export class Mailbox {
  #lanes: LaneWindow[] = lanes.map(() => ({
    open: [],
    bytes: 0,
    beyond: 0,
    unknown: 0,
  }));
  #bySender = new Map<string, number>();
  #turns = 0;
  /** Open envelopes: in memory, in the store and in hand. */
  depth = 0;
  /** Those of them that count against the bound: messages, not replies, results, timers, system. */
  bounded = 0;

  /** Open envelopes per lane at start, before any is loaded. */
  constructor(beyond: readonly number[] = [0, 0, 0, 0]) {
    beyond.forEach((count, lane) => {
      this.#lanes[lane]!.beyond = count;
      this.#lanes[lane]!.unknown = count;
      this.depth += count;
      this.bounded += count;
    });
  }

  /** Adds the newest envelope of its lane. */
  push(envelope: Envelope): void {
    this.depth++;
    if (isBounded(envelope)) this.bounded++;
    this.#countSender(envelope, 1);
    const lane = this.#lane(envelope.lane);
    if (lane.beyond > 0 || isFull(lane)) lane.beyond++;
    else add(lane, envelope);
  }

  /** Whether anything can be taken now. */
  get hasLoaded(): boolean {
    return this.#lanes.some((lane) => lane.open.length > 0);
  }

  /** Whether the next envelope of some lane has crashed the agent before. */
  get hasCrashedBefore(): boolean {
    return this.#lanes.some((lane) => (lane.open[0]?.attempt ?? 0) > 0);
  }

  /** The lane that should be loaded from the store next, and from where; null when none. */
  nextLoad(cursors: Cursors, inHand: readonly Envelope[]): NextLoad | null {
    for (let i = 0; i < lanes.length; i++) {
      const { open, beyond } = this.#lanes[i]!;
      if (beyond === 0 || open.length > 0) continue;
      const held = inHand.filter((envelope) => envelope.lane === lanes[i]).at(-1);
      return { lane: lanes[i]!, afterSeq: held?.seq ?? cursors[i]!, expected: beyond };
    }
    return null;
  }

  /** Envelopes read from the store join the end of their lane's window. */
  loaded(lane: Lane, envelopes: readonly Envelope[]): void {
    const window = this.#lane(lane);
    for (const envelope of envelopes) {
      if (window.beyond === 0) break;
      window.beyond--;
      if (window.unknown > 0) {
        window.unknown--;
        this.#countSender(envelope, 1);
      }
      add(window, envelope);
    }
  }

  /** The store has none of the `expected` ones that were counted: the count is corrected. */
  nothingBeyond({ lane, expected }: NextLoad): void {
    const window = this.#lane(lane);
    const missing = Math.min(expected, window.beyond);
    this.depth -= missing;
    this.bounded = Math.max(0, this.bounded - missing);
    window.beyond -= missing;
    window.unknown = 0;
  }

  /**
   * Takes the next batch: urgent lanes first; each eighth time the lower lane whose front has
   * waited longest goes before them, so that nothing starves.
   */
  take(most: number, mostBytes: number): Envelope[] {
    const batch: Envelope[] = [];
    let bytes = 0;
    const draw = (lane: LaneWindow, limit: number) => {
      while (lane.open.length > 0 && batch.length < limit) {
        const size = lane.open[0]!.payload.length;
        if (batch.length > 0 && bytes + size > mostBytes) return;
        bytes += size;
        lane.bytes -= size;
        batch.push(lane.open.shift()!);
      }
    };
    if (++this.#turns % fairTurn === 0) {
      const lower = this.#oldestLower();
      if (lower) draw(lower, Math.max(1, most >> 1));
    }
    for (const lane of this.#lanes) draw(lane, most);
    return batch;
  }

  /** Envelopes that were taken and not consumed go back to the front (I2). */
  giveBack(envelopes: readonly Envelope[]): void {
    for (let i = envelopes.length - 1; i >= 0; i--) {
      const envelope = envelopes[i]!;
      const lane = this.#lane(envelope.lane);
      lane.open.unshift(envelope);
      lane.bytes += envelope.payload.length;
    }
  }

  /** Envelopes that were taken are gone for good. */
  consumed(envelopes: readonly Envelope[]): void {
    this.depth -= envelopes.length;
    for (const envelope of envelopes) {
      if (isBounded(envelope)) this.bounded--;
      this.#countSender(envelope, -1);
    }
  }

  /** Open messages of one sender, as far as known: of those from before a start not all are. */
  from(sender: string): number {
    return this.#bySender.get(sender) ?? 0;
  }

  /** Takes one envelope out of its turn. */
  drop(envelope: Envelope): void {
    const lane = this.#lane(envelope.lane);
    const at = lane.open.indexOf(envelope);
    if (at < 0) return;
    lane.open.splice(at, 1);
    lane.bytes -= envelope.payload.length;
    this.consumed([envelope]);
  }

  /** Takes from the control lane alone. */
  takeUrgent(most: number): Envelope[] {
    const lane = this.#lane("control");
    const batch = lane.open.splice(0, most);
    for (const { payload } of batch) lane.bytes -= payload.length;
    return batch;
  }

  /** Open envelopes of the control lane. */
  get urgent(): number {
    const { open, beyond } = this.#lane("control");
    return open.length + beyond;
  }

  /**
   * Lets go of what is in memory: it is read from the store when it is wanted. `revived` were taken
   * out before and are there again, ahead of all others of their lane.
   */
  unload(revived: readonly Pick<Envelope, "lane" | "kind">[] = []): void {
    for (const envelope of revived) {
      this.#lane(envelope.lane).beyond++;
      this.depth++;
      if (isBounded(envelope)) this.bounded++;
    }
    for (const lane of this.#lanes) {
      lane.beyond += lane.open.length;
      lane.unknown = lane.beyond;
      lane.open = [];
      lane.bytes = 0;
    }
    this.#bySender.clear();
  }

  /** Its agent is no more. */
  clear(): void {
    this.unload();
    for (const lane of this.#lanes) lane.beyond = lane.unknown = 0;
    this.depth = this.bounded = 0;
  }

  /** Everything in memory, in lane order. */
  peek(): Envelope[] {
    return this.#lanes.flatMap((lane) => lane.open);
  }

  /** When the oldest envelope in memory was sent, epoch ms. */
  get oldestAtMs(): number | null {
    const fronts = this.#lanes.flatMap((lane) => lane.open[0]?.sentAtMs ?? []);
    return fronts.length > 0 ? Math.min(...fronts) : null;
  }

  #countSender(envelope: Envelope, by: number): void {
    if (!isBounded(envelope)) return;
    const count = this.from(envelope.from) + by;
    if (count > 0) this.#bySender.set(envelope.from, count);
    else this.#bySender.delete(envelope.from);
  }

  #oldestLower(): LaneWindow | undefined {
    const top = this.#lanes.findIndex((lane) => lane.open.length > 0);
    return this.#lanes.slice(top + 1).filter((lane) => lane.open.length > 0)
      .sort((a, b) => a.open[0]!.sentAtMs - b.open[0]!.sentAtMs)[0];
  }

  #lane(lane: Lane): LaneWindow {
    return this.#lanes[lanes.indexOf(lane)]!;
  }
}

/** Replies, results, timers and `system.*` are outside the bound (R9). */
export function isBounded(envelope: Pick<Envelope, "kind">): boolean {
  return envelope.kind === "message";
}

function isFull(lane: LaneWindow): boolean {
  return lane.open.length >= windowCount || lane.bytes >= windowBytes;
}

function add(lane: LaneWindow, envelope: Envelope): void {
  lane.open.push(envelope);
  lane.bytes += envelope.payload.length;
}
