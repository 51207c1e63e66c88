/** What the agents counted against what was acknowledged to the senders. Pure. */
import type { Acknowledged } from "./producers.ts";

/** What an agent of kind `counter` answers to `count.read`. */
export interface CounterReply {
  total: number;
  doubled: number;
  outOfOrder: number;
  perProducer: Record<string, {
    count: number;
    last: number;
    doubled: number;
    outOfOrder: number;
    missing: number[];
  }>;
}

export interface MessageFindings {
  lost: number;
  doubled: number;
  outOfOrder: number;
  /** Took effect without having been acknowledged: a request that was taken half. */
  unasked: number;
  failures: string[];
}

/** @param replies null for an agent that could not be asked */
export function verifyCounters(
  acknowledged: Acknowledged,
  replies: ReadonlyMap<string, CounterReply | null>,
): MessageFindings {
  const found: MessageFindings = { lost: 0, doubled: 0, outOfOrder: 0, unasked: 0, failures: [] };
  for (const [agent, reply] of replies) {
    const wanted = acknowledged.get(agent) ?? new Map<string, number>();
    if (reply === null) {
      found.failures.push(`${agent} did not answer: its ${sum(wanted)} messages count as lost`);
      found.lost += sum(wanted);
      continue;
    }
    for (const producer of new Set([...wanted.keys(), ...Object.keys(reply.perProducer)])) {
      compare(found, agent, producer, wanted.get(producer) ?? 0, reply.perProducer[producer]);
    }
  }
  for (const agent of acknowledged.keys()) {
    if (!replies.has(agent)) found.failures.push(`${agent} was not asked`);
  }
  return found;
}

function compare(
  found: MessageFindings,
  agent: string,
  producer: string,
  wanted: number,
  seen: CounterReply["perProducer"][string] | undefined,
): void {
  const { count = 0, last = 0, doubled = 0, outOfOrder = 0, missing = [] } = seen ?? {};
  const once = count - doubled;
  const lost = Math.max(0, wanted - last) + missing.length;
  const unasked = Math.max(0, once - (wanted - lost));
  found.lost += lost;
  found.doubled += doubled;
  found.outOfOrder += outOfOrder;
  found.unasked += unasked;
  if (lost + doubled + outOfOrder + unasked === 0 && once === wanted) return;
  found.failures.push(
    `${agent} from ${producer}: ${wanted} acknowledged, ${count} counted up to ${last}, ` +
      `${lost} lost, ${doubled} doubled, ${outOfOrder} out of order, ${unasked} unasked`,
  );
}

function sum(numbers: ReadonlyMap<string, number>): number {
  return [...numbers.values()].reduce((total, n) => total + n, 0);
}
