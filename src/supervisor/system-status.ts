/** The system as a whole, in numbers and facts. */
import type { AgentStatus } from "../agent-status.ts";
import type { HostInfo } from "../host/hosts.ts";
import type { Oldest } from "../storage/history.ts";
import type { MemoryStats } from "../storage/memory.ts";
import type { ExitReason } from "./exit-reason.ts";

/** How far back the system remembers. */
export interface RetentionView {
  keepConsumedMs: number;
  /** Messages and events, each. */
  keepConsumedCount: number;
  keepDeadLettersMs: number;
  keepDeadLettersCount: number;
  keepEndedMs: number;
  /** Oldest of each kind that is there, epoch ms; null without any. Open messages always stay. */
  oldest: Oldest;
  /** Null before the first one since the start. */
  lastSweep: { atMs: number; tookMs: number; removed: number } | null;
}

export interface SystemStatus {
  startedAtMs: number;
  version: string;
  pid: number;
  home: string;
  agents: Record<AgentStatus, number>;
  hosts: HostInfo[];
  toolHostPid: number | null;
  deadLetters: number;
  available: boolean;
  /** Why agents are paused after unclean ends, or on request (`up --safe`); null when not. */
  safeMode: string | null;
  memory: MemoryStats;
  retention: RetentionView;
  /** Ends of agents by reason, since `startedAtMs`. */
  exitsByReason: Record<ExitReason, number>;
  /** Ends that were followed by a restart, by reason, since `startedAtMs`. */
  restartsByReason: Record<ExitReason, number>;
}
