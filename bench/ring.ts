/** W3: tokens round a ring of agents; every hop is a durable turn with a durable message. */
import type { Client } from "../src/api/client.ts";
import { type Stretch, unwatched } from "./stretch.ts";

const agents = 100;
const addressOf = (index: number) => `/ring/l-${index % agents}`;

export interface RingSizes {
  /** Hops of the one token. */
  one: number;
  /** Hops of each of the 100 tokens. */
  each: number;
}

/** ms of a hop of one token, and hops/s of 100 tokens at once. */
export async function measureRing(
  client: Client,
  { one, each }: RingSizes,
  stretch: Stretch = unwatched,
): Promise<{ hopMs: number; hopsPerSecond: number }> {
  await client.spawn({ address: "/ring/finish", kind: "finish" });
  for (let index = 0; index < agents; index++) {
    const input = { next: addressOf(index + 1) };
    await client.spawn({ address: addressOf(index), kind: "link", input });
  }
  // Once round: all are in their threads then, and their code has run.
  await go(client, 1, agents);
  const oneMs = await stretch("W3 one token", one, () => go(client, 1, one));
  const allMs = await stretch("W3 100 tokens", agents * each, () => go(client, agents, each));
  await expectHops(client, agents + one + agents * each);
  return { hopMs: oneMs / one, hopsPerSecond: agents * each / allMs * 1_000 };
}

/** ms until `tokens` tokens, each started at an agent of its own, have made `hops` hops each. */
async function go(client: Client, tokens: number, hops: number): Promise<number> {
  const started = performance.now();
  await client.sendMany(Array.from({ length: tokens }, (_, index) => ({
    to: addressOf(index),
    type: "hop",
    payload: { left: hops },
  })));
  const ask = { to: "/ring/finish", type: "wait", payload: { count: tokens } };
  const { reply } = await client.ask({ ...ask, timeoutMs: 600_000 });
  if (reply !== tokens) throw new Error(`${reply} tokens arrived, wanted ${tokens}`);
  return performance.now() - started;
}

async function expectHops(client: Client, wanted: number): Promise<void> {
  const asks = Array.from(
    { length: agents },
    (_, index) => client.ask({ to: addressOf(index), type: "read", timeoutMs: 60_000 }),
  );
  const counts = (await Promise.all(asks)).map(({ reply }) => reply as number);
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total !== wanted) throw new Error(`The agents counted ${total} hops, wanted ${wanted}`);
}
