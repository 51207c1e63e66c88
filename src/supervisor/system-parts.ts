/** What the system is put together from. */
import type { Clock } from "../clock.ts";
import type { Hosts } from "../host/hosts.ts";
import type { Ids } from "../ids.ts";
import type { Limits } from "../limits.ts";
import type { Log } from "../log.ts";
import type { Store } from "../storage/store.ts";
import type { Traces } from "../traces/traces.ts";
import type { SwarmSpec } from "../swarm.ts";
import type { AdapterRunner } from "./adapters.ts";
import type { MakeBackup } from "./backing-up.ts";
import type { ToolRunner } from "./core.ts";
import type { Build, BuiltKind } from "./deployments.ts";

export interface SystemParts {
  clock: Clock;
  ids: Ids;
  limits: Limits;
  store: Store;
  hosts: Hosts;
  tools: ToolRunner & AdapterRunner;
  log: Log;
  swarm: SwarmSpec;
  kinds: BuiltKind[];
  about: { home: string; version: string; pid: number };
  /** The process must end with this exit code, the message said to people. */
  onFatal(code: number, error: Error): void;
  /** Somebody asked for the end. */
  onShutdown(): void;
  /** Bundles code to be deployed; without it nothing can be. */
  build?: Build;
  /** Makes backups; without it there are none. */
  backup?: MakeBackup;
  /** Starts with agents paused (R7). */
  safe?: boolean;
  /** Takes the spans of turns and calls; by default they are kept for who asks, and no more. */
  traces?: Traces;
  /** Puts a new token of the owner where the old one was. @returns how to put that back */
  keepOwner?(token: string): () => void;
}
