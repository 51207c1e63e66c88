import type { AgentHistory, MessageHistory } from "../api/client.ts";
import { countOption, usage } from "./arguments.ts";
import { type Command, type Run, textOption } from "./command.ts";
import { agentLines, messageLines } from "./history-lines.ts";
import { findService } from "./service.ts";

const idForm = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export const historyCommand: Command = {
  usage: "ADDRESS|MESSAGE-ID",
  summary: "show what led to a message and what came of it, or what happened to an agent",
  about: [
    "Of a message: its causes back to where they came from outside, and its effects in all agents,",
    "with times since the cause. Of an agent: messages, events and checkpoints by time, oldest",
    "first, and what it waits for. dreamos messages shows ids and payloads.",
  ],
  options: {
    limit: { type: "string", value: "N", help: "at most so many lines (default 100)" },
    cursor: { type: "string", value: "TEXT", help: "go on where another page ended" },
    whole: { type: "boolean", help: "of a message: all effects of the first cause" },
  },
  examples: [
    "dreamos history 019a1f2e-7c3b-7000-8000-1234567890ab",
    "dreamos history /captain --limit 20",
  ],
  takes: [1, 1],
  async run(run) {
    const [of] = run.args as [string];
    const cursor = textOption(run, "cursor");
    const limit = countOption(run, "limit", 100);
    const query = cursor === undefined ? { limit } : { limit, cursor };
    const { client } = findService(run);
    const whole = run.options.whole === true;
    if (!idForm.test(of)) {
      if (whole) throw usage("--whole is for the history of a message");
      return showAgent(run, await client.agentHistory(of, query));
    }
    return showMessage(run, await client.messageHistory(of.toLowerCase(), { ...query, whole }));
  },
};

function showMessage(run: Run, history: MessageHistory): number {
  const { json, terminal } = run;
  if (json) {
    terminal.print(JSON.stringify(history));
    return 0;
  }
  for (const line of messageLines(history, terminal)) terminal.print(line);
  sayMore(run, history.effects.nextCursor, "There is more");
  return 0;
}

function showAgent(run: Run, history: AgentHistory): number {
  const { json, terminal } = run;
  if (json) {
    terminal.print(JSON.stringify(history));
    return 0;
  }
  for (const line of agentLines(history, terminal)) terminal.print(line);
  const oldest = history.items.at(-1);
  sayMore(
    run,
    history.nextCursor,
    oldest ? `Earlier than ${new Date(oldest.atMs).toISOString()}` : "There is more",
  );
  return 0;
}

function sayMore({ args, terminal }: Run, cursor: string | null, what: string): void {
  if (cursor === null) return;
  terminal.print(terminal.tint("dim", `${what}: dreamos history ${args[0]} --cursor ${cursor}`));
}
