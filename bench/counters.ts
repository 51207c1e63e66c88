/** The agents of W1 and W2 as the workloads use them: each counts and keeps its last message. */
import type { Client } from "../src/api/client.ts";
import { systemClock } from "../src/clock.ts";

/** 200 bytes of JSON: what every message of the workloads carries. */
export const payload = { text: "x".repeat(200 - '{"text":""}'.length) };

const activeWithinMs = 60_000;

export function addressOf(index: number): string {
  return `/counters/c-${index}`;
}

/** Spawns `count` counters and waits until each is in a thread, its first turn committed. */
export async function spawnCounters(client: Client, count: number): Promise<void> {
  const spawns = Array.from(
    { length: count },
    (_, index) => client.spawn({ address: addressOf(index), kind: "counter" }),
  );
  await Promise.all(spawns);
  const until = systemClock.monotonicMs() + activeWithinMs;
  while (await countActive(client) < count) {
    if (systemClock.monotonicMs() > until) throw new Error(`Not all of ${count} became active`);
    await new Promise<void>((resolve) => systemClock.after(20, resolve));
  }
}

async function countActive(client: Client): Promise<number> {
  const { items } = await client.agents({ under: "/counters", limit: 1_000 });
  return items.filter(({ status, turns }) => status === "running" && turns > 0).length;
}

/**
 * Asks every counter for its count. The answers stand behind all messages sent before, so that
 * these are committed when all have come.
 *
 * @throws {Error} when the counts do not add up to `wanted`
 */
export async function expectTotal(client: Client, count: number, wanted: number): Promise<void> {
  const asks = Array.from(
    { length: count },
    (_, index) => client.ask({ to: addressOf(index), type: "read", timeoutMs: 300_000 }),
  );
  let total = 0;
  for (const { reply } of await Promise.all(asks)) {
    const { messages, last } = reply as { messages: number; last: string | null };
    if (messages > 0 && last !== payload.text) throw new Error("An agent lost its last message");
    total += messages;
  }
  if (total !== wanted) throw new Error(`The agents counted ${total} messages, wanted ${wanted}`);
}
