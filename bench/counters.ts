/** The agents of W1 and W2 as the workloads use them: each counts and keeps its last message. */
import type { Client } from "../src/api/client.ts";
import { eventually } from "../tests/support/eventually.ts";

/** 200 bytes of JSON: what every message of the workloads carries. */
export const payload = { text: "x".repeat(200 - '{"text":""}'.length) };

const batchSize = 500;
/** Batches on their way at one time: 80 messages an agent, so that turns can be of some size. */
const inFlight = 16;
/** Fewer than may be on their way into a thread at one time. */
const groupSize = 8;

export function addressOf(index: number): string {
  return `/workers/c-${index}`;
}

/**
 * Spawns `count` counters and waits until each is in a thread, its first turn committed. A few at a
 * time: an agent gives its thread to one that waits for one.
 */
export async function spawnCounters(client: Client, count: number): Promise<void> {
  await inGroups(count, async (index) => {
    const address = addressOf(index);
    await client.spawn({ address, kind: "counter" });
    const isActive = async () => {
      const { thread, turns } = await client.agent(address);
      // "running" alone it is from the moment it is to get a thread.
      return thread !== null && turns > 0;
    };
    await eventually(isActive, {
      what: `${address} in a thread`,
      everyMs: 10,
    });
  });
}

/** Brings all of them into their threads by a question to each. */
export async function activate(client: Client, count: number): Promise<void> {
  await inGroups(count, (index) => client.ask({ to: addressOf(index), type: "read" }));
}

async function inGroups(count: number, act: (index: number) => Promise<unknown>): Promise<void> {
  for (let first = 0; first < count; first += groupSize) {
    const size = Math.min(groupSize, count - first);
    await Promise.all(Array.from({ length: size }, (_, index) => act(first + index)));
  }
}

/** Messages for all counters in turn, in batches. */
export function makeBatches(agents: number, count: number) {
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

/** Sends batches until all are durable, as many at a time as the next turns can use. */
export async function sendAll(
  client: Client,
  batches: ReturnType<typeof makeBatches>,
): Promise<void> {
  const sender = async () => {
    for (let batch = batches.pop(); batch; batch = batches.pop()) await client.sendMany(batch);
  };
  await Promise.all(Array.from({ length: inFlight }, sender));
}

/**
 * Asks every counter for its count. The answers stand behind all messages sent before, so that
 * these are committed when all have come.
 *
 * @throws {Error} when the counts do not add up to `wanted`
 */
export async function expectTotal(client: Client, count: number, wanted: number): Promise<void> {
  const counts = await readCounts(client, count);
  const total = counts.reduce((sum, messages) => sum + messages, 0);
  if (total !== wanted) throw new Error(`The agents counted ${total} messages, wanted ${wanted}`);
}

/** @throws {Error} when a counter has counted another number: a message was lost or doubled */
export async function expectEach(client: Client, count: number, wanted: number): Promise<void> {
  const counts = await readCounts(client, count);
  const wrong = counts.findIndex((messages) => messages !== wanted);
  if (wrong < 0) return;
  throw new Error(`${addressOf(wrong)} counted ${counts[wrong]} messages, wanted ${wanted}`);
}

/** What each has counted; behind all that was sent before. */
export async function readCounts(client: Client, count: number): Promise<number[]> {
  const asks = Array.from(
    { length: count },
    (_, index) => client.ask({ to: addressOf(index), type: "read", timeoutMs: 300_000 }),
  );
  return (await Promise.all(asks)).map(({ reply }) => {
    const { messages, last } = reply as { messages: number; last: string | null };
    if (messages > 0 && last !== payload.text) throw new Error("An agent lost its last message");
    return messages;
  });
}
