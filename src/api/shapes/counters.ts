/** How agents stand, as screens are shown it. */
import { z } from "zod";
import { agentStatuses } from "../../agent-status.ts";
import type { AgentCounters, CountersFrame } from "../../supervisor/counter-views.ts";
import { host } from "./system.ts";
import * as words from "./words.ts";

const { address, amount, atMs } = words;

const oldestAtMs = atMs.nullable().meta({ description: "Of open envelopes", examples: [null] });
const turnsPerS = z.number().meta({ examples: [12.5] });

const agentCounters: z.ZodType<AgentCounters> = z.object({
  address,
  kind: words.kind,
  status: words.status,
  mailboxDepth: amount,
  oldestAtMs,
  turnsPerS,
  restarts: amount,
  hostPid: words.pid.nullable(),
  blockedOn: address.nullable().meta({ examples: [null] }),
  error: z.string().nullable().meta({ description: "A code of docs/errors.md", examples: [null] }),
}).meta({ id: "AgentCounters" });

export const countersFrame: z.ZodType<CountersFrame> = z.object({
  atMs,
  full: z.boolean().meta({ description: "Everything listed before is to be forgotten" }),
  agents: z.array(agentCounters),
  gone: z.array(address),
  hosts: z.array(host).nullable().meta({ description: "Null when nothing has changed" }),
  totals: z.object({
    agents: words.countsOf(agentStatuses),
    mailboxDepth: amount,
    oldestAtMs,
    turnsPerS,
  }).nullable().meta({ description: "Null for a part of the system" }),
  hidden: amount,
}).meta({ id: "Counters", description: "Of events named counters; cut holds a reason" });
