/** What a store keeps, as plain maps: the changes of store.ts and what they lead to. */
import type { Address } from "../address.ts";
import { type Envelope, type Lane, lanes } from "../actors/envelope.ts";
import type {
  AgentRecord,
  AskRow,
  BootAgent,
  BundleRow,
  CallRow,
  Change,
  Cursors,
  DeadLetter,
  EventRow,
  IdempotencyRow,
  StateRow,
  TimerRow,
} from "./store.ts";
import {
  type Checkpoint,
  checkpointEveryMs,
  type CheckpointInfo,
  type CheckpointRequest,
  keptCheckpoints,
} from "./checkpoint.ts";
import type { TokenRow } from "./token-row.ts";
import { Documents } from "./in-memory-documents.ts";

/** What stays of an agent's hot row when its state is forgotten. */
interface Hot {
  cursors: Cursors;
  turns: number;
  row: Pick<StateRow, "state" | "summary"> | null;
  origins: string | null;
}

const cold: Hot = { cursors: [0, 0, 0, 0], turns: 0, row: null, origins: null };

export class Tables {
  readonly agents = new Map<number, AgentRecord>();
  readonly goneAgents = new Map<number, Address>();
  readonly hot = new Map<number, Hot>();
  /** By key and lane, in the order of `seq`. */
  readonly mailboxes = new Map<string, Envelope[]>();
  readonly skips = new Set<string>();
  readonly timers = new Map<string, TimerRow>();
  readonly calls = new Map<string, CallRow>();
  readonly asks = new Map<string, AskRow>();
  readonly keys = new Map<string, IdempotencyRow>();
  readonly tokens = new Map<string, TokenRow>();
  readonly meta = new Map<string, string>();
  readonly bundles = new Map<string, BundleRow>();
  checkpoints: Checkpoint[] = [];
  letters: (DeadLetter & { id: number })[] = [];
  events: (EventRow & { id: number })[] = [];
  readonly documents = new Documents();
  #lastLetter = 0;
  #lastEvent = 0;
  #lastCheckpoint = 0;

  /** Whether the changes break no rule; then `apply` does all of them. */
  holds(changes: readonly Change[]): boolean {
    const addresses = new Map<Address, number>();
    if (changes.some(({ op }) => op === "agent")) {
      for (const { address, key } of this.agents.values()) addresses.set(address, key);
    }
    const given = new Set<string>();
    for (const change of changes) {
      if (change.op === "agentGone") {
        for (const [address, key] of addresses) if (key === change.key) addresses.delete(address);
      } else if (change.op === "agent") {
        const { address, key } = change.record;
        if ((addresses.get(address) ?? key) !== key) return false;
        addresses.set(address, key);
      } else if (change.op === "envelope") {
        const { lane, seq } = change.envelope;
        const place = `${change.key} ${lane} ${seq}`;
        if (given.has(place) || this.#find(change.key, lane, seq)) return false;
        given.add(place);
      } else if (change.op === "token") {
        const { name, hash } = change.row;
        const isTaken = (one: TokenRow) => one.hash === hash && one.name !== name;
        if ([...this.tokens.values()].some(isTaken)) return false;
      }
    }
    return true;
  }

  apply(changes: readonly Change[]): void {
    for (const change of changes) this.#apply(change);
  }

  #apply(change: Change): void {
    switch (change.op) {
      case "agent":
        return void this.agents.set(change.record.key, change.record);
      case "agentGone":
        return this.#forget(change.key);
      case "state": {
        const { key, cursors, turns, state, summary, origins } = change.row;
        return void this.hot.set(key, { cursors, turns, row: { state, summary }, origins });
      }
      case "stateGone": {
        const hot = this.hot.get(change.key);
        if (hot) hot.row = hot.origins = null;
        return;
      }
      case "origins":
      case "cursors": {
        const { op: _op, key, ...changed } = change;
        return void this.hot.set(key, { ...cold, ...this.hot.get(key), ...changed });
      }
      case "envelope":
        // A row of its own: a dead letter of the same group holds the same object.
        return this.#put(change.key, { ...change.envelope });
      case "skip":
        return void this.skips.add(`${change.key} ${change.lane} ${change.seq}`);
      case "attempt": {
        const envelope = this.#find(change.key, change.lane, change.seq);
        if (envelope) envelope.attempt = change.attempt;
        return;
      }
      default:
        return this.#applyRow(change);
    }
  }

  #applyRow(change: Change): void {
    switch (change.op) {
      case "deadLetter":
        return this.#bury(change.letter);
      case "deadLetterGone":
        this.letters = this.letters.filter(({ id }) => id !== change.id);
        return;
      case "revive":
      case "buryMail":
      case "attemptsGone":
      case "workGone":
      case "checkpoint":
        return this.#sweep(change);
      case "timer":
        return void this.timers.set(`${change.row.key} ${change.row.id}`, change.row);
      case "timerGone":
        return void this.timers.delete(`${change.key} ${change.id}`);
      case "call":
        return void this.calls.set(`${change.row.key} ${change.row.id}`, change.row);
      case "callGone":
        return void this.calls.delete(`${change.key} ${change.id}`);
      case "ask":
        return void this.asks.set(change.row.id, change.row);
      case "idempotency":
        return void this.keys.set(`${change.row.scope} ${change.row.key}`, change.row);
      case "event":
        return void this.events.push({ ...change.row, id: ++this.#lastEvent });
      case "bundle": {
        const name = `${change.row.agent} ${change.row.hash}`;
        this.bundles.delete(name);
        return void this.bundles.set(name, change.row);
      }
      case "token":
        return void this.tokens.set(change.row.name, change.row);
      case "tokenGone":
        return void this.tokens.delete(change.name);
      case "meta":
        return void this.meta.set(change.name, change.value);
    }
  }

  #sweep(
    change: Extract<
      Change,
      { op: "revive" | "buryMail" | "attemptsGone" | "workGone" | "checkpoint" }
    >,
  ): void {
    switch (change.op) {
      case "revive": {
        const { key, address, id, lane, seq } = change;
        this.skips.delete(`${key} ${lane} ${seq}`);
        const envelope = this.#find(key, lane, seq);
        if (envelope) envelope.attempt = 0;
        this.letters = this.letters.filter((one) =>
          one.envelope.to !== address || one.envelope.id !== id
        );
        return;
      }
      case "buryMail": {
        const { key, reason, message, deadAtMs } = change;
        for (const envelope of this.#openOf(key)) {
          this.#bury({ envelope: { ...envelope }, reason, message, state: null, deadAtMs });
          this.skips.add(`${key} ${envelope.lane} ${envelope.seq}`);
        }
        return;
      }
      case "attemptsGone":
        for (const envelope of this.#openOf(change.key)) envelope.attempt = 0;
        return;
      case "workGone":
        return this.#endWork(change.key);
      case "checkpoint":
        return this.#keep(change.row);
    }
  }

  #bury(letter: DeadLetter): void {
    this.letters.push({ ...letter, id: ++this.#lastLetter });
  }

  #openOf(key: number): Envelope[] {
    return lanes.flatMap((lane) => this.open(key, lane, this.cursor(key, lane)));
  }

  #keep(request: CheckpointRequest): void {
    const { key } = request;
    const hot = this.hot.get(key);
    const older = this.checkpointsOf(key);
    if (!hot?.row || older.some(({ turns }) => turns === hot.turns)) return;
    const ageMs = request.atMs - (older[0]?.atMs ?? Number.NEGATIVE_INFINITY);
    if (request.reason === "minute" && ageMs >= 0 && ageMs < checkpointEveryMs) return;
    const timers = [...this.timers.values()].filter((row) => row.key === key);
    const calls = [...this.calls.values()].filter((row) => row.key === key);
    const { cursors, turns, row: { state, summary } } = hot;
    this.checkpoints.push({
      id: ++this.#lastCheckpoint,
      ...request,
      ...structuredClone({ cursors, turns, summary, state, timers, calls }),
    });
    const gone = new Set(this.checkpointsOf(key).slice(keptCheckpoints).map(({ id }) => id));
    this.checkpoints = this.checkpoints.filter(({ id }) => !gone.has(id));
  }

  /** Newest first, as people choose from. */
  checkpointsOf(key: number): CheckpointInfo[] {
    return this.checkpoints.filter((one) => one.key === key).toReversed()
      .map(({ state: _state, timers: _timers, calls: _calls, ...info }) => info);
  }

  #endWork(key: number): void {
    for (const [name, row] of this.timers) if (row.key === key) this.timers.delete(name);
    for (const [name, row] of this.calls) if (row.key === key) this.calls.delete(name);
  }

  #forget(key: number): void {
    const record = this.agents.get(key);
    if (record) this.goneAgents.set(key, record.address);
    this.agents.delete(key);
    this.hot.delete(key);
    this.#endWork(key);
    this.checkpoints = this.checkpoints.filter((one) => one.key !== key);
  }

  #put(key: number, envelope: Envelope): void {
    const name = `${key} ${envelope.lane}`;
    const mailbox = this.mailboxes.get(name);
    if (!mailbox) return void this.mailboxes.set(name, [envelope]);
    let at = mailbox.length;
    while (at > 0 && mailbox[at - 1]!.seq > envelope.seq) at--;
    mailbox.splice(at, 0, envelope);
  }

  #find(key: number, lane: Lane, seq: number): Envelope | undefined {
    const mailbox = this.mailboxes.get(`${key} ${lane}`);
    if ((mailbox?.at(-1)?.seq ?? 0) < seq) return undefined;
    return mailbox!.find((envelope) => envelope.seq === seq);
  }

  isSkipped(key: number, { lane, seq }: Envelope): boolean {
    return this.skips.has(`${key} ${lane} ${seq}`);
  }

  /** Up to where the agent has consumed this lane. */
  cursor(key: number, lane: Lane): number {
    return this.hot.get(key)?.cursors[lanes.indexOf(lane)] ?? 0;
  }

  open(key: number, lane: Lane, afterSeq: number): Envelope[] {
    return (this.mailboxes.get(`${key} ${lane}`) ?? [])
      .filter((envelope) => envelope.seq > afterSeq && !this.isSkipped(key, envelope));
  }

  bootAgents(): BootAgent[] {
    return [...this.agents.values()].sort((a, b) => a.key - b.key).map((record) => {
      const { key } = record;
      const { cursors, turns, row, origins } = this.hot.get(key) ?? cold;
      const depth = (lane: Lane) => this.open(key, lane, this.cursor(key, lane)).length;
      const given = lanes.map((lane) => this.mailboxes.get(`${key} ${lane}`)?.at(-1)?.seq ?? 0);
      return {
        record,
        cursors,
        turns,
        lastSeq: Math.max(...cursors, ...given),
        depths: [depth("control"), depth("high"), depth("normal"), depth("low")],
        summary: row?.summary ?? null,
        origins,
      };
    });
  }
}
