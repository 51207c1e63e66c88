import { countOption } from "./arguments.ts";
import type { Command } from "./command.ts";
import { findService } from "./service.ts";
import { table } from "./text.ts";

const heads = [
  { title: "DIED" },
  { title: "NUMBER", right: true },
  { title: "FROM" },
  { title: "TO" },
  { title: "TYPE" },
  { title: "REASON" },
  { title: "WHY" },
];

export const deadLettersCommand: Command = {
  usage: "[ADDRESS]",
  summary: "show messages that could not be delivered or crashed their agent too often",
  options: {
    limit: { type: "string", value: "N", help: "at most so many (default 50)" },
  },
  examples: ["dreamos deadletters", "dreamos deadletters /workers/c-1 --json"],
  takes: [0, 1],
  async run(run) {
    const limit = countOption(run, "limit", 50);
    const [to] = run.args;
    const { client } = findService(run.home);
    const page = await client.deadLetters(to === undefined ? { limit } : { limit, to });
    const { terminal } = run;
    if (run.json) {
      terminal.print(JSON.stringify(page));
      return 0;
    }
    if (page.items.length === 0) {
      terminal.print("No dead letters");
      return 0;
    }
    const rows = page.items.map(({ id, envelope, reason, message, deadAtMs }) => [
      new Date(deadAtMs).toISOString(),
      String(id),
      envelope.from,
      envelope.to,
      envelope.type || envelope.kind,
      reason,
      message,
    ]);
    for (const line of table(heads, rows, terminal.columns)) terminal.print(line);
    if (page.nextCursor !== null) terminal.note(`More than ${limit}: use --limit`);
    return 0;
  },
};
