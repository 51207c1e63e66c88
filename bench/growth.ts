/** W6: the same messages into an empty database and into one with a long history. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import Database from "libsql";
import { systemClock } from "../src/clock.ts";
import { openLibsqlStore } from "../src/storage/libsql-store.ts";
import { type Service, startService } from "../tests/support/service.ts";
import { activate, expectTotal, makeBatches, sendAll, spawnCounters } from "./counters.ts";

const agents = 100;
const swarm = fileURLToPath(new URL("./swarm.ts", import.meta.url));

export interface GrowthSizes {
  history: number;
  /** Messages before those that count: both processes have compiled the same then. */
  warmUp: number;
  measured: number;
  pairs: number;
  /** Messages that retention leaves when it looks. */
  kept: number;
}

interface Retained {
  left: number;
  /** Messages removed a second. */
  perSecond: number;
}

/**
 * Says `W6.bytes` once, then `W6.empty` and `W6.grown` for each pair: two processes that have just
 * started and warmed up alike, one after the other and each first in turn; at last what
 * retention does.
 */
export async function measureGrowth(
  folder: string,
  sizes: GrowthSizes,
  say: (name: string, value: number) => void,
): Promise<void> {
  const { history, warmUp, measured, pairs } = sizes;
  const home = join(folder, "grown");
  const grown = await startService({ home, swarm });
  await spawnCounters(grown.client, agents);
  await sendAll(grown.client, makeBatches(agents, history));
  await expectTotal(grown.client, agents, history);
  await ended(grown);
  const { size } = await Deno.stat(`${home}/dreamos.db`);
  say("W6.bytes", size / history);
  for (let pair = 0; pair < pairs; pair++) {
    const before = history + pair * (warmUp + measured);
    const sides: [string, () => Promise<number>][] = [
      ["W6.empty", () => measureEmpty(join(folder, "empty"), sizes)],
      ["W6.grown", () => measureGrown(grown, before, sizes)],
    ];
    if (pair % 2 === 1) sides.reverse();
    for (const [name, act] of sides) say(name, await act());
  }
  const { left, perSecond } = await measureRetention(home, sizes);
  say("W6.prune", perSecond);
  say("W6.kept", left);
}

async function measureEmpty(home: string, sizes: GrowthSizes): Promise<number> {
  const service = await startService({ home, swarm });
  try {
    await spawnCounters(service.client, agents);
    return await measure(service, 0, sizes);
  } finally {
    await service.remove();
  }
}

async function measureGrown(
  service: Service,
  before: number,
  sizes: GrowthSizes,
): Promise<number> {
  await service.start();
  await activate(service.client, agents);
  const rate = await measure(service, before, sizes);
  await ended(service);
  return rate;
}

async function measure(
  { client }: Service,
  before: number,
  { warmUp, measured }: GrowthSizes,
): Promise<number> {
  await send(client, warmUp, before + warmUp);
  const started = performance.now();
  await send(client, measured, before + warmUp + measured);
  return measured / (performance.now() - started) * 1_000;
}

async function send(client: Service["client"], count: number, total: number): Promise<void> {
  await sendAll(client, makeBatches(agents, count));
  await expectTotal(client, agents, total);
}

/** Retention that keeps only the newest: how fast it goes, and what is left. */
async function measureRetention(home: string, { kept }: GrowthSizes): Promise<Retained> {
  const file = join(home, "dreamos.db");
  const store = await openLibsqlStore({ file, clock: systemClock, minFreeBytes: 0 });
  const before = countMessages(file);
  const started = performance.now();
  await store.prune({
    consumedBeforeMs: 0,
    consumedCount: kept,
    deadLettersBeforeMs: 0,
    deadLettersCount: kept,
    endedBeforeMs: 0,
    idempotencyBeforeMs: 0,
    bundlesInUse: null,
  });
  const seconds = (performance.now() - started) / 1_000;
  await store.close();
  const left = countMessages(file);
  return { left, perSecond: (before - left) / seconds };
}

function countMessages(file: string): number {
  const database = new Database(file, { readonly: true });
  try {
    return (database.prepare("SELECT count(*) AS n FROM envelopes").get() as { n: number }).n;
  } finally {
    database.close();
  }
}

async function ended(service: Service): Promise<void> {
  const code = await service.stop();
  if (code !== 0) throw new Error(`The service ended with ${code}, wanted 0`);
}
