import type { EventView } from "../api/client.ts";
import { momentOption } from "./arguments.ts";
import { type Command, textOption } from "./command.ts";
import { findService } from "./service.ts";
import { cut, printable } from "./text.ts";

const defaultSince = "1h";

export const eventsCommand: Command = {
  usage: "[ADDRESS]",
  summary: "show what happened: starts, ends, restarts, dead letters, deployments",
  about: [
    "Shows durable events of the agent at ADDRESS and below, or of all, oldest first. With --json",
    "each event is one line of JSON.",
  ],
  options: {
    follow: { type: "boolean", help: "go on with what comes, until Ctrl-C" },
    since: {
      type: "string",
      value: "10m",
      help: `10m ago, or an ISO 8601 time (default ${defaultSince}; now with --follow)`,
    },
    type: { type: "string", value: "TYPE", help: "such as agent.failed or agent.*" },
  },
  examples: ["dreamos events --follow", "dreamos events /workers --since 1d --type 'agent.*'"],
  takes: [0, 1],
  async run(run) {
    const follow = run.options.follow === true;
    const since = momentOption(run, "since", follow ? undefined : defaultSince);
    const type = textOption(run, "type");
    const [under] = run.args;
    const events = await findService(run).client.events({
      follow,
      ...(since === undefined ? {} : { since }),
      ...(type === undefined ? {} : { type }),
      ...(under === undefined ? {} : { under }),
    });
    const { columns } = run.terminal;
    const fit = (line: string) => columns === null ? line : cut(line, columns);
    for await (const event of events) {
      run.terminal.print(run.json ? JSON.stringify(event) : fit(lineOf(event)));
      if (run.terminal.isClosed) break;
    }
    return 0;
  },
};

function lineOf({ atMs, type, address, data }: EventView): string {
  const what = [type.padEnd(18), address ?? "-", JSON.stringify(data).slice(0, 500)];
  return `${new Date(atMs).toISOString()}  ${what.map(printable).join("  ")}`;
}
