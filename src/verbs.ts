/**
 * What a person can do to an agent, and what comes of it in every status. The table is the one
 * place that decides: the supervisor asks it, docs/verbs.md is made from it, errors.ts takes its
 * refusals as codes, each named after its verb and status.
 */
import type { AgentStatus } from "./agent-status.ts";

export const agentVerbs = ["pause", "resume", "stop", "drain", "restart", "delete"] as const;
export type AgentVerb = (typeof agentVerbs)[number];

/** The ways to restart: from its state, from its first input, from an earlier state. */
export const restartModes = ["state", "fresh", "checkpoint"] as const;
export type RestartMode = (typeof restartModes)[number];

const conflict = { status: 409, exit: 1 } as const;
const ended = { ...conflict, hint: "Spawn a new one, or begin anew: dreamos restart --fresh." };
const parked = {
  ...conflict,
  hint: "See why: dreamos status ADDRESS; then restart it, as it is, --fresh or --from-checkpoint.",
};
const named = {
  ...conflict,
  hint: "It is in the swarm file: stop it first, or take it out there.",
};

/** Verbs that are refused in a status: the code names both. */
export const verbRefusals = {
  cannot_pause_parked: parked,
  cannot_pause_completed: ended,
  cannot_pause_failed: ended,
  cannot_pause_stopped: { ...conflict, hint: "It is stopped already: nothing is processed." },
  cannot_resume_parked: parked,
  cannot_resume_completed: ended,
  cannot_resume_failed: ended,
  cannot_stop_completed: ended,
  cannot_stop_failed: ended,
  cannot_drain_paused: { ...conflict, hint: "Resume it first: dreamos resume ADDRESS." },
  cannot_drain_parked: parked,
  cannot_drain_completed: ended,
  cannot_drain_failed: ended,
  cannot_drain_stopped: { ...conflict, hint: "Resume it first: dreamos resume ADDRESS." },
  cannot_restart_completed: ended,
  cannot_delete_pending: named,
  cannot_delete_running: named,
  cannot_delete_passive: named,
  cannot_delete_blocked: named,
  cannot_delete_paused: named,
  cannot_delete_restarting: named,
  cannot_delete_parked: named,
} as const;
export type VerbRefusal = keyof typeof verbRefusals;

/** Verbs that are done already in a status. */
const nothingToDo: Partial<Record<AgentVerb, readonly AgentStatus[]>> = {
  pause: ["paused"],
  resume: ["pending", "running", "passive", "blocked", "restarting"],
  stop: ["stopped"],
  restart: ["pending"],
};

/** The code that `verb` is answered with in `status`, or null when it works. */
export function refusalOf(
  verb: AgentVerb,
  status: AgentStatus,
  about: { mode: RestartMode; isInSwarm: boolean },
): VerbRefusal | null {
  if (verb === "restart" && about.mode !== "state") return null;
  if (verb === "delete" && !about.isInSwarm) return null;
  const code = `cannot_${verb}_${status}`;
  return Object.hasOwn(verbRefusals, code) ? code as VerbRefusal : null;
}

/** Whether there is nothing to do: the agent is as the verb wants it. */
export function isDone(verb: AgentVerb, status: AgentStatus, mode: RestartMode): boolean {
  if (verb === "restart" && mode !== "state") return false;
  return nothingToDo[verb]?.includes(status) ?? false;
}
