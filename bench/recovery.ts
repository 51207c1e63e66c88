/** W4: everything is ended by force with messages pending; the next process handles them all. */
import { fileURLToPath } from "node:url";
import type { Client } from "../src/api/client.ts";
import { pause } from "../tests/support/eventually.ts";
import { startService } from "../tests/support/service.ts";
import { expectEach, makeBatches, readCounts, sendAll, spawnCounters } from "./counters.ts";

const agents = 100;
const swarm = fileURLToPath(new URL("./swarm.ts", import.meta.url));

export interface RecoveryTimes {
  /** Seconds from the exec of the new process to its first committed turn. */
  first: number;
  /** The same to the last one. */
  all: number;
  /** Messages a second in the time from the exec to the last turn. */
  perSecond: number;
  /** Messages that agents have counted too few and too many. */
  lost: number;
  doubled: number;
}

/**
 * The messages are sent in safe mode, in which no agent takes a turn: so all of them are pending
 * when the end comes.
 */
export async function measureRecovery(home: string, pending: number): Promise<RecoveryTimes> {
  const before = await startService({ home, swarm });
  await spawnCounters(before.client, agents);
  await expectEach(before.client, agents, 0);
  if (await before.stop() !== 0) throw new Error("The first process did not end as it should");
  const safe = await startService({ home, swarm, args: ["--safe"] });
  await sendAll(safe.client, makeBatches(agents, pending));
  const turns = await turnsOf(safe.client);
  await safe.endAll();
  const started = performance.now();
  const after = await startService({ home, swarm });
  while (await turnsOf(after.client) === turns) await pause(2);
  const first = (performance.now() - started) / 1_000;
  const counts = await readCounts(after.client, agents);
  const all = (performance.now() - started) / 1_000;
  if (await after.stop() !== 0) throw new Error("The new process did not end as it should");
  const wrong = counts.map((count) => count - pending / agents);
  return {
    first,
    all,
    perSecond: pending / all,
    lost: -addUp(wrong.filter((by) => by < 0)),
    doubled: addUp(wrong.filter((by) => by > 0)),
  };
}

function addUp(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** Turns that all agents have taken since they are there. */
async function turnsOf(client: Client): Promise<number> {
  const { items } = await client.agents({ under: "/workers", limit: 1_000 });
  return items.reduce((sum, { turns }) => sum + turns, 0);
}
