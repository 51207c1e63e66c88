/** `dreamos help` and `--help` of every command. */
import { errorKinds } from "../errors.ts";
import { nearest } from "../nearest.ts";
import { optionsOf, usage } from "./arguments.ts";
import { type Command, type CommandTable, groups } from "./command.ts";
import type { Terminal } from "./terminal.ts";
import { padTo } from "./text.ts";

export const helpCommand: Command = {
  usage: "[COMMAND]",
  summary: "show all commands, or the help of one",
  examples: ["dreamos help", "dreamos help send"],
  isLocal: true,
  takes: [0, 1],
  async run({ args: [name], commands, json, terminal }) {
    if (name === undefined) {
      if (!json) return printOverview(commands, terminal);
      const list = Object.entries(commands).map(([name, { group, summary }]) => (
        { name, group, summary }
      ));
      terminal.print(JSON.stringify({ commands: list }));
      return 0;
    }
    if (Object.hasOwn(commands, name)) {
      return printCommandHelp(name, await commands[name]!.load(), terminal, json);
    }
    const meant = nearest(name, Object.keys(commands));
    throw usage(
      `There is no command ${JSON.stringify(name.slice(0, 40))}` +
        (meant ? `; did you mean ${meant}?` : ""),
    );
  },
};

/** The way of a first day; each command has its own in its help. */
const overviewExamples = [
  "dreamos up                                    then, in another terminal:",
  "dreamos tree                                  what runs, and how it is",
  `dreamos recall "how do I close a transaction" what the files in the inbox say`,
  "dreamos ask /captain status                   ask an agent",
  "dreamos events --follow                       see things happen",
  "dreamos ps --json | jq '.items[].address'     for scripts",
];

function printOverview(commands: CommandTable, { print, tint }: Terminal): number {
  print(`${tint("bold", "Dream.OS")}: swarms of agents that must not lose anything`);
  print();
  print("Usage: dreamos COMMAND [ARGUMENTS] [--home DIR] [--json] [--help]");
  print();
  for (const [group, title] of Object.entries(groups)) {
    const members = Object.entries(commands).filter(([, entry]) => entry.group === group);
    if (members.length === 0) continue;
    print(tint("bold", title));
    for (const [name, { summary }] of members) {
      print(`  ${tint("cyan", padTo(name, 12))} ${summary}`);
    }
    print();
  }
  print("Examples:");
  for (const example of overviewExamples) print(`  ${example}`);
  print();
  print("Options and examples of a command: dreamos help COMMAND");
  return 0;
}

/** What `dreamos NAME --help` shows. */
export function printCommandHelp(
  name: string,
  command: Command,
  terminal: Terminal,
  json: boolean,
): number {
  const { print, tint } = terminal;
  if (json) {
    const { usage, summary, about, examples } = command;
    const options = optionsOf(command);
    print(JSON.stringify({ name, usage, summary, about, options, examples }));
    return 0;
  }
  print(`dreamos ${name}: ${command.summary}`);
  print();
  print(`Usage: ${tint("bold", `dreamos ${name} ${command.usage}`.trim())} [OPTIONS]`);
  for (const line of command.about ?? []) print(line);
  print();
  for (const [option, spec] of Object.entries(optionsOf(command))) {
    const form = `--${option}${spec.value ? ` ${spec.value}` : ""}`;
    const choices = spec.choices ? `: ${spec.choices.join(", ")}` : "";
    print(`  ${tint("cyan", padTo(form, 22))} ${spec.help}${choices}`);
  }
  print();
  print(command.examples.length > 1 ? "Examples:" : "Example:");
  for (const example of command.examples) print(`  ${example}`);
  print();
  const { not_running, agent_not_found, ask_timeout } = errorKinds;
  print(tint(
    "dim",
    `Exit codes: 0 ok, 1 failed, 2 usage, ${not_running.exit} not running, 4 denied, ` +
      `${agent_not_found.exit} not found, ${ask_timeout.exit} timeout, 70 gave up, 78 config`,
  ));
  return 0;
}
