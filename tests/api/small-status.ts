/** What the small control says of a system in which little has happened. */
import type { RetentionView, SystemStatus } from "../../src/supervisor/control.ts";
import { exitReasons } from "../../src/supervisor/exit-reason.ts";

export const started = 1_700_000_000_000;

export const noAgents: SystemStatus["agents"] = {
  pending: 0,
  running: 0,
  passive: 0,
  blocked: 0,
  paused: 0,
  restarting: 0,
  parked: 0,
  completed: 0,
  failed: 0,
  stopped: 0,
};

export const noExits = Object.fromEntries(
  exitReasons.map((reason) => [reason, 0]),
) as SystemStatus["exitsByReason"];

export const retention: RetentionView = {
  keepConsumedMs: 604_800_000,
  keepConsumedCount: 1_000_000,
  keepDeadLettersMs: 2_592_000_000,
  keepDeadLettersCount: 10_000,
  keepEndedMs: 86_400_000,
  oldest: { messageAtMs: started, eventAtMs: started, deadLetterAtMs: null },
  lastSweep: null,
};
