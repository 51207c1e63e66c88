/** One supervisor, adapter or agent place of the tree, as made from its child spec. */
import { type Address, childOf } from "../address.ts";
import type { ErrorData } from "../errors.ts";
import type { AdapterSpec, AgentSpec, ChildSpec, DynamicSpec, SwarmSpec } from "../swarm.ts";
import type { Cell } from "./cell.ts";

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
  restarts: number;
  lastError: ErrorData | null;
}

export interface SupervisorNode extends Base {
  type: "supervisor";
  limits: Intensity;
  strategy: SwarmSpec["strategy"];
  bulkhead: boolean;
  /** Restart times, newest first, monotonic ms. */
  window: number[];
  children: TreeChild[];
}

export interface DynamicNode extends Base {
  type: "dynamic";
  limits: Intensity;
  spec: DynamicSpec;
  bulkhead: boolean;
  window: number[];
  /** Children that may run. */
  running: Set<Cell>;
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
    address: "/",
    parent: null,
    restarts: 0,
    lastError: null,
    limits: swarm,
    strategy: swarm.strategy,
    bulkhead: false,
    window: [],
    children: [],
  };
  root.children = swarm.children.map((spec) => build(spec, root));
  return root;
}

function build(spec: ChildSpec, parent: SupervisorNode): TreeChild {
  const address = childOf(parent.address, spec.id);
  const base = { address, parent, restarts: 0, lastError: null };
  switch (spec.type) {
    case "agent":
      return { ...base, type: "agent", spec };
    case "adapter":
      return { ...base, type: "adapter", spec, isUp: null };
    case "dynamic": {
      const { bulkhead } = spec;
      const places = { running: new Set<Cell>(), waiting: [] };
      return { ...base, type: "dynamic", limits: spec, spec, bulkhead, window: [], ...places };
    }
    case "supervisor": {
      const { strategy, bulkhead } = spec;
      const node: SupervisorNode = {
        ...base,
        type: "supervisor",
        limits: spec,
        strategy,
        bulkhead,
        window: [],
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
