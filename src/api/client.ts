/**
 * The typed client of the API, the same for the CLI, the inspector, the dashboard and any program:
 * `import { createClient } from "dreamos/client"`. Needs nothing but `fetch`.
 *
 * @example
 * const dreamos = createClient({ url: "http://127.0.0.1:7420", token });
 * const { reply } = await dreamos.ask({ to: "/captain", type: "status", payload: {} });
 */
import type { Lane } from "../actors/envelope.ts";
import type { Json } from "../json.ts";
import type { MemoryHit } from "../storage/memory.ts";
import type { Page } from "../storage/store.ts";
import type {
  AgentDetail,
  AgentsQuery,
  AgentView,
  AskInput,
  CheckpointView,
  MachineView,
  MessageInput,
  SpawnInput,
  SystemStatus,
  TreeNode,
  VerbAnswer,
  VerbInput,
} from "../supervisor/control.ts";
import type { DeploymentCheck, DeploymentView } from "../supervisor/deployment-views.ts";
import type { AgentHistory, MessageHistory } from "../supervisor/history-views.ts";
import type { AgentVerb } from "../verbs.ts";
import {
  caller,
  type CallOptions,
  type ClientOptions,
  openResponse,
  openStream,
  type PageQuery,
  queryOf,
  type RequestOptions,
  type WriteOptions,
} from "./call-client.ts";
import type { OpenStream } from "./event-client.ts";
import { type ListingClient, listingClient } from "./listing-client.ts";
import { type LogClient, logClient } from "./log-client.ts";
import { type StreamClient, streamClient } from "./stream-client.ts";
import { type TokenClient, tokenClient } from "./token-client.ts";
import type { AskView, DeadLetterView, MessageView } from "./views.ts";

export type { LogQuery, LogStreamQuery } from "./log-client.ts";
export type { LogEntry, LogLevel } from "../log.ts";
export type { Span } from "../traces/span.ts";
export type { TraceView } from "../traces/traces.ts";
export type { ClientOptions, RequestOptions, WriteOptions } from "./call-client.ts";
export { DreamError } from "../errors.ts";
export type { AskView, DeadLetterView, EventView, MessageView } from "./views.ts";
export type { EventsOptions } from "./event-client.ts";
export type {
  AgentCheck,
  DeploymentCheck,
  DeploymentView,
  Verdict,
} from "../supervisor/deployment-views.ts";
export type {
  AgentHistory,
  AnswerView,
  Happening,
  MessageHistory,
  TracedView,
} from "../supervisor/history-views.ts";
export { agentVerbs } from "../verbs.ts";
export type { AgentVerb } from "../verbs.ts";
export type { IssuedToken, NewToken, TokenView } from "../supervisor/token-views.ts";
export type {
  BundleDetail,
  BundleView,
  CallView,
  OpenAskView,
  TimerView,
} from "../supervisor/listing-views.ts";
export type { MemoryHit } from "../storage/memory.ts";
export type {
  AgentDetail,
  AgentView,
  CheckpointView,
  MachineView,
  SpawnInput,
  SystemStatus,
  TreeNode,
  VerbAnswer,
  VerbOutcome,
} from "../supervisor/control.ts";
export type { AgentCounters, CountersFrame } from "../supervisor/counter-views.ts";
export type { TurnView } from "../supervisor/turn-views.ts";

/** Lanes of a message, most urgent first. Written here again as the client needs no server code. */
export const lanes = ["control", "high", "normal", "low"] as const satisfies readonly Lane[];

type Without<T> = Omit<T, "trace" | "payload"> & { payload?: Json };
export type NewMessage = Without<MessageInput>;
export type NewAsk = Without<AskInput>;

/** Every method throws `DreamError` with the server's code, or `not_running` without a server. */
export interface Client extends LogClient, StreamClient, ListingClient {
  /** Without a token. */
  health(options?: RequestOptions): Promise<{ status: string }>;
  status(options?: RequestOptions): Promise<SystemStatus>;
  agents(query?: PageQuery & Omit<AgentsQuery, "limit" | "cursor">): Promise<Page<AgentView>>;
  agent(address: string): Promise<AgentDetail>;
  /** The configuration of an agent's machine. */
  machine(address: string): Promise<MachineView>;
  tree(): Promise<TreeNode>;
  /** Resolves once the message is durable. */
  send(message: NewMessage, options?: WriteOptions): Promise<{ id: string }>;
  /** Many at once, all or nothing. */
  sendMany(messages: NewMessage[], options?: WriteOptions): Promise<{ ids: string[] }>;
  /** Waits for the reply. @throws {DreamError} `ask_timeout` with the ask's id in `details.id` */
  ask(ask: NewAsk, options?: WriteOptions): Promise<{ id: string; reply: Json }>;
  readAsk(id: string): Promise<AskView>;
  spawn(spawn: SpawnInput, options?: WriteOptions): Promise<AgentView>;
  delete(address: string): Promise<void>;
  /**
   * Pause, resume, stop, drain, restart or delete one agent, or all below a supervisor; `/` is all.
   * Of many, those that refuse stand in the answer with their errors.
   */
  carryOut(
    verb: AgentVerb,
    address: string,
    options?: WriteOptions & Omit<VerbInput, "verb" | "address">,
  ): Promise<VerbAnswer>;
  /** Earlier states that `restart` can go back to, newest first. */
  checkpoints(address: string, query?: PageQuery): Promise<Page<CheckpointView>>;
  /** `since`: `10m`, ISO 8601 or epoch milliseconds. */
  messages(
    query?: PageQuery & { to?: string; from?: string; under?: string; since?: string | number },
  ): Promise<Page<MessageView>>;
  deadLetters(
    query?: PageQuery & { to?: string; under?: string; reason?: string; since?: string | number },
  ): Promise<Page<DeadLetterView>>;
  deadLetter(id: number): Promise<DeadLetterView>;
  /** Sends it again, once; resolves with the new envelope's id. */
  replay(id: number, options?: WriteOptions): Promise<{ id: string }>;
  dropLetter(id: number): Promise<void>;
  /** Makes the code of a file on the service's machine live. `path` is absolute. */
  deploy(path: string, options?: RequestOptions): Promise<DeploymentView>;
  /** What `deploy` would do to all that is stored. */
  checkDeployment(path: string, options?: RequestOptions): Promise<DeploymentCheck>;
  recall(
    q: string,
    query?: PageQuery & { includeDeleted?: boolean },
  ): Promise<Page<MemoryHit>>;
  /** What led to a message and what came of it, in all agents. @throws `message_not_found` */
  messageHistory(id: string, query?: PageQuery & { whole?: boolean }): Promise<MessageHistory>;
  /** What happened to an agent, newest first: messages, events, checkpoints; what is open. */
  agentHistory(address: string, query?: PageQuery): Promise<AgentHistory>;
  /** A consistent copy of the running system; `body` is the file. */
  backup(
    options?: RequestOptions,
  ): Promise<{ sizeBytes: number; body: ReadableStream<Uint8Array> }>;
  readonly tokens: TokenClient;
  /** Asks the service to drain and end; it goes on for a moment after this resolves. */
  shutdown(): Promise<{ stopping: boolean }>;
}

export function createClient(options: ClientOptions): Client {
  const call = caller(options);
  const open: OpenStream = (path, signal) => openStream(options, path, signal ? { signal } : {});
  const agentPath = (address: string) => `/api/v1/agents/${encodeURIComponent(address)}`;
  return {
    health: (o) => call("GET", "/healthz", o),
    status: (o) => call("GET", "/api/v1/status", o),
    agents: (query = {}) => call("GET", `/api/v1/agents${queryOf({ ...query })}`),
    agent: (address) => call("GET", agentPath(address)),
    machine: (address) => call("GET", `${agentPath(address)}/machine`),
    tree: () => call("GET", "/api/v1/tree"),
    send: (message, o) => call("POST", "/api/v1/messages", { ...o, body: message }),
    sendMany: (messages, o) => call("POST", "/api/v1/messages", { ...o, body: messages }),
    ask: (ask, o) => call("POST", "/api/v1/asks", { ...o, body: ask }),
    readAsk: (id) => call("GET", `/api/v1/asks/${encodeURIComponent(id)}`),
    spawn: (spawn, o) => call("POST", "/api/v1/agents", { ...o, body: spawn }),
    delete: (address) => call("DELETE", agentPath(address)),
    carryOut: (verb, address, { signal, idempotencyKey, ...body } = {}) => {
      const o: CallOptions = { body };
      if (signal) o.signal = signal;
      if (idempotencyKey !== undefined) o.idempotencyKey = idempotencyKey;
      return call("POST", `${agentPath(address)}/${verb}`, o);
    },
    checkpoints: (address, query = {}) =>
      call("GET", `${agentPath(address)}/checkpoints${queryOf({ ...query })}`),
    messages: (query = {}) => call("GET", `/api/v1/messages${queryOf({ ...query })}`),
    deadLetters: (query = {}) => call("GET", `/api/v1/deadletters${queryOf({ ...query })}`),
    deadLetter: (id) => call("GET", `/api/v1/deadletters/${id}`),
    replay: (id, o) => call("POST", `/api/v1/deadletters/${id}/replay`, o),
    dropLetter: (id) => call("DELETE", `/api/v1/deadletters/${id}`),
    deploy: (path, o) => call("POST", "/api/v1/deployments", { ...o, body: { path } }),
    checkDeployment: (path, o) =>
      call("POST", "/api/v1/deployments/check", { ...o, body: { path } }),
    recall: (q, more = {}) => call("GET", `/api/v1/recall${queryOf({ q, ...more })}`),
    messageHistory: (id, query = {}) =>
      call("GET", `/api/v1/messages/${encodeURIComponent(id)}/history${queryOf({ ...query })}`),
    agentHistory: (address, query = {}) =>
      call("GET", `${agentPath(address)}/history${queryOf({ ...query })}`),
    backup: async (o) => {
      const { body, headers } = await openResponse(options, "/api/v1/backups", o, "POST");
      return { sizeBytes: Number(headers.get("content-length")), body: body! };
    },
    ...logClient(call, open),
    ...streamClient(open),
    ...listingClient(call),
    tokens: tokenClient(call),
    shutdown: () => call("POST", "/api/v1/shutdown"),
  };
}
