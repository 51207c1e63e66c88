/** What the document tells of histories. */
import type { About } from "../about.ts";
import { historySchemas } from "../history-requests.ts";
import * as shapes from "../shapes/history.ts";

export const message: About = {
  id: "readMessageHistory",
  tag: "messages",
  summary: "What led to a message and what came of it, in all agents",
  query: historySchemas.messageQuery,
  answer: shapes.messageHistory,
  refuses: ["message_not_found"],
};

export const agent: About = {
  id: "readAgentHistory",
  tag: "agents",
  summary: "What happened to an agent, newest first",
  query: historySchemas.agentQuery,
  answer: shapes.agentHistory,
};
