/** What a command is: its words for `--help`, and what it does. */
import type { Home } from "../home.ts";
import type { Terminal } from "./terminal.ts";

export interface OptionSpec {
  /** `boolean` is a switch. */
  type: "string" | "boolean";
  /** May be given several times; its values are a list. */
  multiple?: boolean;
  /** One letter: `h` for `-h`. */
  short?: string;
  /** Name of the value in `--help`, such as `N`; none for switches. */
  value?: string;
  /** All values there are: shown by `--help`, offered by completion, others are refused. */
  choices?: readonly string[];
  help: string;
}

/** Groups of `dreamos help`, in its order. */
export const groups = {
  service: "Run the service",
  talk: "Talk to agents",
  look: "See what goes on",
  agents: "Operate agents",
  code: "Write agents and make them live",
  data: "Keep what is stored safe",
  proof: "Measure and break",
  dreamos: "This program",
} as const;

export interface CommandEntry {
  group: keyof typeof groups;
  /** Without the name, for one line of `help`. */
  summary: string;
  load(): Promise<Command>;
}

/** All commands by name; each is loaded only when it is used, to start fast. */
export type CommandTable = Readonly<Record<string, CommandEntry>>;

/** Everything a command may look at. */
export interface Run {
  commands: CommandTable;
  /** What stood on the command line besides options. */
  args: string[];
  options: Readonly<Record<string, string | boolean | string[] | undefined>>;
  home: Home;
  json: boolean;
  terminal: Terminal;
  cwd: string;
  env: Readonly<Record<string, string>>;
}

export interface Command {
  /**
   * Positional arguments as `--help` shows them and completion reads them (usage-places.ts): `[X]`
   * may be left out, `X…` repeats, `a|b` are words to choose from, ` | ` stands between whole
   * alternatives. ADDRESS, KIND, TYPE, NUMBER, KEY, COMMAND, FILE, FOLDER and DIR, here and as
   * values of options, are known to completion.
   */
  usage: string;
  summary: string;
  /** Lines below the summary. */
  about?: string[];
  options?: Readonly<Record<string, OptionSpec>>;
  /** Talks to no running service: takes no --url and --token. */
  isLocal?: true;
  examples: string[];
  /** Fewest and most positional arguments. */
  takes: readonly [number, number];
  /** @returns the exit code */
  run(run: Run): Promise<number> | number;
}

/** A text option; undefined when it was not given. */
export function textOption(run: Pick<Run, "options">, name: string): string | undefined {
  const value = run.options[name];
  return typeof value === "string" ? value : undefined;
}
