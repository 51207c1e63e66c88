import { type Client, type DeadLetterView, DreamError } from "../api/client.ts";
import { countOption, usage } from "./arguments.ts";
import { type Command, type Run, textOption } from "./command.ts";
import { readUpTo } from "./pages.ts";
import { findService } from "./service.ts";
import { type Column, table } from "./table.ts";
import { printable } from "./text.ts";

const heads: Column[] = [
  { title: "DIED", spare: 1 },
  { title: "NUMBER", right: true },
  { title: "FROM", cut: "middle", spare: 2 },
  { title: "TO", cut: "middle" },
  { title: "TYPE", cut: "end", spare: 3 },
  { title: "REASON", cut: "end" },
  { title: "WHY" },
];
/** Dead letters read at one time. */
const portion = 200;

export const deadLettersCommand: Command = {
  usage: "[list [ADDRESS] | show NUMBER | replay NUMBER… | drop NUMBER…]",
  summary: "see messages that could not be handled, send them again or forget them",
  about: [
    "A replay sends the message once more, with the dead one as its cause, and takes the dead",
    "letter away in the same step. --to ADDRESS replays or drops all of one agent, oldest first.",
    "Dead letters are kept for 30 days, at most 10,000 of them.",
  ],
  options: {
    limit: { type: "string", value: "N", help: "list at most so many (default 50)" },
    to: { type: "string", value: "ADDRESS", help: "of replay and drop: all dead letters to it" },
  },
  examples: [
    "dreamos deadletters",
    "dreamos deadletters /workers/c-1 --json",
    "dreamos deadletters show 7",
    "dreamos deadletters replay 7 8",
    "dreamos deadletters drop --to /workers/c-1",
  ],
  takes: [0, 1_000],
  async run(run) {
    const [word = "list", ...rest] = run.args;
    switch (word) {
      case "show":
        if (rest.length !== 1) throw usage("Wanted: dreamos deadletters show NUMBER");
        return await show(run, numberOf(rest[0]!));
      case "replay":
        return await each(run, rest, async (client, id) => (await client.replay(id)).id);
      case "drop":
        return await each(run, rest, async (client, id) => {
          await client.dropLetter(id);
          return null;
        });
      case "list":
        if (rest.length > 1) throw usage("Wanted: dreamos deadletters list [ADDRESS]");
        return await list(run, rest[0] ?? textOption(run, "to"));
      default:
        if (rest.length > 0) throw usage(`Wanted: dreamos deadletters ${deadLettersCommand.usage}`);
        return await list(run, word);
    }
  },
};

function numberOf(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw usage(`Wanted the number of a dead letter, not ${JSON.stringify(text.slice(0, 40))}`);
}

async function list(run: Run, to: string | undefined): Promise<number> {
  const limit = countOption(run, "limit", 50);
  const { client } = findService(run);
  const only = to === undefined ? {} : { to };
  const page = await readUpTo(limit, (query) => client.deadLetters({ ...query, ...only }));
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
}

async function show(run: Run, id: number): Promise<number> {
  const { json, terminal } = run;
  const letter = await findService(run).client.deadLetter(id);
  if (json) terminal.print(JSON.stringify(letter));
  else for (const line of linesOf(letter)) terminal.print(line);
  return 0;
}

function linesOf({ id, envelope, reason, message, state, deadAtMs }: DeadLetterView): string[] {
  const facts: [string, string | null][] = [
    ["number", String(id)],
    ["died", new Date(deadAtMs).toISOString()],
    ["reason", `${reason}: ${message}`],
    ["to", envelope.to],
    ["from", envelope.from],
    ["type", envelope.type || envelope.kind],
    ["payload", JSON.stringify(envelope.payload)],
    ["attempts", String(envelope.attempt)],
    ["sent", new Date(envelope.sentAtMs).toISOString()],
    ["envelope", envelope.id],
    ["cause", envelope.cause],
    ["state", state === null ? null : JSON.stringify(state)],
  ];
  return facts.flatMap(([name, text]) =>
    text === null ? [] : [`${name.padEnd(10)}${printable(text)}`]
  );
}

/** Does it to the letters named, or to all to one address; goes on after one that is refused. */
async function each(
  run: Run,
  names: string[],
  act: (client: Client, id: number) => Promise<string | null>,
): Promise<number> {
  const { terminal } = run;
  const [word] = run.args;
  const to = textOption(run, "to");
  if ((to === undefined) === (names.length === 0)) {
    throw usage(`Wanted: dreamos deadletters ${word} NUMBER…, or --to ADDRESS`);
  }
  const { client } = findService(run);
  const ids = to === undefined ? names.map(numberOf) : await lettersTo(client, to);
  const done: { letter: number; id: string | null }[] = [];
  const refused: { letter: number; code: string; message: string }[] = [];
  for (const letter of ids) {
    try {
      done.push({ letter, id: await act(client, letter) });
    } catch (error) {
      if (!(error instanceof DreamError) || error.code === "not_running") throw error;
      if (ids.length === 1) throw error;
      refused.push({ letter, code: error.code, message: error.message });
    }
  }
  if (run.json) terminal.print(JSON.stringify({ done, refused }));
  else {
    for (const { letter, id } of done) {
      terminal.print(id === null ? `${letter} dropped` : `${letter} sent again as ${id}`);
    }
    for (const { letter, code, message } of refused) {
      terminal.note(`${letter}: ${code}: ${printable(message)}`);
    }
    if (ids.length === 0) terminal.print("No dead letters");
  }
  return refused.length === 0 ? 0 : 1;
}

/** Oldest first, in the order in which they were sent as far as that is known. */
async function lettersTo(client: Client, to: string): Promise<number[]> {
  const ids: number[] = [];
  let cursor: string | null = null;
  do {
    const query: Parameters<Client["deadLetters"]>[0] = { to, limit: portion };
    if (cursor !== null) query.cursor = cursor;
    const page = await client.deadLetters(query);
    ids.push(...page.items.map(({ id }) => id));
    cursor = page.nextCursor;
  } while (cursor !== null);
  return ids.reverse();
}
