/**
 * What the running system can show and do, for the API and nothing else to call. Every answer is
 * plain JSON data; every refusal is a `DreamError`.
 */
import type { Address } from "../address.ts";
import type { Lane, Outcome } from "../actors/envelope.ts";
import type { ErrorData } from "../errors.ts";
import type { Json, JsonSchema } from "../json.ts";
import type { Role } from "../roles.ts";
import type { AgentVerb } from "../verbs.ts";
import type {
  AgentStatus,
  AskRow,
  CallRow,
  DeadLetter,
  MessageQuery,
  MessageRow,
  Page,
  TimerRow,
} from "../storage/store.ts";
import type { LetterQuery } from "../storage/lists.ts";
import type { BackupStream } from "../storage/backups.ts";
import type { CountersFollower } from "./counter-views.ts";
import type { EventFollow } from "./event-log.ts";
import type { ExitCount } from "./exit-reason.ts";
import type { DeploymentCheck, DeploymentView } from "./deployment-views.ts";
import type { Listing } from "./listing-views.ts";
import type { TokenControl } from "./token-views.ts";
import type { TurnFollower } from "./turn-views.ts";
import type { AgentHistory, HistoryQuery, MessageHistory } from "./history-views.ts";
import type { MemoryHit, RecallOptions } from "../storage/memory.ts";
import type { SystemStatus } from "./system-status.ts";

export type { RetentionView, SystemStatus } from "./system-status.ts";

/** Who asks: the token's name is the scope of Idempotency-Keys and the sender `@name`. */
export interface Caller {
  name: string;
}

/** A caller whose token was checked. */
export interface TokenCaller extends Caller {
  role: Role;
  /** The subtree that a token of role `agent` may see and write to; null for all other roles. */
  scope: Address | null;
}

export interface MessageInput {
  to: string;
  type: string;
  payload: Json;
  lane?: Lane;
  expiresInMs?: number;
  /** W3C traceparent. */
  trace?: string;
}

export interface AskInput {
  to: string;
  type: string;
  payload: Json;
  timeoutMs?: number;
  trace?: string;
}

export interface SpawnInput {
  address: string;
  /** Kind of agent. */
  kind: string;
  input?: Json;
  restart?: "permanent" | "transient" | "temporary";
}

/** Key of the request and a hash of its body: the same key again gives the same answer. */
export interface Idempotency {
  key: string;
  bodyHash: string;
}

/** What is done to an agent, or to all agents below a supervisor. */
export interface VerbInput {
  verb: AgentVerb;
  /** Of an agent, a supervisor, or `/` for all. */
  address: string;
  /** Restart from the first input: timers, calls, runs and children end, the mailbox stays. */
  fresh?: boolean;
  /** Restart from this checkpoint. */
  fromCheckpoint?: number;
  /** How long the answer to a drain may take; it goes on after that. */
  waitMs?: number;
}

export interface VerbOutcome {
  address: Address;
  /** Its status before. */
  from: AgentStatus;
  /** Null when it is no more. */
  status: AgentStatus | null;
  /** What it still has to do before it is stopped. */
  intent: "stop" | "drain" | null;
  /** Why it could not be done. */
  error: ErrorData | null;
}

export interface VerbAnswer {
  verb: AgentVerb;
  address: Address;
  agents: VerbOutcome[];
}

/** An earlier state of an agent that it can be restarted from. */
export interface CheckpointView {
  id: number;
  atMs: number;
  reason: "minute" | "restart";
  turns: number;
  /** XState's state value. */
  state: Json;
  tags: string[];
}

export interface AgentView {
  address: Address;
  kind: string;
  status: AgentStatus;
  supervisor: Address;
  hostPid: number | null;
  thread: number | null;
  generation: number;
  mailboxDepth: number;
  /** While it is blocked: whose full mailbox it waits for. */
  blockedOn: Address | null;
  turns: number;
  restarts: number;
  lastError: ErrorData | null;
}

export interface AgentsQuery {
  limit: number;
  cursor?: string;
  under?: Address;
  kind?: string;
  status?: AgentStatus;
}

/** How an agent's machine is made, for whoever draws it. */
export interface MachineView {
  address: Address;
  kind: string;
  version: number;
  bundle: string;
  /** The machine's configuration, functions by their names; null when it is too large. */
  chart: Json;
}

export interface AgentDetail extends AgentView {
  restart: "permanent" | "transient" | "temporary";
  spawnedBy: string | null;
  input: Json;
  grants: Json;
  bundle: string;
  /** Version of the definition. */
  version: number;
  accepts: Record<string, JsonSchema>;
  /** XState's state value, tags and output; null before the first turn. */
  state: { value: Json; tags: string[]; status: string; output: Json; context: Json } | null;
  timers: TimerRow[];
  calls: CallRow[];
  createdAtMs: number;
  endedAtMs: number | null;
}

export interface TreeNode {
  address: Address;
  type: "supervisor" | "dynamic" | "agent" | "adapter";
  status: AgentStatus;
  /** Kind of agent or adapter; null for supervisors. */
  kind: string | null;
  strategy: string | null;
  restarts: number;
  mailboxDepth: number;
  lastError: ErrorData | null;
  /** Of an agent: how often it ended for which reason since the system started, newest last. */
  exits: ExitCount[];
  children: TreeNode[];
  /** Children not listed (beyond the first 1,000 of a dynamic supervisor). */
  hidden: number;
}

export interface AskAnswer {
  id: string;
  /** Null while open. */
  outcome: Outcome | null;
}

export interface Control {
  status(): Promise<SystemStatus>;
  /** All or nothing; resolves once durable. */
  send(
    caller: Caller,
    messages: MessageInput[],
    idempotency?: Idempotency,
  ): Promise<{ ids: string[] }>;
  /**
   * Resolves with the reply, once durable.
   * @throws {DreamError} `ask_timeout` (with the id in details), or the code the ask failed with
   */
  ask(
    caller: Caller,
    ask: AskInput,
    idempotency?: Idempotency,
  ): Promise<{ id: string; reply: Json }>;
  readAsk(id: string): Promise<AskRow>;
  spawn(caller: Caller, spawn: SpawnInput, idempotency?: Idempotency): Promise<AgentView>;
  /** Ends it: mailbox to dead letters, address free (R6). */
  delete(caller: Caller, address: string): Promise<void>;
  /**
   * One agent, or all below a supervisor: then those that refuse stand in the answer.
   * @throws {DreamError} the agent's refusal, or the first one when all refuse
   */
  carryOut(caller: Caller, input: VerbInput, idempotency?: Idempotency): Promise<VerbAnswer>;
  /** Newest first. */
  checkpoints(address: string): Promise<CheckpointView[]>;
  agents(query: AgentsQuery): Promise<Page<AgentView>>;
  agent(address: string): Promise<AgentDetail>;
  machine(address: string): Promise<MachineView>;
  tree(): Promise<TreeNode>;
  messages(query: MessageQuery): Promise<Page<MessageRow>>;
  deadLetters(query: LetterQuery): Promise<Page<DeadLetter & { id: number }>>;
  /** @throws {DreamError} `letter_not_found` */
  deadLetter(id: number): Promise<DeadLetter & { id: number }>;
  /**
   * Sends a dead letter's message again, once: the letter is gone in the same commit, the new
   * envelope names the dead one as its cause.
   * @throws {DreamError} `letter_not_found`, `not_replayable`, or the refusal of a new message
   */
  replay(caller: Caller, id: number, idempotency?: Idempotency): Promise<{ id: string }>;
  /** Forgets a dead letter. @throws {DreamError} `letter_not_found` */
  dropLetter(caller: Caller, id: number): Promise<void>;
  recall(
    query: string,
    options: RecallOptions,
  ): Promise<MemoryHit[]>;
  /**
   * Makes the code of a swarm file or of one agent's module live; agents move at a turn's end.
   * @throws {DreamError} `bad_bundle`, `bad_swarm` with file and line: nothing is changed then
   */
  deploy(caller: Caller, path: string): Promise<DeploymentView>;
  /** What `deploy` would do to all that is stored, without doing it. */
  checkDeployment(path: string): Promise<DeploymentCheck>;
  /** Tells of each turn below `address` once it is durable. @returns how to end it */
  followTurns(address: string, follower: TurnFollower): () => void;
  /** Shows how agents stand, many times a second. @returns how to end it */
  followCounters(follower: CountersFollower): () => void;
  /** Durable events, from any of them on. The answer must be closed. */
  followEvents(): Promise<EventFollow>;
  /** Numbers of the system in Prometheus' text format. */
  metrics(): Promise<string>;
  /** @throws {DreamError} `message_not_found`, `bad_request` for a cursor */
  messageHistory(id: string, query: HistoryQuery): Promise<MessageHistory>;
  /** @throws {DreamError} `agent_not_found`, `bad_request` for a cursor */
  agentHistory(address: Address, query: HistoryQuery): Promise<AgentHistory>;
  /**
   * A consistent copy of everything stored, while agents go on. Its body must be read or cancelled.
   * @throws {DreamError} `backup_running`, `storage_unavailable`
   */
  backup(caller: Caller): Promise<BackupStream>;
  /** What agents wait for and what they are made of. */
  readonly listing: Listing;
  /** Who may use the API. */
  readonly tokens: TokenControl;
  /** Drains and ends the process. */
  shutdown(): void;
}
