/** W1: messages from outside to many agents, each durable, each handled in a turn. */
import type { Client } from "../src/api/client.ts";
import { addressOf, expectTotal, payload, spawnCounters } from "./counters.ts";

const agents = 100;
const batchSize = 500;
/** Batches on their way at one time: the sender does not wait for each commit. */
const inFlight = 4;

export interface OneWaySizes {
  cold: number;
  warm: number;
}

/**
 * Messages a second from the first send to the last turn committed: the first `cold` ones that the
 * agents ever get, then `warm` more.
 */
export async function measureOneWay(
  client: Client,
  { cold, warm }: OneWaySizes,
): Promise<{ cold: number; warm: number }> {
  await spawnCounters(client, agents);
  return {
    cold: await measure(client, cold, cold),
    warm: await measure(client, warm, cold + warm),
  };
}

async function measure(client: Client, count: number, total: number): Promise<number> {
  const batches = makeBatches(count);
  const started = performance.now();
  const sender = async () => {
    for (let batch = batches.pop(); batch; batch = batches.pop()) await client.sendMany(batch);
  };
  await Promise.all(Array.from({ length: inFlight }, sender));
  await expectTotal(client, agents, total);
  return count / (performance.now() - started) * 1_000;
}

/** Messages to all agents in turn, made before the clock starts. */
function makeBatches(count: number) {
  const batches: { to: string; type: string; payload: typeof payload }[][] = [];
  for (let first = 0; first < count; first += batchSize) {
    const size = Math.min(batchSize, count - first);
    batches.push(Array.from({ length: size }, (_, index) => ({
      to: addressOf((first + index) % agents),
      type: "add",
      payload,
    })));
  }
  return batches;
}
