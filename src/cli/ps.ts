import type { AgentView } from "../api/client.ts";
import { countOption } from "./arguments.ts";
import { type Command, textOption } from "./command.ts";
import { findService } from "./service.ts";
import { markOf, tintStatus } from "./status-mark.ts";
import { table } from "./text.ts";

const heads = [
  { title: "ADDRESS" },
  { title: "KIND" },
  { title: "STATUS" },
  { title: "HOST", right: true },
  { title: "THREAD", right: true },
  { title: "GEN", right: true },
  { title: "MAILBOX", right: true },
  { title: "TURNS", right: true },
  { title: "RESTARTS", right: true },
  { title: "LAST ERROR" },
];
const statusColumn = 2;

export const psCommand: Command = {
  usage: "",
  summary: "list the agents: where they run, what they have done, what went wrong last",
  options: {
    under: { type: "string", value: "ADDRESS", help: "only this agent and those below" },
    limit: { type: "string", value: "N", help: "at most so many (default 1000)" },
  },
  examples: ["dreamos ps", "dreamos ps --under /readers --limit 20"],
  takes: [0, 0],
  async run(run) {
    const under = textOption(run, "under");
    const limit = countOption(run, "limit", 1_000);
    const { client } = findService(run);
    const page = await client.agents(under === undefined ? { limit } : { limit, under });
    const { terminal } = run;
    if (run.json) {
      terminal.print(JSON.stringify(page));
      return 0;
    }
    const { items } = page;
    const tint = (text: string, column: number, row: number) =>
      column === statusColumn ? tintStatus(terminal, items[row]!.status, text) : text;
    for (const line of table(heads, items.map(rowOf), terminal.columns, tint)) {
      terminal.print(line);
    }
    if (page.nextCursor !== null) {
      terminal.note(`More agents than ${limit}: use --limit or --under`);
    }
    return 0;
  },
};

function rowOf(agent: AgentView): string[] {
  const { lastError } = agent;
  return [
    agent.address,
    agent.kind,
    `${markOf(agent.status)} ${agent.status}`,
    String(agent.hostPid ?? "-"),
    String(agent.thread ?? "-"),
    String(agent.generation),
    String(agent.mailboxDepth),
    String(agent.turns),
    String(agent.restarts),
    lastError ? `${lastError.code}: ${lastError.message}` : "-",
  ];
}
