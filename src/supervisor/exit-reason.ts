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

/** Whether `reason` is an abnormal end in OTP's sense: transient children are restarted then. */
function isAbnormal(reason: ExitReason): boolean {
  return reason !== "normal" && reason !== "shutdown";
}

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
  return restart === "transient" && isAbnormal(reason);
}
