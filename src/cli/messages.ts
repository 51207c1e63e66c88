import { countOption, momentOption } from "./arguments.ts";
import { type Command, textOption } from "./command.ts";
import { readUpTo } from "./pages.ts";
import { findService } from "./service.ts";
import { type Column, table } from "./table.ts";

const heads: Column[] = [
  { title: "SENT", spare: 2 },
  { title: "ID" },
  { title: "STATUS", spare: 4 },
  { title: "LANE", spare: 1 },
  { title: "FROM", cut: "middle", spare: 5 },
  { title: "TO", cut: "middle" },
  { title: "TYPE", cut: "end" },
  { title: "PAYLOAD", spare: 3 },
];

export const messagesCommand: Command = {
  usage: "[ADDRESS]",
  summary: "show the messages of an agent, open and consumed, or of all",
  options: {
    from: { type: "string", value: "SENDER", help: "an address, @owner or system" },
    since: { type: "string", value: "10m", help: "10m ago, or an ISO 8601 time" },
    limit: { type: "string", value: "N", help: "at most so many (default 50)" },
  },
  examples: ["dreamos messages /captain --since 10m", "dreamos messages --from /ingestor --json"],
  takes: [0, 1],
  async run(run) {
    const query: { to?: string; from?: string; since?: number } = {};
    const limit = countOption(run, "limit", 50);
    const [to] = run.args;
    const from = textOption(run, "from");
    const since = momentOption(run, "since");
    if (to !== undefined) query.to = to;
    if (from !== undefined) query.from = from;
    if (since !== undefined) query.since = since;
    const { client } = findService(run);
    const page = await readUpTo(limit, (part) => client.messages({ ...part, ...query }));
    const { terminal } = run;
    if (run.json) {
      terminal.print(JSON.stringify(page));
      return 0;
    }
    const rows = page.items.map((m) => [
      new Date(m.sentAtMs).toISOString(),
      m.id,
      m.status,
      m.lane,
      m.from,
      m.to,
      m.kind === "message" ? m.type : m.kind,
      JSON.stringify(m.payload).slice(0, 500),
    ]);
    for (const line of table(heads, rows, terminal.columns)) terminal.print(line);
    if (page.nextCursor !== null) terminal.note(`More than ${limit}: use --limit or --since`);
    return 0;
  },
};
