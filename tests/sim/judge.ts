/**
 * Holds everything that becomes durable against what was promised, change by change. It knows the
 * rules only, nothing of the supervisor.
 */
import type { Envelope } from "../../src/actors/envelope.ts";
import { Tables } from "../../src/storage/in-memory-tables.ts";
import type { Change, StateRow } from "../../src/storage/store.ts";
import { ghost } from "./hosts.ts";
import { type Book, lanes, mix } from "./words.ts";

/** A promise that was broken. */
export class Broken extends Error {
  override name = "Broken";
}

export function broken(invariant: string, what: string): never {
  throw new Broken(`${invariant}: ${what}`);
}

interface WorkPayload {
  life: string;
  n: number;
  op: string | null;
}

/** How many agents' messages one sender's life has sent to one address. */
type Counts = Map<string, number>;

export class JudgedTables extends Tables {
  /** Told of every group that became durable. */
  onCommit: (changes: readonly Change[]) => void = () => {};
  /** Called when it is durable, before anybody knows. */
  afterCommit: () => void = () => {};
  /** Told of the first promise that does not hold. */
  onBroken: (error: Error) => void = () => {};
  maxAttempts = 3;
  mailboxLimit = Number.POSITIVE_INFINITY;
  readonly envelopes = new Map<string, { key: number; envelope: Envelope }>();
  /** Envelope ids by request of a client. */
  readonly ops = new Map<string, string[]>();
  #took = new Map<number, Record<string, string>>();
  #lastSeq = new Map<number, number>();
  #numbers: Counts = new Map();
  #once = new Set<string>();

  /** Nothing but a fault of the disk makes the store refuse what the supervisor commits. */
  override holds(changes: readonly Change[]): boolean {
    if (super.holds(changes)) return true;
    this.onBroken(new Broken(`refusal: ${changes.map(({ op }) => op)}`));
    return false;
  }

  override apply(changes: readonly Change[]): void {
    this.onCommit(changes);
    try {
      for (const change of changes) this.#before(change, changes);
      this.#checkNumbers(changes);
      super.apply(changes);
      for (const change of changes) {
        if (change.op === "state") this.#checkState(change.row, changes);
      }
    } catch (thrown) {
      this.onBroken(thrown as Error);
    }
    this.afterCommit();
  }

  #before(change: Change, all: readonly Change[]): void {
    switch (change.op) {
      case "envelope":
        return this.#envelope(change.key, change.envelope, all);
      case "state":
        return this.#consumed(change.row, all);
      case "cursors":
        return broken("cursor", `cursors of ${change.key} moved without a turn`);
      case "stateGone":
        return void this.#took.delete(change.key);
      case "skip":
        return this.#skip(change, all);
      case "ask": {
        const before = this.asks.get(change.row.id);
        if (before && before.outcome !== null) broken("ask", `${change.row.id} settled twice`);
        return;
      }
      case "attempt":
        if (change.attempt > this.maxAttempts) broken("attempts", JSON.stringify(change));
        return;
      case "deadLetter": {
        const { id } = change.letter.envelope;
        if (this.letters.some((letter) => letter.envelope.id === id)) {
          broken("dead letter", `${id} died twice`);
        }
        if (change.letter.reason === "poison") this.#checkAttempts(id, all);
        return;
      }
      case "agent": {
        const { key, address } = change.record;
        if (this.goneAgents.has(key)) broken("gone", `${address} came back after its end`);
        const before = this.agents.get(key);
        if (before && before.generation > change.record.generation) {
          broken("generation", `${before.address} went back to ${change.record.generation}`);
        }
      }
    }
  }

  /** Who died of poison had its attempts, and they were stored. */
  #checkAttempts(id: string, all: readonly Change[]): void {
    const { key, envelope: { lane, seq } } = this.envelopes.get(id)!;
    let stored = this.mailboxes.get(`${key} ${lane}`)?.find((one) => one.seq === seq)?.attempt ?? 0;
    for (const one of all) {
      if (one.op !== "attempt" || one.key !== key || one.seq !== seq) continue;
      stored = Math.max(stored, one.attempt);
    }
    if (stored < this.maxAttempts) broken("attempts", `${id} died of poison after ${stored}`);
  }

  #envelope(key: number, envelope: Envelope, all: readonly Change[]): void {
    const { id, seq, kind, correlation, to } = envelope;
    const last = this.#lastSeq.get(key) ?? 0;
    if (seq !== last + 1) broken("seq", `${to} was given ${seq} after ${last}`);
    this.#lastSeq.set(key, seq);
    if (this.envelopes.has(id)) broken("twice", `envelope ${id} for ${to} was stored before`);
    this.envelopes.set(id, { key, envelope });
    this.#checkRoom(key, envelope);
    if (kind === "timer" || kind === "reply" || kind === "result") {
      const name = `${kind} ${key} ${correlation}`;
      if (this.#once.has(name)) broken("twice", `${kind} ${correlation} came to ${to} again`);
      this.#once.add(name);
    }
    if (kind === "timer") {
      const isGone = all.some((one) =>
        one.op === "timerGone" && one.key === key && one.id === correlation
      );
      if (!isGone) broken("timer", `${correlation} of ${to} fired and stays`);
    }
    if (kind === "message" && envelope.type === "work") {
      const { op } = JSON.parse(envelope.payload) as WorkPayload;
      if (op !== null) this.ops.set(op, [...(this.ops.get(op) ?? []), id]);
      if (op !== null && envelope.from.startsWith("@") && this.#once.has(`op ${op} ${to}`)) {
        broken("twice", `request ${op} took effect at ${to} again`);
      }
      this.#once.add(`op ${op} ${to}`);
    }
  }

  #checkRoom(key: number, { kind, to }: Envelope): void {
    if (kind !== "message") return;
    let count = 0;
    for (const lane of lanes) {
      for (const one of this.open(key, lane, this.cursor(key, lane))) {
        if (one.kind === "message") count++;
      }
    }
    if (count >= this.mailboxLimit) broken("bound", `${to} has ${count + 1} messages`);
  }

  #skip(change: Extract<Change, { op: "skip" }>, all: readonly Change[]): void {
    const { key, lane, seq } = change;
    const envelope = this.mailboxes.get(`${key} ${lane}`)?.find((one) => one.seq === seq);
    if (!envelope) return broken("skip", `nothing at ${key} ${lane} ${seq}`);
    if (this.isSkipped(key, envelope)) broken("skip", `${envelope.id} was left out before`);
    if (seq <= this.cursor(key, lane)) broken("skip", `${envelope.id} has been consumed`);
    if (envelope.kind !== "message") return;
    const isKept = all.some((one) =>
      one.op === "deadLetter" && one.letter.envelope.id === envelope.id
    );
    if (!isKept) broken("lost", `${envelope.id} was left out and is no dead letter`);
  }

  /** Adds what this turn takes to what the agent must have taken. */
  #consumed(row: StateRow, all: readonly Change[]): void {
    const { key, cursors } = row;
    const took = { ...this.#took.get(key) };
    const isSkippedNow = new Set(
      all.flatMap((one) => one.op === "skip" && one.key === key ? [`${one.lane} ${one.seq}`] : []),
    );
    for (const [i, lane] of lanes.entries()) {
      const before = this.cursor(key, lane);
      const after = cursors[i]!;
      if (after < before) broken("cursor", `${key} ${lane} went from ${before} to ${after}`);
      for (const envelope of this.open(key, lane, before)) {
        if (envelope.seq > after) break;
        if (isSkippedNow.has(`${lane} ${envelope.seq}`)) continue;
        if (envelope.kind !== "message" || envelope.type !== "work") continue;
        const isUnhandled = all.some((one) =>
          one.op === "deadLetter" && one.letter.envelope.id === envelope.id
        );
        if (!isUnhandled) took[lane] = mix(took[lane], envelope.id);
      }
    }
    this.#took.set(key, took);
  }

  /** What one life sends to one address is numbered: none is left out, none comes twice. */
  #checkNumbers(changes: readonly Change[]): void {
    const found = new Map<string, number[]>();
    const add = (envelope: Envelope) => {
      if (envelope.type !== "work" || envelope.from.startsWith("@")) return;
      const { life, n } = JSON.parse(envelope.payload) as WorkPayload;
      const name = `${envelope.from} ${life} ${envelope.to}`;
      found.set(name, [...(found.get(name) ?? []), n]);
    };
    for (const change of changes) {
      if (change.op === "envelope") add(change.envelope);
      if (change.op === "deadLetter" && change.letter.envelope.seq === 0) {
        add(change.letter.envelope);
      }
    }
    for (const [name, numbers] of found) {
      let last = this.#numbers.get(name) ?? 0;
      for (const n of numbers.sort((a, b) => a - b)) {
        if (n !== last + 1) broken("sent", `${name}: number ${n} after ${last}`);
        last = n;
      }
      this.#numbers.set(name, last);
    }
  }

  #checkState({ key, state, summary }: StateRow, all: readonly Change[]): void {
    const address = this.agents.get(key)?.address;
    if (state.text.includes(`"${ghost}":`)) broken("ghost", `${address} took a frame of nobody`);
    if (all.some((one) => one.op === "stateGone" && one.key === key)) return;
    const { context: book } = JSON.parse(state.text).root as { context: Book };
    if (book.faults.length > 0) broken("order", `${address}: ${book.faults[0]}`);
    const took = this.#took.get(key) ?? {};
    for (const lane of lanes) {
      if (took[lane] === book.took[lane]) continue;
      broken("effect", `${address} took ${book.took[lane]} of ${lane}, stored is ${took[lane]}`);
    }
    for (const [to, count] of Object.entries(book.sent)) {
      const stored = this.#numbers.get(`${address} ${book.life} ${to}`) ?? 0;
      if (stored !== count) broken("sent", `${address} sent ${count} to ${to}, stored: ${stored}`);
    }
    if (JSON.parse(summary).status === "active") this.#checkTimers(key, book);
  }

  /** Every delay that the agent waits for is a row or on its way. */
  #checkTimers(key: number, book: Book): void {
    let coming = 0;
    for (const row of this.timers.values()) if (row.key === key) coming++;
    for (const lane of lanes) {
      for (const one of this.open(key, lane, this.cursor(key, lane))) {
        if (one.kind === "timer") coming++;
      }
    }
    if (coming < book.waiting.length) {
      broken("timer", `${key} waits for ${book.waiting.length} delays, ${coming} are to come`);
    }
  }
}
