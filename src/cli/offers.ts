/**
 * What can stand at the cursor of a command line: read from the command table, and asked from the
 * running service where only that knows. The same for every shell.
 */
import type { Client, TreeNode } from "../api/client.ts";
import { systemClock } from "../clock.ts";
import { findCommand, optionsOf } from "./arguments.ts";
import type { Command, CommandTable, OptionSpec, Run } from "./command.ts";
import { findHome } from "../home.ts";
import { findService } from "./service.ts";
import { type Token, tokensOf } from "./tokens.ts";
import { placesOf } from "./usage-places.ts";

export interface Offer {
  text: string;
  /** For shells that show it beside. */
  help?: string;
}

/** The shell's own completion, for paths. */
export type Paths = "files" | "folders";

export interface Offers {
  offers: Offer[];
  paths: Paths | null;
}

/** Somebody waits with a finger on the key. */
const mostMs = 700;
/** More than anybody reads. */
const mostAsked = 500;

const nothing: Offers = { offers: [], paths: null };

/**
 * @param words after `dreamos`, up to the cursor; the last is what the cursor stands in, maybe ""
 */
export async function offersFor(run: Run, words: readonly string[]): Promise<Offers> {
  const current = words.at(-1) ?? "";
  const before = words.slice(0, -1);
  const { name, rest } = findCommand(before);
  if (name !== null && !Object.hasOwn(run.commands, name)) return nothing;
  const command = name === null ? bare : await run.commands[name]!.load();
  const known = optionsOf(command);
  const tokens = tokensOf(rest, known);
  const ask = (place: string) => asked(run, place, tokens, current);
  const forgotten = tokens.at(-1);
  if (forgotten?.kind === "option" && wantsValue(forgotten, known)) {
    return among(await valuesOf(known[forgotten.name]!, ask), current);
  }
  const isOver = rest.includes("--");
  const inline = /^--([^=]+)=(.*)$/s.exec(current);
  if (inline && !isOver) {
    const [, option, value] = inline;
    const spec = Object.hasOwn(known, option!) ? known[option!] : undefined;
    if (spec?.type !== "string") return nothing;
    const found = among(await valuesOf(spec, ask), value!);
    const offers = found.offers.map((one) => ({ ...one, text: `--${option}=${one.text}` }));
    return { ...found, offers };
  }
  if (current.startsWith("-") && !isOver) return among(optionOffers(known, tokens), current);
  if (name === null) return among(commandOffers(run.commands), current);
  const args = tokens.filter((token) => token.kind === "positional").map(({ text }) => text);
  const places = placesOf(command.usage, args, known);
  const found = await Promise.all(
    places.map(async (place) =>
      /^[A-Z]/.test(place) ? await ask(place) : { offers: [{ text: place }], paths: null }
    ),
  );
  return among({
    offers: found.flatMap(({ offers }) => offers),
    paths: found.find(({ paths }) => paths)?.paths ?? null,
  }, current);
}

/** The command line before its command. */
const bare: Command = { usage: "COMMAND", summary: "", examples: [], takes: [0, 0], run: () => 0 };

function wantsValue(token: Token, known: Readonly<Record<string, OptionSpec>>): boolean {
  return token.kind === "option" && token.value === undefined &&
    known[token.name]?.type === "string";
}

function among({ offers, paths }: Offers, start: string): Offers {
  return { offers: offers.filter(({ text }) => text.startsWith(start)), paths };
}

function commandOffers(commands: CommandTable): Offers {
  const offers = Object.entries(commands).map(([text, { summary }]) => ({ text, help: summary }));
  return { offers, paths: null };
}

function optionOffers(
  known: Readonly<Record<string, OptionSpec>>,
  tokens: readonly Token[],
): Offers {
  const given = new Set(tokens.map((token) => token.kind === "option" ? token.name : null));
  const offers = Object.entries(known)
    .filter(([name, { multiple }]) => multiple || !given.has(name))
    .map(([name, { help }]) => ({ text: `--${name}`, help }));
  return { offers, paths: null };
}

async function valuesOf(
  { choices, value = "" }: OptionSpec,
  ask: (place: string) => Promise<Offers>,
): Promise<Offers> {
  if (choices) return { offers: choices.map((text) => ({ text })), paths: null };
  return await ask(value);
}

/** What a word such as ADDRESS stands for. */
async function asked(
  run: Run,
  place: string,
  tokens: readonly Token[],
  current: string,
): Promise<Offers> {
  switch (place) {
    case "FILE":
    case "SWARM":
      return { offers: [], paths: "files" };
    case "DIR":
    case "FOLDER":
      return { offers: [], paths: "folders" };
    case "COMMAND":
      return commandOffers(run.commands);
    case "KEY": {
      const { configKeys } = await import("../config.ts");
      return { offers: configKeys.map((text) => ({ text })), paths: null };
    }
    default:
      return Object.hasOwn(questions, place)
        ? { offers: await answer(run, questions[place]!, tokens, current), paths: null }
        : nothing;
  }
}

type Question = (client: Client, args: string[], current: string) => Promise<Offer[]>;

/** What the running service knows. */
const questions: Record<string, Question> = {
  async ADDRESS(client, _args, current) {
    // A large swarm is asked for the part that is being typed.
    const under = current.slice(0, current.lastIndexOf("/"));
    const query = under === "" ? {} : { under };
    const [{ items }, tree] = await Promise.all([
      client.agents({ limit: mostAsked, ...query }),
      client.tree(),
    ]);
    const found = new Map<string, string>();
    for (const node of nodesOf(tree)) found.set(node.address, node.kind ?? node.type);
    for (const { address, kind, status } of items) found.set(address, `${kind}, ${status}`);
    return Array.from(found, ([text, help]) => ({ text, help }));
  },
  async KIND(client) {
    const { items } = await client.agents({ limit: mostAsked });
    return Array.from(new Set(items.map(({ kind }) => kind)), (text) => ({ text }));
  },
  async TYPE(client, [address]) {
    if (address === undefined) return [];
    const { accepts } = await client.agent(address);
    return Object.keys(accepts).map((text) => ({ text }));
  },
  async NUMBER(client) {
    const { items } = await client.deadLetters({ limit: mostAsked });
    return items.map(({ id, envelope, reason }) => ({
      text: String(id),
      help: `${reason}, to ${envelope.to}`,
    }));
  },
};

function nodesOf(node: TreeNode): TreeNode[] {
  return [node, ...node.children.flatMap(nodesOf)];
}

/** No service, a slow one or a refusal: nothing is offered, and nothing is said. */
async function answer(
  run: Run,
  question: Question,
  tokens: readonly Token[],
  current: string,
): Promise<Offer[]> {
  const options: Record<string, string> = {};
  const args: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") args.push(token.text);
    else if (token.value !== undefined) options[token.name] = token.value;
  }
  const late = Promise.withResolvers<Offer[]>();
  const cancel = systemClock.after(mostMs, () => late.resolve([]));
  try {
    const home = findHome({ flag: options.home ?? run.home.path, env: {}, cwd: run.cwd });
    const { client } = findService({ ...run, home, options });
    return await Promise.race([question(client, args, current), late.promise]);
  } catch {
    return [];
  } finally {
    cancel();
  }
}
