import type { Command } from "./command.ts";
import { findService } from "./service.ts";
import { type Column, table } from "./table.ts";
import { printable } from "./text.ts";

const heads: Column[] = [
  { title: "ID", right: true },
  { title: "MADE" },
  { title: "BECAUSE", cut: "end", spare: 1 },
  { title: "TURNS", right: true, spare: 2 },
  { title: "STATE" },
];

const reasons = { minute: "a minute had passed", restart: "a restart came" };

export const checkpointsCommand: Command = {
  usage: "ADDRESS",
  summary: "list the earlier states of an agent that it can be restarted from",
  about: ["The last five are kept: at most one a minute, and one before each restart."],
  examples: ["dreamos checkpoints /scribe", "dreamos restart /scribe --from-checkpoint 12"],
  takes: [1, 1],
  async run(run) {
    const { args, json, terminal } = run;
    const page = await findService(run).client.checkpoints(args[0]!);
    if (json) {
      terminal.print(JSON.stringify(page));
      return 0;
    }
    if (page.items.length === 0) terminal.print(`${printable(args[0]!)} has no checkpoints yet`);
    const rows = page.items.map(({ id, atMs, reason, turns, state }) => [
      String(id),
      new Date(atMs).toISOString(),
      reasons[reason],
      String(turns),
      JSON.stringify(state),
    ]);
    if (rows.length > 0) {
      for (const line of table(heads, rows, terminal.columns)) terminal.print(line);
    }
    return 0;
  },
};
