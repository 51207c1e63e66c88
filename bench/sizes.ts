/** How much each workload does: what its figure asks for, or little, to see that it works. */

export function workloadSizes(quick: boolean) {
  return quick ? small : whole;
}

const whole = {
  commits: 2_000,
  rowCommits: 300,
  roundTrips: 3_000,
  oneWay: { cold: 50_000, warm: 500_000 },
  profiledOneWay: { cold: 50_000, warm: 200_000 },
  asks: { sequential: 2_000, each: 200 },
  ring: { one: 10_000, each: 1_000 },
  bareHops: 2_000,
  pending: 100_000,
  density: { spawned: 1_000, passive: 100_000, activations: 500 },
  growth: { history: 1_000_000, warmUp: 10_000, measured: 50_000, pairs: 10, kept: 100_000 },
  followers: { pairs: 10, windowMs: 3_000 },
  beside: { quietMs: 5_000, besideMs: 11_000, pairs: 3 },
};

const small: typeof whole = {
  commits: 200,
  rowCommits: 20,
  roundTrips: 300,
  oneWay: { cold: 5_000, warm: 10_000 },
  profiledOneWay: { cold: 5_000, warm: 10_000 },
  asks: { sequential: 200, each: 10 },
  ring: { one: 500, each: 20 },
  bareHops: 50,
  pending: 5_000,
  density: { spawned: 40, passive: 2_000, activations: 20 },
  growth: { history: 5_000, warmUp: 500, measured: 2_000, pairs: 1, kept: 1_000 },
  followers: { pairs: 1, windowMs: 500 },
  beside: { quietMs: 1_000, besideMs: 1_000, pairs: 1 },
};
