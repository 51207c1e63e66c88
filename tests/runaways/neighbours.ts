/** Twenty agents that are asked and told all the time: what a runaway beside them costs them. */
import type { Client } from "../../src/api/client.ts";
import { systemClock } from "../../src/clock.ts";

export const neighbourCount = 20;

interface Sample {
  atMs: number;
  tookMs: number;
}

/** What `counter` answers to `count.read`. */
interface Count {
  total: number;
  doubled: number;
  outOfOrder: number;
}

export class Neighbours {
  #client: Client;
  #told: number[] = Array.from({ length: neighbourCount }, () => 0);
  #samples: Sample[] = [];
  #failures: string[] = [];
  #stopped = false;
  #running: Promise<void> = Promise.resolve();

  constructor(client: Client) {
    this.#client = client;
  }

  /** Tells and asks one neighbour after the other until `stop`. */
  start(): void {
    this.#running = this.#go();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #go(): Promise<void> {
    for (let i = 0; !this.#stopped; i = (i + 1) % neighbourCount) {
      const to = `/neighbours/n${i}`;
      const n = ++this.#told[i]!;
      const key = `${to}-${n}`;
      await this.#client.send({
        to,
        type: "count.add",
        payload: { id: key, n, producer: "neighbours" },
      }, { idempotencyKey: key });
      const atMs = systemClock.monotonicMs();
      try {
        await this.#client.ask({ to, type: "count.read", timeoutMs: 30_000 });
      } catch (error) {
        this.#failures.push(`${to}: ${error instanceof Error ? error.message : String(error)}`);
      }
      this.#samples.push({ atMs, tookMs: systemClock.monotonicMs() - atMs });
    }
  }

  /** Asks that were not answered, in words. */
  get failures(): readonly string[] {
    return this.#failures;
  }

  /** How long asks took that began between the two times, monotonic ms; ascending. */
  took(fromMs: number, toMs: number): number[] {
    return this.#samples.filter(({ atMs }) => atMs >= fromMs && atMs < toMs)
      .map(({ tookMs }) => tookMs).sort((a, b) => a - b);
  }

  /** Compares what each neighbour was told with what it counted: nothing when all is right. */
  async faults(): Promise<string[]> {
    const faults: string[] = [];
    for (const [i, told] of this.#told.entries()) {
      const to = `/neighbours/n${i}`;
      const { reply } = await this.#client.ask({ to, type: "count.read", timeoutMs: 30_000 });
      const { total, doubled, outOfOrder } = reply as unknown as Count;
      if (total === told && doubled === 0 && outOfOrder === 0) continue;
      faults.push(
        `${to} was told ${told}, counted ${total}, ${doubled} doubled, ${outOfOrder} late`,
      );
    }
    return faults;
  }
}
