/** What the document tells of agents. */
import type { ErrorCode } from "../../errors.ts";
import { type AgentVerb, agentVerbs, verbRefusals } from "../../verbs.ts";
import type { About } from "../about.ts";
import { listingSchemas } from "../listing-requests.ts";
import { requestSchemas } from "../requests.ts";
import * as shapes from "../shapes/agents.ts";
import { countersFrame } from "../shapes/counters.ts";
import { pageOf } from "../shapes/words.ts";

const tag = "agents";

export const list: About = {
  ...{ id: "listAgents", tag, summary: "The agents, by address" },
  query: requestSchemas.agentsQuery,
  answer: pageOf(shapes.agent),
};

export const show: About = {
  ...{ id: "readAgent", tag, summary: "All about one agent: state, timers, calls, what it takes" },
  answer: shapes.agentDetail,
};

export const machine: About = {
  ...{ id: "readMachine", tag, summary: "The configuration of an agent's machine" },
  answer: shapes.machine,
};

export const spawn: About = {
  ...{ id: "spawnAgent", tag, summary: "Start a new agent below a dynamic supervisor" },
  more: "Location names the agent.",
  reads: ["Idempotency-Key"],
  body: requestSchemas.spawn,
  status: 201,
  answer: shapes.agent,
  refuses: [
    ...["address_taken", "kind_not_found", "not_dynamic", "too_many_children"] as const,
    ...["invalid_address", "agent_not_found", "bad_bundle"] as const,
  ],
};

export const remove: About = {
  ...{ id: "deleteAgent", tag, summary: "End an agent and free its address" },
  more: "What waits in its mailbox becomes dead letters.",
  status: 204,
  refuses: [...refusalsOf("delete")],
};

export const tree: About = {
  ...{ id: "readTree", tag, summary: "The supervision tree" },
  answer: shapes.treeNode,
};

export const turns: About = {
  ...{ id: "followTurns", tag, summary: "Turns of an agent and all below, as they become durable" },
  more: "Lossy: a follower that is slow misses turns and is told how many.",
  media: "text/event-stream",
  answer: shapes.turn,
};

export const counters: About = {
  ...{ id: "followCounters", tag, summary: "How agents stand, up to ten times a second" },
  more: "At first all agents that do something, then what has changed; passive ones are not " +
    "listed. A frame comes at least once a second; who is slow gets fewer that tell the same.",
  query: requestSchemas.countersQuery,
  media: "text/event-stream",
  answer: countersFrame,
};

export const checkpoints: About = {
  ...{ id: "listCheckpoints", tag, summary: "Earlier states of an agent, newest first" },
  query: listingSchemas.checkpoints,
  answer: pageOf(shapes.checkpoint),
};

const summaries: Readonly<Record<AgentVerb, string>> = {
  pause: "Let an agent take no more turns; its mailbox goes on filling",
  resume: "Let a paused or stopped agent go on",
  stop: "End an agent; state and mailbox stay",
  drain: "Let an agent empty its mailbox, then stop it",
  restart: "Start an agent again: from its state, fresh, or from a checkpoint",
  delete: "End an agent, or all below a supervisor, and free the addresses",
};

export const verbs = Object.fromEntries(agentVerbs.map((verb): [AgentVerb, About] => [verb, {
  ...{ id: `${verb}Agents`, tag, summary: summaries[verb] },
  more: "For the address of a supervisor, or %2F for the root: all agents below it. Of many, " +
    "those that refuse stand in the answer.",
  reads: ["Idempotency-Key"],
  body: requestSchemas.verbs[verb],
  mayBeEmpty: true,
  answer: shapes.verbAnswer,
  refuses: [...refusalsOf(verb)],
}])) as Record<AgentVerb, About>;

function refusalsOf(verb: AgentVerb): ErrorCode[] {
  const own = Object.keys(verbRefusals).filter((code) => code.startsWith(`cannot_${verb}_`));
  const more: ErrorCode[] = verb === "restart" ? ["checkpoint_not_found", "bad_state"] : [];
  return [...own as ErrorCode[], ...more];
}
