/** What a counter keeps: enough to tell lost, doubled and late messages apart, in little space. */

export interface Producer {
  /** Messages taken. */
  count: number;
  /** Highest number seen. */
  last: number;
  doubled: number;
  /** Numbers that came later than a higher one, or were passed over so far. */
  outOfOrder: number;
  /** Numbers below `last` that have not come, at most 1,000 of them. */
  missing: number[];
}

export interface Tally {
  total: number;
  doubled: number;
  outOfOrder: number;
  /** Id of the newest message. */
  last: string | null;
  perProducer: Record<string, Producer>;
}

const mostMissing = 1_000;

export const emptyTally: Tally = {
  total: 0,
  doubled: 0,
  outOfOrder: 0,
  last: null,
  perProducer: {},
};

/** Every producer numbers its messages 1, 2, 3, … */
export function add(tally: Tally, message: { id: string; n: number; producer: string }): Tally {
  const { id, n, producer } = message;
  const before: Producer = Object.hasOwn(tally.perProducer, producer)
    ? tally.perProducer[producer]!
    : { count: 0, last: 0, doubled: 0, outOfOrder: 0, missing: [] };
  const after = step(before, n);
  return {
    total: tally.total + 1,
    doubled: tally.doubled + after.doubled - before.doubled,
    outOfOrder: tally.outOfOrder + after.outOfOrder - before.outOfOrder,
    last: id,
    perProducer: { ...tally.perProducer, [producer]: after },
  };
}

function step(before: Producer, n: number): Producer {
  const after = { ...before, count: before.count + 1 };
  if (n > before.last) {
    after.last = n;
    if (n === before.last + 1) return after;
    const room = Math.max(0, mostMissing - before.missing.length);
    const gap = Array.from(
      { length: Math.min(room, n - before.last - 1) },
      (_, i) => before.last + 1 + i,
    );
    return { ...after, outOfOrder: after.outOfOrder + 1, missing: [...before.missing, ...gap] };
  }
  if (!before.missing.includes(n)) return { ...after, doubled: after.doubled + 1 };
  return { ...after, missing: before.missing.filter((one) => one !== n) };
}
