/** Why an agent is no more, told apart so that each has its own policy (R6). */

export const exitReasons = [
  "normal",
  "shutdown",
  "killed",
  "crashed",
  "stalled",
  "looping",
  "out_of_memory",
  "host_lost",
  "over_budget",
  "refused",
] as const;
export type ExitReason = (typeof exitReasons)[number];

interface ExitPolicy {
  /** In OTP's sense: transient children are restarted then. */
  isAbnormal: boolean;
  /** A restart would end the same way: the agent stays in the tree until a person decides. */
  parks: boolean;
}

const restarts: ExitPolicy = { isAbnormal: true, parks: false };
const ends: ExitPolicy = { isAbnormal: false, parks: false };
const parks: ExitPolicy = { isAbnormal: true, parks: true };

/** What follows by default; docs/otp.md tells it to people. */
export const exitPolicies: Readonly<Record<ExitReason, ExitPolicy>> = {
  normal: ends,
  shutdown: ends,
  killed: restarts,
  crashed: restarts,
  stalled: restarts,
  looping: restarts,
  out_of_memory: restarts,
  host_lost: restarts,
  over_budget: parks,
  refused: parks,
};

/**
 * OTP's table of restart type × exit reason.
 *
 * @see Erlang/OTP supervisor, "restart": permanent always, transient when abnormal, temporary never
 */
export function decideRestart(
  restart: "permanent" | "transient" | "temporary",
  reason: ExitReason,
): boolean {
  if (restart === "permanent") return true;
  return restart === "transient" && exitPolicies[reason].isAbnormal;
}

/** Ends of one agent for one reason, since the control process started. */
export interface ExitCount {
  reason: ExitReason;
  count: number;
  /** Epoch ms. */
  lastAtMs: number;
  /** Of the last one. */
  message: string | null;
}

/** Counts by reason; the label of a metric and the lines of the tree come from here. */
export class ExitTally {
  readonly exits = zeros();
  readonly restarts = zeros();
}

function zeros(): Record<ExitReason, number> {
  return Object.fromEntries(exitReasons.map((reason) => [reason, 0])) as Record<ExitReason, number>;
}
