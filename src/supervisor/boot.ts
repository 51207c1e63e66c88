/** From stored rows to agents in memory, at start and after a refused commit. */
import { parentOf, rootAddress } from "../address.ts";
import { DreamError } from "../errors.ts";
import type { StateSummary } from "../actors/protocol.ts";
import type { AgentRecord, BootAgent, Store } from "../storage/store.ts";
import { Cell } from "./cell.ts";
import type { Core } from "./core.ts";
import { Draft } from "./draft.ts";
import type { Kind } from "./kinds.ts";
import { type AgentNode, walk } from "./node.ts";
import { isQuiet, isUnremarkable } from "./resting.ts";
import { grantsFor } from "./spawn.ts";
import type { Tree } from "./tree.ts";

/** Agents read from the store at one time. */
const pageCount = 500;

/**
 * Takes up all stored agents and gives them their places in the tree.
 *
 * @returns what the swarm file changes about them
 */
export async function loadAgents(core: Core, tree: Tree): Promise<Draft> {
  core.registry.clear();
  tree.places.clear();
  await tree.load();
  core.registry.reserveKeys(Number(await core.store.meta("lastKey") ?? 0));
  const draft = new Draft();
  for await (const stored of storedAgents(core.store)) {
    const { record } = stored;
    const kind = core.kinds.find(record.agent) ?? core.kinds.byHash(record.bundle);
    if (!kind) {
      core.log("error", "an agent's kind is not known", { address: record.address });
      continue;
    }
    const summary = stored.summary === null ? null : JSON.parse(stored.summary);
    if (
      summary !== null && tree.isDynamic(parentOf(record.address)) && isPassive(stored, summary)
    ) {
      core.registry.addPassive(record, kind, stored);
      tree.places.adoptPassive(record.address);
      continue;
    }
    const cell = new Cell(record, kind, { ...stored, summary, hasState: summary !== null });
    core.registry.add(cell);
    if (!tree.places.adopt(cell)) stop(draft, cell);
  }
  for (const node of walk(tree.root)) {
    if (node.type === "agent" && !tree.isBelowEnded(node.address)) placeAgent(core, draft, node);
  }
  return draft;
}

/** Page after page, the next one being read while one is taken up. */
async function* storedAgents(store: Store): AsyncGenerator<BootAgent> {
  let next = store.agents(0, pageCount);
  while (true) {
    const page = await next;
    const last = page.at(-1)?.record.key ?? 0;
    if (page.length === pageCount) next = store.agents(last, pageCount);
    yield* page;
    if (page.length < pageCount) return;
  }
}

/** Whether it has nothing to do, and nothing that needs to be looked at. */
function isPassive({ record, depths }: BootAgent, summary: StateSummary): boolean {
  return isUnremarkable(record) && depths.every((depth) => depth === 0) && isQuiet(summary);
}

/** The swarm file is the wish: what it no longer names stops, state and mailbox stay (R6). */
function stop(draft: Draft, cell: Cell): void {
  if (cell.hasEnded || cell.record.status === "stopped") return;
  cell.record = { ...cell.record, status: "stopped" };
  draft.change({ op: "agent", record: cell.record });
}

function placeAgent(core: Core, draft: Draft, node: AgentNode): void {
  const kind = core.kinds.newest(node.spec.agent);
  const cell = core.registry.find(node.address);
  if (!cell) return createAgent(core, draft, node, kind);
  const { restart, input } = node.spec;
  const wish = {
    agent: kind.name,
    bundle: kind.hash,
    restart,
    input: JSON.stringify(input),
    grants: JSON.stringify(grantsFor(kind, node.spec.grants)),
    origin: "swarm" as const,
    status: isAbsent(cell) ? "running" as const : cell.record.status,
  };
  const record: AgentRecord = { ...cell.record, ...wish };
  if (JSON.stringify(record) === JSON.stringify(cell.record)) return;
  cell.record = record;
  cell.kind = kind;
  draft.change({ op: "agent", record });
}

function createAgent(core: Core, draft: Draft, node: AgentNode, kind: Kind): void {
  const input = JSON.stringify(node.spec.input);
  const fault = kind.schemas.input(node.spec.input);
  if (fault !== null) {
    throw new DreamError("bad_swarm", `Cannot start ${node.address}: its input: ${fault}`);
  }
  const record: AgentRecord = {
    key: core.registry.takeKey(),
    address: node.address,
    agent: kind.name,
    bundle: kind.hash,
    restart: node.spec.restart,
    input,
    grants: JSON.stringify(grantsFor(kind, node.spec.grants)),
    origin: "swarm",
    spawnedBy: rootAddress,
    status: "running",
    generation: 0,
    restarts: 0,
    lastError: null,
    createdAtMs: core.clock.wallMs(),
    endedAtMs: null,
    intent: null,
    suspicion: null,
  };
  draft.change(
    { op: "agent", record },
    { op: "meta", name: "lastKey", value: String(record.key) },
  );
  draft.event(record.createdAtMs, "agent.started", node.address, { kind: kind.name });
  core.registry.add(new Cell(record, kind));
}

/** Stopped because the swarm file did not name it: other stops have a time of their own. */
function isAbsent({ record }: Cell): boolean {
  return record.status === "stopped" && record.endedAtMs === null;
}
