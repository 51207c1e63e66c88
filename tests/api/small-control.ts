/**
 * A small `Control` in memory: the boundary of the API, real enough to send to, ask, spawn and look
 * at. Agents answer `echo` with their payload, `never` not at all; `/full` is always full.
 */
import type { Envelope } from "../../src/actors/envelope.ts";
import { nameOf, parentOf, parseAddress } from "../../src/address.ts";
import { DreamError } from "../../src/errors.ts";
import type { Json } from "../../src/json.ts";
import type { MessageRow } from "../../src/storage/store.ts";
import type {
  AgentView,
  Caller,
  Control,
  Idempotency,
  MessageInput,
  TreeNode,
} from "../../src/supervisor/control.ts";

export interface SmallControl extends Control {
  sent: MessageInput[];
  stops: number;
  /** What the next call throws instead of answering. */
  failNext: unknown;
  onShutdown(): void;
}

const started = 1_700_000_000_000;

export function smallControl(): SmallControl {
  const agents = new Map<string, AgentView>();
  const rows: MessageRow[] = [];
  const answers = new Map<string, { hash: string; ids: string[] }>();
  let counter = 0;
  const add = (address: string, kind: string): AgentView => {
    const view: AgentView = {
      address,
      kind,
      status: "running",
      supervisor: parentOf(address),
      hostPid: 41,
      thread: 1,
      generation: 1,
      mailboxDepth: 0,
      turns: 3,
      restarts: 0,
      lastError: null,
    };
    agents.set(address, view);
    return view;
  };
  add("/captain", "captain");
  add("/full", "wall");
  const find = (address: string): AgentView => {
    const view = agents.get(address);
    if (!view) {
      throw new DreamError("agent_not_found", `Cannot find the agent ${address}`, {
        details: { address },
      });
    }
    return view;
  };
  const post = (caller: Caller, message: MessageInput): string => {
    find(message.to);
    if (message.to === "/full") {
      throw new DreamError("mailbox_full", "Cannot enqueue to /full: 10000 of 10000 envelopes", {
        details: { retryAfterMs: 2_300 },
      });
    }
    const id = `id-${++counter}`;
    rows.push({ envelope: envelopeOf(id, counter, caller, message), status: "pending" });
    control.sent.push(message);
    return id;
  };
  const check = () => {
    if (control.failNext === null) return;
    const error = control.failNext;
    control.failNext = null;
    throw error;
  };
  const control: SmallControl = {
    sent: [],
    stops: 0,
    failNext: null,
    onShutdown: () => {},
    async status() {
      check();
      return await Promise.resolve({
        startedAtMs: started,
        version: "0.1.0",
        pid: Deno.pid,
        home: "/home",
        agents: {
          pending: 0,
          running: agents.size,
          passive: 0,
          blocked: 0,
          paused: 0,
          restarting: 0,
          parked: 0,
          completed: 0,
          failed: 0,
          stopped: 0,
        },
        hosts: [{ pid: 41, group: "default", threads: 2, starts: 2, rssBytes: 50_000_000 }],
        toolHostPid: 42,
        deadLetters: 0,
        available: true,
        memory: { documents: 2, passages: 9, sources: 2, deletedSources: 0 },
      });
    },
    async send(caller, messages, idempotency) {
      check();
      const known = idempotency && recalled(idempotency);
      if (known) return known;
      for (const message of messages) find(message.to);
      const ids = await Promise.resolve(messages.map((message) => post(caller, message)));
      if (idempotency) answers.set(idempotency.key, { hash: idempotency.bodyHash, ids });
      return { ids };
    },
    async ask(caller, ask) {
      const id = post(caller, { to: ask.to, type: ask.type, payload: ask.payload });
      if (ask.type === "echo") return await Promise.resolve({ id, reply: ask.payload });
      throw new DreamError("ask_timeout", `No reply from ${ask.to} within ${ask.timeoutMs} ms`, {
        details: { id },
      });
    },
    readAsk: (id) =>
      Promise.resolve({
        id,
        asker: "@owner",
        ask: id,
        key: 7,
        expiresAtMs: started,
        outcome: '{"ok":true,"value":{"n":1}}',
        settledAtMs: started,
      }),
    spawn: (_caller, spawn) => {
      if (agents.has(spawn.address)) {
        throw new DreamError("address_taken", `Cannot spawn ${spawn.address}: it exists`);
      }
      return Promise.resolve(add(parseAddress(spawn.address), spawn.kind));
    },
    async delete(_caller, address) {
      find(address);
      agents.delete(address);
      return await Promise.resolve();
    },
    agents: (query) =>
      Promise.resolve({ items: [...agents.values()].slice(0, query.limit), nextCursor: null }),
    async agent(address) {
      return await Promise.resolve({
        ...find(address),
        restart: "permanent" as const,
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
    },
    tree: () => Promise.resolve(treeOf([...agents.values()])),
    messages: (query) =>
      Promise.resolve({
        items: rows.filter((r) =>
          (query.to === undefined || r.envelope.to === query.to) &&
          (query.sinceMs === undefined || r.envelope.sentAtMs >= query.sinceMs)
        ).slice(0, query.limit),
        nextCursor: null,
      }),
    deadLetters: () =>
      Promise.resolve({
        items: [{
          id: 1,
          envelope: envelopeOf("dead-1", 1, { name: "owner" }, {
            to: "/captain",
            type: "bad",
            payload: { n: 1 },
          }),
          reason: "poison",
          message: "It crashed the agent 3 times",
          state: '{"value":"idle"}',
          deadAtMs: started,
        }],
        nextCursor: null,
      }),
    recall: (query, { limit }) =>
      Promise.resolve(
        [{
          sources: ["/docs/readme.md"],
          title: "Guide",
          headings: ["Guide", "Transactions"],
          text: `Close it.\nAbout ${query}`,
          score: 7.25,
          deleted: false,
        }].slice(0, limit),
      ),
    shutdown() {
      control.stops++;
      control.onShutdown();
    },
  };
  const recalled = ({ key, bodyHash }: Idempotency) => {
    const known = answers.get(key);
    if (!known) return undefined;
    if (known.hash === bodyHash) return { ids: known.ids };
    throw new DreamError("idempotency_conflict", `The key ${key} was used for another request`);
  };
  return control;
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

function treeOf(agents: AgentView[]): TreeNode {
  const plain = { restarts: 0, mailboxDepth: 0, lastError: null, hidden: 0, strategy: null };
  const leaves = agents.map((a): TreeNode => ({
    ...plain,
    address: a.address,
    type: "agent",
    status: a.status,
    kind: a.kind,
    children: [],
  }));
  return {
    ...plain,
    address: "/",
    type: "supervisor",
    status: "running",
    kind: null,
    strategy: "oneForOne",
    children: [
      ...leaves.filter((l) => parentOf(l.address) === "/"),
      {
        ...plain,
        address: "/workers",
        type: "dynamic",
        status: "running",
        kind: null,
        children: leaves.filter((l) => l.address === `/workers/${nameOf(l.address)}`),
      },
    ],
  };
}
