/** Starting an agent below a dynamic supervisor, for another agent or for a person. */
import { type Address, childOf, isSegment } from "../address.ts";
import { DreamError } from "../errors.ts";
import type { Grants } from "../swarm.ts";
import type { AgentRecord } from "../storage/store.ts";
import { Cell } from "./cell.ts";
import type { Core } from "./core.ts";
import type { Draft } from "./draft.ts";
import type { Kind } from "./kinds.ts";
import { countRunning, type DynamicNode, type TreeChild } from "./node.ts";

export interface SpawnRequest {
  under: Address;
  name: string;
  /** Kind of agent. */
  agent: string;
  /** JSON text. */
  input: string;
  restart: "permanent" | "transient" | "temporary" | null;
  /** Who asks: an address, or `@name` at the API. */
  by: string;
}

/**
 * Adds the new agent to the draft. It runs at once or, where its supervisor limits that, waits as
 * `pending`. An address whose agent has ended may be used again.
 *
 * @throws {DreamError} `not_dynamic`, `not_found`, `invalid_address`, `kind_not_found`, `denied`,
 * `address_taken`, `too_many_children`, `invalid_payload`
 */
export function spawnChild(
  core: Core,
  node: TreeChild | undefined,
  draft: Draft,
  request: SpawnRequest,
): Cell {
  const { under, name } = request;
  if (!node) throw new DreamError("not_found", `Cannot spawn under ${under}: there is nothing`);
  if (node.type !== "dynamic") {
    throw new DreamError("not_dynamic", `Cannot spawn under ${under}: it is no dynamic supervisor`);
  }
  if (node.ended || core.tree.isBelowEnded(node.address)) {
    throw new DreamError("agent_stopped", `Cannot spawn under ${under}: its supervisor has ended`);
  }
  if (!isSegment(name)) {
    throw new DreamError("invalid_address", `Cannot spawn ${JSON.stringify(name.slice(0, 80))}`);
  }
  const kind = core.kinds.newest(request.agent);
  if (node.spec.agents && !node.spec.agents.includes(kind.name)) {
    const allowed = node.spec.agents.join(", ");
    throw new DreamError("denied", `${under} starts only ${allowed}, not ${kind.name}`);
  }
  checkInput(kind, request.input);
  const address = childOf(under, name);
  const old = freeAddress(core, draft, address);
  if (countRunning(node) + node.waiting.length + draft.spawned.size >= node.spec.maxChildren) {
    throw new DreamError("too_many_children", `${under} has ${node.spec.maxChildren} children`);
  }
  return place(core, node, draft, newCell(core, node, kind, address, request), old);
}

function newCell(
  core: Core,
  node: DynamicNode,
  kind: Kind,
  address: Address,
  request: SpawnRequest,
): Cell {
  const cell = new Cell({
    key: core.registry.takeKey(),
    address,
    agent: kind.name,
    bundle: kind.hash,
    restart: request.restart ?? node.spec.restart,
    input: request.input,
    grants: JSON.stringify(grantsFor(kind, node.spec.grants)),
    origin: "spawned",
    spawnedBy: request.by,
    status: "running",
    generation: core.registry.lastGeneration(address),
    restarts: 0,
    lastError: null,
    createdAtMs: core.clock.wallMs(),
    endedAtMs: null,
    intent: null,
    suspicion: null,
  }, kind);
  // Before it is added, too: who has asked for it is told how it stands.
  cell.paused = core.registry.isPaused;
  return cell;
}

function place(core: Core, node: DynamicNode, draft: Draft, cell: Cell, old: Cell | null): Cell {
  const most = node.spec.maxRunning ?? Number.POSITIVE_INFINITY;
  const waits = countRunning(node) + draft.spawned.size >= most;
  const record: AgentRecord = { ...cell.record, status: waits ? "pending" : "running" };
  cell.record = record;
  if (old) draft.change({ op: "agentGone", key: old.key });
  draft.change({ op: "agent", record }, { op: "meta", name: "lastKey", value: String(cell.key) });
  draft.event(record.createdAtMs, "agent.spawned", cell.address, {
    kind: cell.kind.name,
    by: record.spawnedBy,
  });
  draft.spawned.set(cell.address, cell);
  draft.onAccept(() => {
    cell.held = node.isDown;
    if (old) core.registry.remove(old);
    core.registry.add(cell);
    if (waits) node.waiting.push(cell);
    else node.running.add(cell);
  });
  draft.onDurable(() => core.dispatcher.wake(cell));
  return cell;
}

/** What it asked for, as far as its supervisor grants it. */
export function grantsFor(kind: Kind, granted: Grants): Grants {
  return {
    calls: kind.manifest.needs.calls.filter((call) => granted.calls.includes(call)),
    files: granted.files,
  };
}

function checkInput(kind: Kind, input: string): void {
  const fault = kind.schemas.input(JSON.parse(input));
  if (fault === null) return;
  throw new DreamError("invalid_payload", `Kind ${kind.name} refuses this input: ${fault}`);
}

function freeAddress(core: Core, draft: Draft, address: Address): Cell | null {
  const old = draft.spawned.get(address) ?? core.registry.find(address) ?? null;
  if (old && !old.hasEnded) {
    throw new DreamError("address_taken", `Cannot spawn ${address}: its status is ${old.status}`);
  }
  return old;
}
