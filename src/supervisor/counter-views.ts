/** What screens are shown of all agents many times a second; lossy, and never stored. */
import type { Address } from "../address.ts";
import type { HostInfo } from "../host/hosts.ts";
import type { AgentStatus } from "../storage/store.ts";

export interface AgentCounters {
  address: Address;
  kind: string;
  status: AgentStatus;
  mailboxDepth: number;
  /** When the oldest open envelope was sent, epoch; null when there is none. */
  oldestAtMs: number | null;
  /** Over the last second or so. */
  turnsPerS: number;
  restarts: number;
  /** Of the host in `hosts` that its thread is in; null without a thread. */
  hostPid: number | null;
  /** While it is blocked: whose full mailbox it waits for. */
  blockedOn: Address | null;
  /** Code of its last error, as long as that stands. */
  error: string | null;
}

export interface SystemCounters {
  agents: Record<AgentStatus, number>;
  mailboxDepth: number;
  oldestAtMs: number | null;
  turnsPerS: number;
}

/**
 * What has changed since the frame before. An agent that was never listed, or whose last entry says
 * `passive`, waits for nothing and costs nothing: most of a large swarm.
 */
export interface CountersFrame {
  /** Epoch. */
  atMs: number;
  /** Everything listed before is to be forgotten: the first frame, or too much was missed. */
  full: boolean;
  agents: AgentCounters[];
  /** Addresses of agents that are no more. */
  gone: Address[];
  /** All hosts, when something about one has changed; about once a second. */
  hosts: HostInfo[] | null;
  /** Of the whole system; null for who follows a part of it. */
  totals: SystemCounters | null;
  /** Agents that have something to show and are not listed, as too many have. */
  hidden: number;
}

/** Neither may wait or throw. */
export interface CountersFollower {
  /** This address and all below it. */
  under: Address;
  /** Least time between two frames. */
  everyMs: number;
  /** False skips this frame: the next one tells what it would have told. */
  isReady(): boolean;
  /** Followers who are told the same are given the same object. */
  frame(frame: CountersFrame): void;
  end(): void;
}
