/** One supervisor, adapter or agent place of the tree, as made from its child spec. */
import { type Address, childOf } from "../address.ts";
import type { ErrorData } from "../errors.ts";
import type {
  AdapterSpec,
  AgentSpec,
  AutoShutdown,
  ChildSpec,
  DynamicSpec,
  RestartType,
  ShutdownMs,
  SwarmSpec,
} from "../swarm.ts";
import type { Cell } from "./cell.ts";
import type { Registry } from "./registry.ts";
import type { Round } from "./rounds.ts";

/** What supervisors have in common: how often and how fast they restart. */
export interface Intensity {
  intensity: number;
  periodMs: number;
  backoffMs: number;
  backoffMaxMs: number;
  stableAfterMs: number;
}

interface Base {
  address: Address;
  parent: SupervisorNode | null;
  restart: RestartType;
  significant: boolean;
  shutdownMs: ShutdownMs;
  restarts: number;
  lastError: ErrorData | null;
  /** The stop and start that it is part of, if any. */
  round: Round | null;
}

/** What both kinds of supervisors have at run time. */
interface Supervising extends Base {
  limits: Intensity;
  bulkhead: boolean;
  /** Restart times, newest first, monotonic ms. */
  window: number[];
  /** Its children may not run: it waits for its start, or is being restarted. */
  isDown: boolean;
  /** It has run in this process: when it is down now, it is being restarted. */
  wasUp: boolean;
  /** It has ended for good, and how. */
  ended: "completed" | "failed" | "stopped" | null;
  /** Failures since it was last stable, for the backoff. */
  backoffs: number;
  /** Monotonic ms. */
  lastFailureMs: number;
}

export interface SupervisorNode extends Supervising {
  type: "supervisor";
  strategy: SwarmSpec["strategy"];
  autoShutdown: AutoShutdown;
  /** It shut down with its significant children: its agents begin anew at its next start. */
  startsAfresh: boolean;
  children: TreeChild[];
}

export interface DynamicNode extends Supervising {
  type: "dynamic";
  spec: DynamicSpec;
  /** Children that may run and are not passive. */
  running: Set<Cell>;
  /** Passive children: they may run, and have nothing to do. */
  passive: number;
  /** Children that wait for a place, oldest first. */
  waiting: Cell[];
}

export interface AgentNode extends Base {
  type: "agent";
  spec: AgentSpec;
}

export interface AdapterNode extends Base {
  type: "adapter";
  spec: AdapterSpec;
  /** Null until it has said something. */
  isUp: boolean | null;
}

export type TreeChild = SupervisorNode | DynamicNode | AgentNode | AdapterNode;
export type AnySupervisor = SupervisorNode | DynamicNode;

/** The tree of a swarm; the root is the supervisor `/`. */
export function buildTree(swarm: SwarmSpec): SupervisorNode {
  const root: SupervisorNode = {
    type: "supervisor",
    ...freshBase("/", null),
    ...freshSupervising(swarm, false),
    strategy: swarm.strategy,
    autoShutdown: "never",
    startsAfresh: false,
    children: [],
  };
  root.children = swarm.children.map((spec) => build(spec, root));
  return root;
}

function freshBase(address: Address, parent: SupervisorNode | null): Base {
  return {
    address,
    parent,
    restart: "permanent",
    significant: false,
    shutdownMs: "infinity",
    restarts: 0,
    lastError: null,
    round: null,
  };
}

function freshSupervising(limits: Intensity, bulkhead: boolean): Omit<Supervising, keyof Base> {
  return {
    limits,
    bulkhead,
    window: [],
    isDown: true,
    wasUp: false,
    ended: null,
    backoffs: 0,
    lastFailureMs: Number.NEGATIVE_INFINITY,
  };
}

function build(spec: ChildSpec, parent: SupervisorNode): TreeChild {
  const { significant, shutdownMs } = spec;
  const base = { ...freshBase(childOf(parent.address, spec.id), parent), significant, shutdownMs };
  switch (spec.type) {
    case "agent":
      return { ...base, type: "agent", restart: spec.restart, spec };
    case "adapter":
      return { ...base, type: "adapter", spec, isUp: null };
    case "dynamic": {
      const supervising = freshSupervising(spec, spec.bulkhead);
      const places = { running: new Set<Cell>(), passive: 0, waiting: [] };
      return { ...base, ...supervising, type: "dynamic", spec, ...places };
    }
    case "supervisor": {
      const { restart, strategy, autoShutdown, bulkhead } = spec;
      const node: SupervisorNode = {
        ...base,
        ...freshSupervising(spec, bulkhead),
        type: "supervisor",
        restart,
        strategy,
        autoShutdown,
        startsAfresh: false,
        children: [],
      };
      node.children = spec.children.map((child) => build(child, node));
      return node;
    }
  }
}

/** Every node from `node` down, parents first, in start order. */
export function* walk(node: TreeChild): Generator<TreeChild> {
  yield node;
  if (node.type !== "supervisor") return;
  for (const child of node.children) yield* walk(child);
}

/** Agents below `node`: all of its spec, and those of dynamic supervisors that have not ended. */
export function* cellsBelow(node: TreeChild, registry: Registry): Generator<Cell> {
  for (const each of walk(node)) {
    if (each.type === "dynamic" && each.passive > 0) registry.wakeBelow(each.address);
    yield* awakeAt(each, registry);
  }
}

/** As `cellsBelow`, without those that are passive: they have no thread and nothing in hand. */
export function* awakeBelow(node: TreeChild, registry: Registry): Generator<Cell> {
  for (const each of walk(node)) yield* awakeAt(each, registry);
}

function awakeAt(node: TreeChild, registry: Registry): Cell[] {
  if (node.type === "dynamic") return [...node.running, ...node.waiting];
  return node.type === "agent" ? [registry.find(node.address) ?? []].flat() : [];
}

/** Children of a dynamic supervisor that may run. */
export function countRunning(node: DynamicNode): number {
  return node.running.size + node.passive;
}
