/** The system as a whole, its memory, its log and its code, as answers show them. */
import { z } from "zod";
import { agentStatuses } from "../../agent-status.ts";
import { type LogEntry, logLevels } from "../../log.ts";
import type { MemoryHit } from "../../storage/memory.ts";
import type { RetentionView, SystemStatus } from "../../supervisor/control.ts";
import type { DeploymentCheck, DeploymentView } from "../../supervisor/deployment-views.ts";
import { exitReasons } from "../../supervisor/exit-reason.ts";
import * as words from "./words.ts";

const { address, amount, atMs, durationMs, hash, kind, pid } = words;

export const host = z.object({
  pid,
  group: z.string().meta({ examples: ["default"] }),
  threads: amount,
  starts: amount,
  rssBytes: amount.nullable(),
}).meta({ id: "Host" });

const byReason = words.countsOf(exitReasons);

const retention: z.ZodType<RetentionView> = z.object({
  keepConsumedMs: durationMs,
  keepConsumedCount: amount,
  keepDeadLettersMs: durationMs,
  keepDeadLettersCount: amount,
  keepEndedMs: durationMs,
  oldest: z.object({
    messageAtMs: atMs.nullable(),
    eventAtMs: atMs.nullable(),
    deadLetterAtMs: atMs.nullable(),
  }),
  lastSweep: z.object({ atMs, tookMs: z.number(), removed: amount }).nullable(),
}).meta({ id: "Retention" });

export const systemStatus: z.ZodType<SystemStatus> = z.object({
  startedAtMs: atMs,
  version: z.string().meta({ examples: ["0.1.0"] }),
  pid,
  home: z.string(),
  agents: words.countsOf(agentStatuses),
  hosts: z.array(host),
  toolHostPid: pid.nullable(),
  deadLetters: amount,
  available: z.boolean().meta({ description: "Whether storage takes anything new" }),
  safeMode: z.string().nullable().meta({ description: "Why agents are paused", examples: [null] }),
  memory: z.object({
    documents: amount,
    passages: amount,
    sources: amount,
    deletedSources: amount,
    rememberedSources: amount,
  }),
  retention,
  exitsByReason: byReason,
  restartsByReason: byReason,
}).meta({ id: "Status" });

export const hit: z.ZodType<MemoryHit> = z.object({
  sources: z.array(z.string()),
  title: z.string(),
  headings: z.array(z.string()),
  text: z.string(),
  score: z.number().meta({ description: "Higher is better", examples: [7.25] }),
  deleted: z.boolean(),
}).meta({ id: "Passage" });

export const logLine: z.ZodType<LogEntry> = z.looseObject({
  time: z.string().meta({ description: "ISO 8601", examples: ["2026-01-01T00:00:00.000Z"] }),
  level: z.enum(logLevels),
  seq: amount,
  message: z.string(),
  address: address.nullable().optional(),
  turn: amount.optional(),
  traceId: z.string().nullable().optional(),
  code: z.union([z.string(), z.number()]).nullable().optional(),
}).meta({ id: "LogLine" });

export const levels = z.object({
  levels: z.record(z.string(), z.enum(logLevels)).meta({
    description: "By address; / is for all that has no other level",
    examples: [{ "/": "info", "/workers": "debug" }],
  }),
}).meta({ id: "LogLevels" });

const file = z.string().meta({
  description: "An absolute path on the machine of the service",
  examples: ["/srv/swarm/swarm.ts"],
});

export const deployment: z.ZodType<DeploymentView> = z.object({
  path: file,
  kinds: z.array(z.object({
    kind,
    bundle: hash,
    fromVersion: amount.nullable(),
    toVersion: amount,
    isChanged: z.boolean(),
    agents: amount,
  })),
}).meta({ id: "Deployment" });

const verdicts = ["safe", "needs_migration", "would_strand"] as const;
const verdict = z.enum(verdicts).meta({ id: "Verdict" });
const why = z.string().nullable();

const agentCheck = z.object({
  address,
  version: amount.nullable(),
  state: z.object({ verdict, why }),
  timers: z.array(
    z.object({ id: z.string(), delay: z.string().nullable(), dueAtMs: atMs, verdict }),
  ),
  messages: z.array(z.object({ type: z.string(), count: amount, verdict, why })),
  verdict,
}).meta({ id: "AgentCheck" });

export const deploymentCheck: z.ZodType<DeploymentCheck> = z.object({
  path: file,
  verdict,
  kinds: z.array(z.object({
    kind,
    fromVersion: amount.nullable(),
    toVersion: amount,
    isChanged: z.boolean(),
    counts: words.countsOf(verdicts),
    verdict,
    agents: z.array(agentCheck),
  })),
}).meta({ id: "DeploymentCheck" });

export const stopping = z.object({ stopping: z.literal(true) });

export const health = z.object({ status: z.literal("ok") }).meta({ id: "Health" });

export const document = z.looseObject({ openapi: z.string() });
