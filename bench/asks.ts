/** W2: asks from outside, one after the other to one agent, then from many askers at once. */
import type { Client } from "../src/api/client.ts";
import { addressOf, expectTotal, payload, spawnCounters } from "./counters.ts";
import { percentile } from "./figures.ts";
import { type Stretch, unwatched } from "./stretch.ts";

const askers = 64;

export interface AskSizes {
  sequential: number;
  /** Asks of each of the 64 askers. */
  each: number;
}

export interface AskTimes {
  /** ms. */
  p50: number;
  p99: number;
  perSecond: number;
}

/** Both halves of W2; the first agent gets the sequential asks. */
export async function measureAsks(
  client: Client,
  { sequential, each }: AskSizes,
  stretch: Stretch = unwatched,
): Promise<{ sequential: AskTimes; together: AskTimes }> {
  await spawnCounters(client, askers);
  const one = await stretch("W2 one", sequential, () => measure(client, 1, sequential));
  const all = await stretch("W2 64", askers * each, () => measure(client, askers, each));
  await expectTotal(client, askers, sequential + askers * each);
  return { sequential: one, together: all };
}

/** `count` askers, each with an agent of its own, each `each` asks one after the other. */
async function measure(client: Client, count: number, each: number): Promise<AskTimes> {
  const times: number[] = [];
  const asker = async (_: unknown, index: number) => {
    for (let i = 0; i < each; i++) {
      const started = performance.now();
      await client.ask({ to: addressOf(index), type: "count", payload });
      times.push(performance.now() - started);
    }
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: count }, asker));
  return {
    p50: percentile(times, 0.5),
    p99: percentile(times, 0.99),
    perSecond: times.length / (performance.now() - started) * 1_000,
  };
}
