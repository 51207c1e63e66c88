/**
 * Senders over HTTP that never give up: each numbers its messages 1, 2, 3, … per agent, sends them
 * under an Idempotency-Key, and repeats a request until it is acknowledged.
 */
import { systemClock } from "../../src/clock.ts";
import { type Client, DreamError, type NewMessage } from "../../src/api/client.ts";
import { pause } from "../support/eventually.ts";
import { type Random, randomOf } from "./random.ts";

/** Where the service answers at the moment; null while it is down. */
export type Line = () => Client | null;

export interface ProducersOptions {
  line: Line;
  seed: number;
  agents: readonly string[];
  /** Producers per agent. */
  perAgent: number;
  /** Requests under way at a time. */
  senders: number;
  signal: AbortSignal;
}

/** Agent → producer → highest number acknowledged. */
export type Acknowledged = Map<string, Map<string, number>>;

export interface ProducerCounts {
  acknowledged: number;
  requests: number;
  /** Attempts beyond the first of a request. */
  repeated: number;
  /** Requests whose connection we broke ourselves, and whole requests repeated after the answer. */
  cutOff: number;
  sentAgain: number;
  /** Answers with the code `internal`: repeated, and a failure all the same. */
  internal: number;
}

interface Producer {
  name: string;
  /** Numbers given so far, per agent. */
  given: Map<string, number>;
  agents: string[];
  requests: number;
}

const answerWithinMs = 20_000;

export class Producers {
  readonly acknowledged: Acknowledged = new Map();
  readonly ids = new Set<string>();
  readonly failures: string[] = [];
  readonly counts: ProducerCounts = {
    acknowledged: 0,
    requests: 0,
    repeated: 0,
    cutOff: 0,
    sentAgain: 0,
    internal: 0,
  };
  #options: ProducersOptions;
  #idle: Producer[];
  #stopping = false;
  #running: Promise<void>[] = [];
  #waiters: { sinceMs: number; tell: (atMs: number) => void }[] = [];

  constructor(options: ProducersOptions) {
    this.#options = options;
    const { agents, perAgent } = options;
    // Each producer sends to two agents, so that one request can hold messages to both.
    this.#idle = agents.flatMap((agent, i) =>
      Array.from({ length: Math.max(1, Math.round(perAgent / 2)) }, (_, j) => ({
        name: `p-${i}-${j}`,
        given: new Map<string, number>(),
        agents: [...new Set([agent, agents[(i + 1 + j) % agents.length]!])],
        requests: 0,
      }))
    );
  }

  start(): void {
    const { senders, seed } = this.#options;
    this.#running = Array.from(
      { length: senders },
      (_, i) => this.#send(randomOf(seed, `sender ${i}`)),
    );
  }

  /** Lets every request be acknowledged, and ends. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#running);
  }

  /** When the first message sent after `sinceMs` (monotonic) is acknowledged. */
  nextAcknowledged(sinceMs: number): Promise<number> {
    return new Promise((tell) => this.#waiters.push({ sinceMs, tell }));
  }

  async #send(random: Random): Promise<void> {
    while (!this.#stopping && !this.#options.signal.aborted) {
      const at = random.int(0, Math.max(0, this.#idle.length - 1));
      const producer = this.#idle.splice(at, 1)[0];
      if (producer) {
        if (await this.#request(producer, random)) this.#idle.push(producer);
      }
      await pause(random.int(5, 40), this.#options.signal);
    }
  }

  /** One request, repeated until it is acknowledged. @returns false when it was refused */
  async #request(producer: Producer, random: Random): Promise<boolean> {
    const messages = this.#messages(producer, random);
    const idempotencyKey = `${this.#options.seed}-${producer.name}-${++producer.requests}`;
    this.counts.requests++;
    for (let attempt = 0; !this.#options.signal.aborted; attempt++) {
      if (attempt > 0) {
        this.counts.repeated++;
        await pause(random.int(20, 150), this.#options.signal);
      }
      const client = this.#options.line();
      if (!client) continue;
      const sentAtMs = systemClock.monotonicMs();
      try {
        const cut = attempt === 0 && random.chance(0.02);
        const ids = await this.#post(client, messages, idempotencyKey, cut ? random.int(0, 8) : 0);
        this.#note(producer, messages, ids, sentAtMs);
        if (random.chance(0.02)) await this.#again(messages, idempotencyKey, ids);
        return true;
      } catch (error) {
        if (error instanceof DreamError && error.code === "internal") this.counts.internal++;
        if (isPassing(error)) continue;
        const what = error instanceof DreamError ? `${error.code}: ${error.message}` : error;
        this.failures.push(`A request of ${producer.name} was refused: ${what}`);
        return false;
      }
    }
    this.failures.push(`A request of ${producer.name} was never acknowledged`);
    return false;
  }

  #messages(producer: Producer, random: Random): NewMessage[] {
    const length = random.chance(0.4) ? 1 : random.int(2, 12);
    return Array.from({ length }, () => {
      const to = random.pick(producer.agents);
      const n = (producer.given.get(to) ?? 0) + 1;
      producer.given.set(to, n);
      const { name } = producer;
      return { to, type: "count.add", payload: { id: `${name}:${n}`, n, producer: name } };
    });
  }

  /** @param cutAfterMs the connection is broken after this long; 0 for never */
  async #post(
    client: Client,
    messages: NewMessage[],
    idempotencyKey: string,
    cutAfterMs: number,
  ): Promise<string[]> {
    const broken = new AbortController();
    const withinMs = cutAfterMs > 0 ? cutAfterMs : answerWithinMs;
    if (cutAfterMs > 0) this.counts.cutOff++;
    const cancel = systemClock.after(withinMs, () => broken.abort());
    try {
      const options = { idempotencyKey, signal: broken.signal };
      if (messages.length > 1) return (await client.sendMany(messages, options)).ids;
      return [(await client.send(messages[0]!, options)).id];
    } finally {
      cancel();
    }
  }

  #note(producer: Producer, messages: NewMessage[], ids: string[], sentAtMs: number): void {
    if (ids.length !== messages.length) {
      this.failures.push(`${ids.length} ids came for ${messages.length} messages`);
    }
    for (const id of ids) {
      if (this.ids.has(id)) this.failures.push(`The id ${id} was given twice`);
      this.ids.add(id);
    }
    for (const { to, payload } of messages) {
      const numbers = this.acknowledged.get(to) ?? new Map<string, number>();
      this.acknowledged.set(to, numbers);
      numbers.set(producer.name, (payload as { n: number }).n);
    }
    this.counts.acknowledged += messages.length;
    const now = systemClock.monotonicMs();
    this.#waiters = this.#waiters.filter(({ sinceMs, tell }) => {
      if (sentAtMs < sinceMs) return true;
      tell(now);
      return false;
    });
  }

  /** The whole request once more, as if its answer had been lost: the same answer, no effect. */
  async #again(messages: NewMessage[], idempotencyKey: string, ids: string[]): Promise<void> {
    const client = this.#options.line();
    if (!client) return;
    try {
      const second = await this.#post(client, messages, idempotencyKey, 0);
      this.counts.sentAgain++;
      if (second.join() !== ids.join()) {
        this.failures.push(`The key ${idempotencyKey} gave other ids the second time`);
      }
    } catch (error) {
      if (isPassing(error)) return;
      const what = error instanceof DreamError ? `${error.code}: ${error.message}` : error;
      this.failures.push(`A repeated request (${idempotencyKey}) was refused: ${what}`);
    }
  }
}

/** Gone, full or closed for a moment: the same request again. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof DreamError)) return (error as Error)?.name === "AbortError";
  const passing = [
    "not_running",
    "storage_unavailable",
    "shutting_down",
    "mailbox_full",
    "internal",
    "request_timeout",
  ];
  return passing.includes(error.code);
}
