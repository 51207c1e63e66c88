import type { AgentDetail, AgentView, Client, DeadLetterView, MessageView } from "../api/client.ts";
import { DreamError } from "../errors.ts";
import { usage } from "./arguments.ts";
import { type Command, type Run, textOption } from "./command.ts";
import { findService } from "./service.ts";

const kinds = ["messages", "agents", "deadletters"] as const;
type Kind = typeof kinds[number];
/** What may be asked of each. */
const filters: Record<Kind, readonly string[]> = {
  messages: ["to", "from", "since", "under"],
  agents: ["under", "details"],
  deadletters: ["to", "under"],
};
/** Messages can hold 1 MiB each: so many are in memory at a time. */
const pageCount = 100;

export const exportCommand: Command = {
  usage: "messages|agents|deadletters",
  summary: "print everything of one kind, one line of JSON each",
  about: [
    "Reads page after page, so it takes little memory however much there is. Messages and dead",
    "letters come newest first; what is sent meanwhile is not among them.",
  ],
  options: {
    to: { type: "string", value: "ADDRESS", help: "messages and dead letters to it" },
    from: { type: "string", value: "SENDER", help: "messages of an address, @owner or system" },
    since: { type: "string", value: "10m", help: "messages of the last 10m, or since a time" },
    under: { type: "string", value: "ADDRESS", help: "of agents at and below it" },
    details: { type: "boolean", help: "agents with state, timers and calls: one request each" },
  },
  examples: [
    "dreamos export messages --since 1d > messages.jsonl",
    "dreamos export agents --details | head -1",
  ],
  takes: [1, 1],
  async run(run) {
    const kind = kinds.find((one) => one === run.args[0]);
    if (!kind) throw usage(`dreamos export wants one of ${kinds.join(", ")}`);
    checkFilters(run, kind);
    const { client } = findService(run);
    for await (const item of itemsOf(run, kind, client)) {
      run.terminal.print(JSON.stringify(item));
      // Whoever reads has had enough.
      if (run.terminal.isClosed) break;
    }
    return 0;
  },
};

function checkFilters(run: Run, kind: Kind): void {
  const given = Object.keys(exportCommand.options!).filter((name) => (
    run.options[name] !== undefined
  ));
  const foreign = given.find((name) => !filters[kind].includes(name));
  if (foreign) throw usage(`dreamos export ${kind} has no option --${foreign}`);
}

type Item = MessageView | AgentView | AgentDetail | DeadLetterView;

async function* itemsOf(run: Run, kind: Kind, client: Client): AsyncGenerator<Item> {
  const query: Record<string, string> = {};
  for (const name of ["to", "from", "since", "under"]) {
    const value = textOption(run, name);
    if (value !== undefined) query[name] = value;
  }
  if (kind === "messages") yield* pages((place) => client.messages({ ...query, ...place }));
  else if (kind === "deadletters") {
    yield* pages((place) => client.deadLetters({ ...query, ...place }));
  } else {
    for await (const agent of pages((place) => client.agents({ ...query, ...place }))) {
      const item = run.options.details === true ? await detail(client, agent) : agent;
      if (item) yield item;
    }
  }
}

/** @returns null for an agent that has gone since it was listed */
async function detail(client: Client, { address }: AgentView): Promise<AgentDetail | null> {
  try {
    return await client.agent(address);
  } catch (error) {
    if (error instanceof DreamError && error.code === "agent_not_found") return null;
    throw error;
  }
}

interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

async function* pages<T>(
  read: (place: { limit: number; cursor?: string }) => Promise<Page<T>>,
): AsyncGenerator<T> {
  let cursor: string | null = null;
  do {
    const page: Page<T> = await read({ limit: pageCount, ...(cursor === null ? {} : { cursor }) });
    yield* page.items;
    cursor = page.nextCursor;
  } while (cursor !== null);
}
