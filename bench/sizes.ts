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
  growth: { measured: 50_000, history: 1_000_000 },
  stretchMs: 10_000,
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
  growth: { measured: 2_000, history: 5_000 },
  stretchMs: 1_000,
};
