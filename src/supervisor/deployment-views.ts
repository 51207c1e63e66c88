/** What people and programs are told of new code: what it did, or what it would do. */
import type { Address } from "../address.ts";

/** What a deployment did to one kind. */
export interface KindDeployment {
  kind: string;
  /** Hash of its bundle. */
  bundle: string;
  /** Null for a kind that was not known. */
  fromVersion: number | null;
  toVersion: number;
  /** False when exactly this code was live already. */
  isChanged: boolean;
  /** Agents that move to it. */
  agents: number;
}

export interface DeploymentView {
  path: string;
  kinds: KindDeployment[];
}

/**
 * `safe`: goes on. `needs_migration`: parked until a higher version brings a `migrate`.
 * `would_strand`: a state that this definition cannot take, or a message that it refuses.
 */
export type Verdict = "safe" | "needs_migration" | "would_strand";

/** Queued messages of one type. */
export interface MessageCheck {
  type: string;
  count: number;
  verdict: Verdict;
  why: string | null;
}

export interface AgentCheck {
  address: Address;
  /** Of the stored state; null before the first turn. */
  version: number | null;
  state: { verdict: Verdict; why: string | null };
  timers: { id: string; delay: string | null; dueAtMs: number; verdict: Verdict }[];
  messages: MessageCheck[];
  /** The worst of the above. */
  verdict: Verdict;
}

export interface KindCheck {
  kind: string;
  fromVersion: number | null;
  toVersion: number;
  isChanged: boolean;
  counts: Record<Verdict, number>;
  verdict: Verdict;
  /** The first 1,000, the worst first. */
  agents: AgentCheck[];
}

export interface DeploymentCheck {
  path: string;
  verdict: Verdict;
  kinds: KindCheck[];
}
