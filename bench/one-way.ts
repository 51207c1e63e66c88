/** W1: messages from outside to many agents, each durable, each handled in a turn. */
import type { Client } from "../src/api/client.ts";
import { expectTotal, makeBatches, sendAll, spawnCounters } from "./counters.ts";
import { type Stretch, unwatched } from "./stretch.ts";

const agents = 100;

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
  stretch: Stretch = unwatched,
): Promise<{ cold: number; warm: number }> {
  await spawnCounters(client, agents);
  return {
    cold: await stretch("W1 cold", cold, () => measure(client, cold, cold)),
    warm: await stretch("W1 warm", warm, () => measure(client, warm, cold + warm)),
  };
}

async function measure(client: Client, count: number, total: number): Promise<number> {
  const batches = makeBatches(agents, count);
  const started = performance.now();
  await sendAll(client, batches);
  await expectTotal(client, agents, total);
  return count / (performance.now() - started) * 1_000;
}
