/**
 * A small `Control` in memory: the boundary of the API, real enough to send to, ask, spawn and look
 * at. Agents answer `echo` with their payload, `never` not at all; `/full` is always full.
 */
import type { Envelope } from "../../src/actors/envelope.ts";
import type { BackupManifest } from "../../src/backup-manifest.ts";
import { parentOf } from "../../src/address.ts";
import { DreamError } from "../../src/errors.ts";
import type { Json } from "../../src/json.ts";
import type { MemoryHit, RecallOptions } from "../../src/storage/memory.ts";
import type { MessageQuery, MessageRow, Page } from "../../src/storage/store.ts";
import type {
  AgentDetail,
  AgentView,
  AskInput,
  Caller,
  CheckpointView,
  Control,
  Idempotency,
  MessageInput,
  SpawnInput,
  SystemStatus,
  TreeNode,
  VerbAnswer,
  VerbInput,
} from "../../src/supervisor/control.ts";
import { systemClock } from "../../src/clock.ts";
import { openInMemoryStore } from "../../src/storage/in-memory-store.ts";
import { systemIds } from "../../src/ids.ts";
import type { TurnFollower } from "../../src/supervisor/turn-views.ts";
import type { CountersFollower } from "../../src/supervisor/counter-views.ts";
import { listingOf } from "../../src/supervisor/listing.ts";
import { TokenBook } from "../../src/supervisor/token-book.ts";
import type { AgentHistory, MessageHistory } from "../../src/supervisor/history-views.ts";
import { viewTraced } from "../../src/supervisor/message-history.ts";
import { EventLog } from "../../src/supervisor/event-log.ts";
import { noAgents, noExits, retention, started } from "./small-status.ts";
import { treeOf } from "./small-tree.ts";

export class SmallControl implements Control {
  readonly sent: MessageInput[] = [];
  stops = 0;
  /** What the next send or status throws instead of answering; null for nothing. */
  failNext: unknown = null;
  onShutdown: () => void = () => {};
  #agents = new Map<string, AgentView>();
  #rows: MessageRow[] = [];
  #answers = new Map<string, { hash: string; ids: string[] }>();

  constructor() {
    this.#add("/captain", "captain");
    this.#add("/full", "wall");
  }

  async status(): Promise<SystemStatus> {
    this.#check();
    return await Promise.resolve({
      startedAtMs: started,
      version: "0.1.0",
      pid: Deno.pid,
      home: "/home",
      agents: { ...noAgents, running: this.#agents.size },
      hosts: [{ pid: 41, group: "default", threads: 2, starts: 2, rssBytes: 50_000_000 }],
      safeMode: null,
      toolHostPid: 42,
      deadLetters: 0,
      available: true,
      memory: { documents: 2, passages: 9, sources: 2, deletedSources: 0, rememberedSources: 2 },
      retention,
      exitsByReason: noExits,
      restartsByReason: noExits,
    });
  }

  async send(caller: Caller, messages: MessageInput[], idempotency?: Idempotency) {
    this.#check();
    const known = idempotency && this.#recalled(idempotency);
    if (known) return known;
    for (const message of messages) this.#find(message.to);
    const ids = await Promise.resolve(messages.map((message) => this.#post(caller, message)));
    if (idempotency) this.#answers.set(idempotency.key, { hash: idempotency.bodyHash, ids });
    return { ids };
  }

  async ask(caller: Caller, ask: AskInput) {
    const id = this.#post(caller, { to: ask.to, type: ask.type, payload: ask.payload });
    if (ask.type === "echo") return await Promise.resolve({ id, reply: ask.payload });
    throw new DreamError("ask_timeout", `No reply from ${ask.to} within ${ask.timeoutMs} ms`, {
      details: { id },
    });
  }

  readAsk(id: string) {
    return Promise.resolve({
      id,
      asker: "@owner",
      ask: id,
      key: 7,
      expiresAtMs: started,
      outcome: '{"ok":true,"value":{"n":1}}',
      settledAtMs: started,
    });
  }

  async spawn(_caller: Caller, spawn: SpawnInput): Promise<AgentView> {
    if (this.#agents.has(spawn.address)) {
      throw new DreamError("address_taken", `Cannot spawn ${spawn.address}: it exists`);
    }
    return await Promise.resolve(this.#add(spawn.address, spawn.kind));
  }

  async delete(_caller: Caller, address: string): Promise<void> {
    this.#find(address);
    this.#agents.delete(address);
    return await Promise.resolve();
  }

  readonly verbs: VerbInput[] = [];

  async carryOut(_caller: Caller, input: VerbInput): Promise<VerbAnswer> {
    this.#check();
    const from = input.address === "/" ? "running" : this.#find(input.address).status;
    this.verbs.push(input);
    const { verb, address } = input;
    if (verb === "delete") this.#agents.delete(address);
    const status = verb === "delete" ? null : "paused" as const;
    const one = { address, from, status, intent: null, error: null };
    return await Promise.resolve({ verb, address, agents: [one] });
  }

  async checkpoints(address: string): Promise<CheckpointView[]> {
    this.#find(address);
    const one = { atMs: started, reason: "restart" as const, turns: 9 };
    const ids = [9, 8, 7, 6, 5, 4, 2];
    return await Promise.resolve(
      ids.map((id) => ({ ...one, id, state: "idle", tags: ["busy"] })),
    );
  }

  readonly letters: string[] = [];

  async deadLetter(id: number) {
    const { items: [letter] } = await this.deadLetters();
    if (letter!.id === id) return letter!;
    throw new DreamError("letter_not_found", `There is no dead letter ${id}`);
  }

  async replay(_caller: Caller, id: number) {
    await this.deadLetter(id);
    this.letters.push(`replay ${id}`);
    return { id: "id-9" };
  }

  async dropLetter(_caller: Caller, id: number) {
    await this.deadLetter(id);
    this.letters.push(`drop ${id}`);
  }

  agents(query: { limit: number }): Promise<Page<AgentView>> {
    const items = [...this.#agents.values()].slice(0, query.limit);
    return Promise.resolve({ items, nextCursor: null });
  }

  async agent(address: string): Promise<AgentDetail> {
    return await Promise.resolve({
      ...this.#find(address),
      restart: "permanent",
      spawnedBy: null,
      input: {},
      grants: { calls: ["file.read"] },
      bundle: "ab".repeat(32),
      version: 1,
      accepts: { echo: { type: "object", properties: { text: {} }, required: ["text"] } },
      state: { value: "idle", tags: [], status: "active", output: null, context: { n: 1 } },
      timers: [],
      calls: [],
      createdAtMs: started,
      endedAtMs: null,
    });
  }

  async machine(address: string) {
    const { kind } = this.#find(address);
    const chart = { initial: "idle", states: { idle: {} } };
    return await Promise.resolve({ address, kind, version: 1, bundle: "ab".repeat(32), chart });
  }

  tree(): Promise<TreeNode> {
    return Promise.resolve(treeOf([...this.#agents.values()]));
  }

  messages(query: MessageQuery): Promise<Page<MessageRow>> {
    const items = this.#rows.filter(({ envelope }) =>
      (query.to === undefined || envelope.to === query.to) &&
      (query.sinceMs === undefined || envelope.sentAtMs >= query.sinceMs)
    );
    return Promise.resolve({ items: items.slice(0, query.limit), nextCursor: null });
  }

  deadLetters() {
    const message = { to: "/captain", type: "bad", payload: { n: 1 } };
    const letter = {
      id: 1,
      envelope: envelopeOf("dead-1", 1, { name: "owner" }, message),
      reason: "poison",
      message: "It crashed the agent 3 times",
      state: '{"value":"idle"}',
      deadAtMs: started,
    };
    return Promise.resolve({ items: [letter], nextCursor: null });
  }

  readonly followers = new Map<TurnFollower, string>();

  deploy(_caller: Caller, path: string) {
    return Promise.resolve({ path, kinds: [] });
  }

  checkDeployment(path: string) {
    return Promise.resolve({ path, verdict: "safe" as const, kinds: [] });
  }

  followTurns(address: string, follower: TurnFollower): () => void {
    this.followers.set(follower, address);
    return () => void this.followers.delete(follower);
  }

  readonly screens = new Set<CountersFollower>();

  followCounters(follower: CountersFollower): () => void {
    this.screens.add(follower);
    return () => void this.screens.delete(follower);
  }

  /** Its commits are for tests to make. */
  readonly store = openInMemoryStore({ clock: systemClock });
  readonly log = new EventLog(this.store, systemClock);
  /** How far its clock is ahead, for tokens that expire. */
  aheadMs = 0;
  readonly tokens = new TokenBook({
    clock: { ...systemClock, wallMs: () => systemClock.wallMs() + this.aheadMs },
    ids: systemIds(systemClock),
    store: this.store,
    checkOpen: () => this.#check(),
    keepOwner: () => () => {},
    commit: async (changes) => {
      await this.store.commit(changes);
      this.log.touched();
    },
  });
  readonly listing = listingOf({
    store: this.store,
    registry: { get: (address) => ({ key: 1, cursors: [0, 0, 0, 0], ...this.#find(address) }) },
  });
  followEvents = () => this.log.follow();

  metrics(): Promise<string> {
    return Promise.resolve(
      "# HELP dreamos_hosts Hosts\n# TYPE dreamos_hosts gauge\ndreamos_hosts 1\n",
    );
  }

  recall(query: string, { limit, offset = 0 }: RecallOptions): Promise<MemoryHit[]> {
    const hit = {
      sources: ["/docs/readme.md"],
      title: "Guide",
      headings: ["Guide", "Transactions"],
      text: `Close it.\nAbout ${query}`,
      score: 7.25,
      deleted: false,
    };
    const hits = Array.from({ length: 7 }, (_, i) => ({ ...hit, score: hit.score - i / 4 }));
    return Promise.resolve(hits.slice(offset, offset + limit));
  }

  messageHistory(id: string): Promise<MessageHistory> {
    const row = this.#rows.find(({ envelope }) => envelope.id === id);
    if (!row) throw new DreamError("message_not_found", `Cannot find a message ${id}`);
    const message = viewTraced({ ...row, letter: null }, 0, null);
    const effects = { of: id, items: [], nextCursor: null };
    return Promise.resolve({
      id,
      message,
      ancestors: [],
      origin: "outside",
      answer: null,
      effects,
    });
  }

  agentHistory(address: string): Promise<AgentHistory> {
    this.#find(address);
    const items = this.#rows.filter(({ envelope }) => envelope.to === address).toReversed()
      .map((row) => ({
        what: "received" as const,
        atMs: row.envelope.sentAtMs,
        message: viewTraced({ ...row, letter: null }, 0, null),
      }));
    const open = { calls: [], timers: [] };
    return Promise.resolve({ address, agent: null, open, keptSinceMs: 0, items, nextCursor: null });
  }

  /** No real one: the bytes of its file are just words. */
  backup() {
    const bytes = new TextEncoder().encode("a backup");
    const manifest: BackupManifest = {
      ...{ what: "dreamos-backup", format: 1, version: "0.1.0", schema: 4, madeAtMs: started },
      ...{ home: "/home", swarm: "/swarm.ts", counts: {}, files: [], leftOut: [] },
    };
    const body = new Blob([bytes]).stream();
    return Promise.resolve({ manifest, sizeBytes: bytes.length, body });
  }

  shutdown(): void {
    this.stops++;
    this.onShutdown();
  }

  #add(address: string, kind: string): AgentView {
    const view: AgentView = {
      address,
      kind,
      status: "running",
      supervisor: parentOf(address),
      hostPid: 41,
      thread: 1,
      generation: 1,
      mailboxDepth: 0,
      blockedOn: null,
      turns: 3,
      restarts: 0,
      lastError: null,
    };
    this.#agents.set(address, view);
    return view;
  }

  #find(address: string): AgentView {
    const view = this.#agents.get(address);
    if (view) return view;
    throw new DreamError("agent_not_found", `Cannot find the agent ${address}`, {
      details: { address },
    });
  }

  #post(caller: Caller, message: MessageInput): string {
    this.#find(message.to);
    if (message.to === "/full") {
      throw new DreamError("mailbox_full", "Cannot send to /full: 10000 of 10000 wait there", {
        details: { retryAfterMs: 2_300 },
      });
    }
    const seq = this.#rows.length + 1;
    const envelope = envelopeOf(`id-${seq}`, seq, caller, message);
    this.#rows.push({ envelope, status: "pending" });
    this.sent.push(message);
    return envelope.id;
  }

  #recalled({ key, bodyHash }: Idempotency): { ids: string[] } | undefined {
    const known = this.#answers.get(key);
    if (!known) return undefined;
    if (known.hash === bodyHash) return { ids: known.ids };
    throw new DreamError("idempotency_conflict", `The key ${key} was used for another request`);
  }

  #check(): void {
    const error = this.failNext;
    this.failNext = null;
    if (error !== null) throw error;
  }
}

function envelopeOf(
  id: string,
  seq: number,
  caller: Caller,
  message: { to: string; type: string; payload: Json; lane?: Envelope["lane"] },
): Envelope {
  return {
    id,
    seq,
    kind: "message",
    lane: message.lane ?? "normal",
    to: message.to,
    from: `@${caller.name}`,
    type: message.type,
    payload: JSON.stringify(message.payload),
    cause: null,
    correlation: null,
    replyTo: null,
    sentAtMs: started,
    expiresAtMs: null,
    hops: 0,
    trace: null,
    attempt: 0,
  };
}
