/** What people and programs see of the running system: plain data, made on request. */
import { type Address, isWithin, parentOf, rootAddress } from "../address.ts";
import type { StateSummary } from "../actors/protocol.ts";
import type { Json } from "../json.ts";
import type { AgentStatus, Page } from "../storage/store.ts";
import type { Cell } from "./cell.ts";
import type {
  AgentDetail,
  AgentsQuery,
  AgentView,
  CheckpointView,
  MachineView,
  TreeNode,
} from "./control.ts";
import type { Core } from "./core.ts";
import type { AnySupervisor, TreeChild } from "./node.ts";
import type { Tree } from "./tree.ts";

/** Children of one dynamic supervisor that a tree lists. */
const mostListed = 1_000;

export function viewAgent(cell: Cell): AgentView {
  const { record, residence } = cell;
  return {
    address: cell.address,
    kind: record.agent,
    status: cell.status,
    supervisor: parentOf(cell.address),
    hostPid: residence?.thread?.hostPid ?? null,
    thread: residence?.thread?.id ?? null,
    generation: record.generation,
    mailboxDepth: cell.mailbox.depth,
    blockedOn: cell.status === "blocked" ? cell.blockedOn?.address ?? null : null,
    turns: cell.turns,
    restarts: record.restarts,
    lastError: record.lastError,
  };
}

/** One agent with its state, timers and calls, as of the newest commit. */
export async function viewDetail(core: Core, cell: Cell): Promise<AgentDetail> {
  const { record, kind } = cell;
  const [row, timers, calls] = await Promise.all([
    core.store.state(cell.key),
    core.store.timers(cell.key),
    core.store.calls(cell.key),
  ]);
  const summary: StateSummary | null = cell.summary ?? (row ? JSON.parse(row.summary) : null);
  return {
    ...viewAgent(cell),
    restart: record.restart,
    spawnedBy: record.spawnedBy,
    input: JSON.parse(record.input),
    grants: JSON.parse(record.grants),
    bundle: record.bundle,
    version: kind.manifest.version,
    accepts: kind.manifest.accepts,
    state: summary && {
      value: summary.value as Json,
      tags: summary.tags,
      status: summary.status,
      output: summary.output === null ? null : JSON.parse(summary.output),
      context: row ? contextOf(row.state.text) : null,
    },
    timers,
    calls,
    createdAtMs: record.createdAtMs,
    endedAtMs: record.endedAtMs,
  };
}

/** What an agent's kind says about its machine. */
export function viewMachine({ address, kind }: Cell): MachineView {
  const { version, chart } = kind.manifest;
  return {
    address,
    kind: kind.name,
    version,
    bundle: kind.hash,
    chart: chart === undefined || chart === null ? null : JSON.parse(chart),
  };
}

/** Earlier states of an agent, newest first. */
export async function viewCheckpoints(core: Core, cell: Cell): Promise<CheckpointView[]> {
  const rows = await core.store.checkpoints(cell.key);
  return rows.map(({ id, atMs, reason, turns, summary }) => {
    const { value, tags } = JSON.parse(summary);
    return { id, atMs, reason, turns, state: value, tags };
  });
}

/** The machine's context as it is stored: tagged values stay tagged. */
function contextOf(text: string): Json {
  const stored = JSON.parse(text);
  return stored?.root?.context ?? null;
}

/** Agents in the order of their addresses; the cursor is the last address shown. */
export function pageOfAgents(
  core: Core,
  query: AgentsQuery,
): Page<AgentView> {
  const { limit, cursor, under, kind, status } = query;
  const shown: Address[] = [];
  for (const address of core.registry.sortedAddresses(cursor ?? "")) {
    if (!isWithin(address, under ?? rootAddress)) continue;
    const seen = core.registry.glance(address);
    if (kind !== undefined && seen?.kind !== kind) continue;
    if (status !== undefined && seen?.status !== status) continue;
    if (shown.push(address) > limit) break;
  }
  const nextCursor = shown.length > limit ? shown[limit - 1]! : null;
  const items = shown.slice(0, limit).map((address) => viewAgent(core.registry.get(address)));
  return { items, nextCursor };
}

/** The whole tree; long lists of spawned agents are cut. */
export function viewTree(core: Core, tree: Tree): TreeNode {
  const spawned = Map.groupBy(core.registry.addresses(), parentOf);
  return viewNode(core, tree.root, spawned);
}

function viewNode(core: Core, node: TreeChild, spawned: Map<Address, Address[]>): TreeNode {
  const base = {
    address: node.address,
    type: node.type,
    restarts: node.restarts,
    lastError: node.lastError,
    kind: null,
    strategy: null,
    mailboxDepth: 0,
    exits: [],
    children: [],
    hidden: 0,
  };
  switch (node.type) {
    case "agent": {
      const cell = core.registry.find(node.address);
      return cell ? viewLeaf(cell) : { ...base, status: "stopped", kind: node.spec.agent };
    }
    case "adapter":
      return { ...base, status: adapterStatus(node.isUp), kind: node.spec.adapter };
    case "dynamic": {
      const below = spawned.get(node.address) ?? [];
      const children = below.slice(0, mostListed)
        .map((address) => viewLeaf(core.registry.get(address)));
      return { ...base, status: standing(node), children, hidden: below.length - children.length };
    }
    case "supervisor": {
      const children = node.children.map((child) => viewNode(core, child, spawned));
      return { ...base, status: standing(node), strategy: node.strategy, children };
    }
  }
}

function standing(node: AnySupervisor): AgentStatus {
  if (node.ended || !node.isDown) return node.ended ?? "running";
  return node.wasUp ? "restarting" : "pending";
}

function adapterStatus(isUp: boolean | null): AgentStatus {
  if (isUp === null) return "pending";
  return isUp ? "running" : "restarting";
}

function viewLeaf(cell: Cell): TreeNode {
  const status: AgentStatus = cell.status;
  return {
    address: cell.address,
    type: "agent",
    status,
    kind: cell.record.agent,
    strategy: null,
    restarts: cell.record.restarts,
    mailboxDepth: cell.mailbox.depth,
    lastError: cell.record.lastError,
    exits: [...cell.exits.values()].sort((a, b) => a.lastAtMs - b.lastAtMs),
    children: [],
    hidden: 0,
  };
}
