/** Agents and the tree, as answers show them. */
import { z } from "zod";
import { exitReasons } from "../../supervisor/exit-reason.ts";
import { agentVerbs } from "../../verbs.ts";
import type {
  AgentDetail,
  AgentView,
  CheckpointView,
  MachineView,
  TreeNode,
  VerbAnswer,
} from "../../supervisor/control.ts";
import type { TurnView } from "../../supervisor/turn-views.ts";
import * as words from "./words.ts";

const { address, amount, atMs, durationMs, fault, json, kind, status, uuid } = words;

const restart = z.enum(["permanent", "transient", "temporary"]);
const agentFields = {
  address,
  kind,
  status,
  supervisor: words.supervisor,
  hostPid: words.pid.nullable(),
  thread: amount.nullable(),
  generation: amount,
  mailboxDepth: amount,
  blockedOn: address.nullable().meta({
    description: "While it is blocked: whose full mailbox it waits for",
    examples: [null],
  }),
  turns: amount,
  restarts: amount,
  lastError: fault.nullable(),
};

export const agent: z.ZodType<AgentView> = z.object(agentFields).meta({ id: "Agent" });

export const machine: z.ZodType<MachineView> = z.object({
  address,
  kind,
  version: amount,
  bundle: words.hash,
  chart: json.meta({ description: "Configuration of the machine; null when it is too large" }),
}).meta({ id: "Machine" });

export const timerRow = z.object({
  key: amount,
  id: z.string(),
  dueAtMs: atMs,
  runDueMs: durationMs,
  delayMs: durationMs,
  cause: uuid.nullable(),
});
const callStatus = z.enum(["requested", "running", "in_doubt"]);
export const callRow = z.object({
  key: amount,
  id: z.string(),
  name: z.string().meta({ examples: ["file.read"] }),
  input: z.string().meta({ description: "JSON text", examples: ["{}"] }),
  status: callStatus,
  cause: uuid.nullable(),
  requestedAtMs: atMs,
});

export const agentDetail: z.ZodType<AgentDetail> = z.object({
  ...agentFields,
  restart,
  spawnedBy: words.sender.nullable(),
  input: json,
  grants: json,
  bundle: words.hash,
  version: amount,
  accepts: z.record(z.string(), words.jsonSchema),
  state: z.object({
    value: json,
    tags: z.array(z.string()),
    status: z.string().meta({ examples: ["active"] }),
    output: json,
    context: json,
  }).nullable(),
  timers: z.array(timerRow),
  calls: z.array(callRow),
  createdAtMs: atMs,
  endedAtMs: atMs.nullable(),
}).meta({ id: "AgentDetail" });

export const checkpoint: z.ZodType<CheckpointView> = z.object({
  id: amount,
  atMs,
  reason: z.enum(["minute", "restart"]),
  turns: amount,
  state: json,
  tags: z.array(z.string()),
}).meta({ id: "Checkpoint" });

const exits = z.object({
  reason: z.enum(exitReasons),
  count: amount,
  lastAtMs: atMs,
  message: z.string().nullable(),
});

export const treeNode: z.ZodType<TreeNode> = z.object({
  address,
  type: z.enum(["supervisor", "dynamic", "agent", "adapter"]),
  status,
  kind: kind.nullable(),
  strategy: z.string().nullable().meta({ examples: ["oneForOne"] }),
  restarts: amount,
  mailboxDepth: amount,
  lastError: fault.nullable(),
  exits: z.array(exits),
  get children() {
    return z.array(treeNode);
  },
  hidden: amount,
}).meta({ id: "TreeNode" });

export const verbAnswer: z.ZodType<VerbAnswer> = z.object({
  verb: z.enum(agentVerbs),
  address,
  agents: z.array(z.object({
    address,
    from: status,
    status: status.nullable(),
    intent: z.enum(["stop", "drain"]).nullable(),
    error: fault.nullable(),
  })),
}).meta({ id: "VerbAnswer" });

export const turn: z.ZodType<TurnView> = z.object({
  address,
  kind,
  chart: z.string().nullable(),
  turn: amount,
  atMs,
  status: z.string().meta({ examples: ["active"] }),
  value: json,
  tags: z.array(z.string()),
  envelopes: z.array(z.object({
    id: uuid,
    kind: z.string(),
    from: words.sender,
    type: z.string(),
    payload: json,
  })),
  root: json,
}).meta({ id: "Turn", description: "Of events named turn; those named lost hold a count" });
