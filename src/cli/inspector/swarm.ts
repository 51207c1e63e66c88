/**
 * The swarm as the screen knows it: the supervision tree with the newest figures of each agent.
 * The tree is taken whole, as its shape changes seldom; figures come in between.
 */
import type { AgentCounters, AgentView, CountersFrame, TreeNode } from "../../api/client.ts";
import { nameOf, parentOf } from "../../address.ts";

type Status = AgentView["status"];

/** One place of the tree. */
export interface Item {
  address: string;
  /** Last part of the address; `/` for the root. */
  name: string;
  type: TreeNode["type"];
  kind: string | null;
  strategy: string | null;
  status: Status;
  restarts: number;
  depth: number;
  /** When the oldest open envelope was sent, epoch ms; null when there is none or not known. */
  oldestAtMs: number | null;
  turnsPerSecond: number;
  /** Its share of the memory of its host; null without a thread. */
  memoryBytes: number | null;
  hostPid: number | null;
  /** The agent whose full mailbox it waits for. */
  blockedOn: string | null;
  lastError: TreeNode["lastError"];
  exits: TreeNode["exits"];
  /** Epoch ms since when it stands as it does, as far as it was seen. */
  sinceMs: number | null;
  /** Moments of its bad ends that were seen, newest last. */
  endsMs: number[];
  /** Children that the service did not list. */
  hidden: number;
  parent: Item | null;
  children: Item[];
}

/** What lists of agents say of each. */
type Listed = Pick<
  AgentView,
  "address" | "kind" | "status" | "restarts" | "mailboxDepth"
>;

const mostEnds = 50;

export class Swarm {
  root: Item | null = null;
  #items = new Map<string, Item>();
  /** Memory for each thread of a host, by pid. */
  #shares = new Map<number, number | null>();
  /** Agents that the tree does not list, and that had something to show. */
  #extra = new Map<string, TreeNode>();
  #nowMs = 0;

  get size(): number {
    return this.#items.size;
  }

  find(address: string): Item | null {
    return this.#items.get(address) ?? null;
  }

  /** In the order of the tree. */
  items(): Iterable<Item> {
    return this.#items.values();
  }

  /** Takes the whole tree as of now. */
  take(tree: TreeNode, nowMs: number): void {
    const before = this.#items;
    this.#nowMs = nowMs;
    this.#items = new Map();
    this.root = this.#build(tree, null, before, nowMs);
    for (const [address, node] of this.#extra) {
      const parent = this.#items.get(parentOf(address));
      if (!parent || parent.hidden === 0 || this.#items.has(address)) this.#extra.delete(address);
      else this.#keep(parent, node, before.get(address), nowMs);
    }
  }

  #keep(parent: Item, node: TreeNode, old: Item | undefined, nowMs: number): void {
    const news = old ? { status: old.status, mailboxDepth: old.depth, restarts: old.restarts } : {};
    parent.hidden--;
    const before = new Map(old ? [[node.address, old]] : []);
    parent.children.push(this.#build({ ...node, ...news }, parent, before, nowMs));
  }

  /**
   * Takes what changed since the last frame.
   *
   * @returns whether there are agents that the tree does not have: it is to be read again
   */
  update(frame: CountersFrame): boolean {
    for (const { pid, rssBytes, threads } of frame.hosts ?? []) {
      this.#shares.set(pid, rssBytes === null ? null : rssBytes / Math.max(1, threads));
    }
    // Who is not told of does nothing.
    if (frame.full) { for (const item of this.#items.values()) rest(item, frame.atMs); }
    let isStrange = frame.gone.some((address) => this.#items.has(address));
    for (const counters of frame.agents) {
      const item = this.#items.get(counters.address) ?? this.addHidden(counters);
      if (item) this.#set(item, counters, frame.atMs);
      else isStrange = true;
    }
    for (const address of frame.gone) this.#extra.delete(address);
    if (frame.hosts) {
      for (const item of this.#items.values()) item.memoryBytes = this.#shareOf(item.hostPid);
    }
    return isStrange;
  }

  #set(item: Item, counters: AgentCounters, nowMs: number): void {
    const { status, mailboxDepth, oldestAtMs, turnsPerS, restarts, hostPid, blockedOn } = counters;
    if (item.status !== status) {
      item.sinceMs = nowMs;
    }
    const turnsPerSecond = turnsPerS;
    const depth = mailboxDepth;
    const memoryBytes = this.#shareOf(hostPid);
    const news = { status, depth, oldestAtMs, turnsPerSecond, restarts, hostPid, blockedOn };
    Object.assign(item, news, { memoryBytes });
  }

  /** A thread's memory is not known apart: each of a host's threads counts as much. */
  #shareOf(hostPid: number | null): number | null {
    return hostPid === null ? null : this.#shares.get(hostPid) ?? null;
  }

  /**
   * Adds an agent of a long list that the service cut: one that was looked for, or that has
   * something to show.
   *
   * @returns null when it belongs to no such list
   */
  addHidden(agent: Listed): Item | null {
    const { address, kind, status, restarts, mailboxDepth } = agent;
    const parent = this.#items.get(parentOf(address));
    if (!parent || parent.type !== "dynamic" || parent.hidden === 0) return null;
    const node: TreeNode = {
      address,
      type: "agent",
      status,
      kind,
      strategy: null,
      restarts,
      mailboxDepth,
      lastError: null,
      exits: [],
      children: [],
      hidden: 0,
    };
    this.#extra.set(address, node);
    parent.hidden--;
    const item = this.#build(node, parent, this.#items, this.#nowMs);
    parent.children.push(item);
    return item;
  }

  #build(node: TreeNode, parent: Item | null, before: Map<string, Item>, nowMs: number): Item {
    const { address, exits, status } = node;
    const old = before.get(address);
    const isBusy = node.mailboxDepth > 0;
    const item: Item = {
      address,
      name: address === "/" ? "/" : nameOf(address),
      type: node.type,
      kind: node.kind,
      strategy: node.strategy,
      status,
      restarts: node.restarts,
      depth: node.mailboxDepth,
      oldestAtMs: isBusy ? old?.oldestAtMs ?? null : null,
      turnsPerSecond: old?.turnsPerSecond ?? 0,
      memoryBytes: old?.memoryBytes ?? null,
      hostPid: old?.hostPid ?? null,
      blockedOn: status === "blocked" ? old?.blockedOn ?? null : null,
      lastError: node.lastError,
      exits,
      sinceMs: old === undefined || old.status === status ? old?.sinceMs ?? null : nowMs,
      endsMs: endsOf(node, old),
      hidden: node.hidden,
      parent,
      children: [],
    };
    this.#items.set(address, item);
    item.children = node.children.map((child) => this.#build(child, item, before, nowMs));
    return item;
  }
}

function rest(item: Item, nowMs: number): void {
  if (item.type !== "agent") return;
  Object.assign(item, { depth: 0, oldestAtMs: null, turnsPerSecond: 0, hostPid: null });
  item.memoryBytes = null;
  if (item.status !== "running" && item.status !== "restarting") return;
  item.status = "passive";
  item.sinceMs = nowMs;
}

/** Ends that are no accident. */
const wanted = new Set(["normal", "shutdown"]);

function endsOf({ exits }: TreeNode, old: Item | undefined): number[] {
  const bad = exits.filter(({ reason }) => !wanted.has(reason));
  const ends = [...old?.endsMs ?? []];
  for (const { reason, count, lastAtMs } of bad) {
    const had = old?.exits.find((exit) => exit.reason === reason)?.count ?? 0;
    // How many there were is known, when is known of the last one.
    if (old === undefined) ends.push(lastAtMs);
    else for (let i = had; i < count; i++) ends.push(lastAtMs);
  }
  return ends.sort((a, b) => a - b).slice(-mostEnds);
}
