import type { AgentView } from "../api/client.ts";
import { countOption } from "./arguments.ts";
import { type Command, textOption } from "./command.ts";
import { readUpTo } from "./pages.ts";
import { findService } from "./service.ts";
import { markOf, tintStatus } from "./status-mark.ts";
import { type Column, table } from "./table.ts";

const heads: Column[] = [
  { title: "ADDRESS", cut: "middle" },
  { title: "KIND", cut: "end", spare: 5 },
  { title: "STATUS" },
  { title: "HOST", right: true, spare: 2 },
  { title: "THREAD", right: true, spare: 1 },
  { title: "GEN", right: true, spare: 3 },
  { title: "MAILBOX", right: true, spare: 7 },
  { title: "TURNS", right: true, spare: 4 },
  { title: "RESTARTS", right: true, spare: 6 },
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
    const below = under === undefined ? {} : { under };
    const page = await readUpTo(limit, (query) => client.agents({ ...query, ...below }));
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
