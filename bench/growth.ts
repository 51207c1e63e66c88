/** W6: the same messages into an empty database and into one with a long history. */
import { fileURLToPath } from "node:url";
import { startService } from "../tests/support/service.ts";
import { activate, expectTotal, makeBatches, sendAll, spawnCounters } from "./counters.ts";

const agents = 100;
const swarm = fileURLToPath(new URL("./swarm.ts", import.meta.url));

export interface GrowthSizes {
  measured: number;
  history: number;
}

export interface Growth {
  /** Messages a second. */
  empty: number;
  grown: number;
  /** Bytes of database for each message of history. */
  bytesPerMessage: number;
}

/** Both rates are those of a process that has just started, its agents in their threads. */
export async function measureGrowth(
  home: string,
  { measured, history }: GrowthSizes,
): Promise<Growth> {
  const service = await startService({ home, swarm });
  await spawnCounters(service.client, agents);
  const empty = await measure(service.client, measured, measured);
  await sendAll(service.client, makeBatches(agents, history));
  await expectTotal(service.client, agents, measured + history);
  await ended(service);
  const { size } = await Deno.stat(`${home}/dreamos.db`);
  await service.start();
  await activate(service.client, agents);
  const grown = await measure(service.client, measured, 2 * measured + history);
  await ended(service);
  return { empty, grown, bytesPerMessage: size / (measured + history) };
}

type Service = Awaited<ReturnType<typeof startService>>;

async function measure(client: Service["client"], count: number, total: number): Promise<number> {
  const batches = makeBatches(agents, count);
  const started = performance.now();
  await sendAll(client, batches);
  await expectTotal(client, agents, total);
  return count / (performance.now() - started) * 1_000;
}

async function ended(service: Service): Promise<void> {
  const code = await service.stop();
  if (code !== 0) throw new Error(`The service ended with ${code}, wanted 0`);
}
