/** How an agent stands; one word each, the same in every place that shows it. */

export const agentStatuses = [
  "pending",
  "running",
  "passive",
  "blocked",
  "paused",
  "restarting",
  "parked",
  "completed",
  "failed",
  "stopped",
] as const;
export type AgentStatus = (typeof agentStatuses)[number];
