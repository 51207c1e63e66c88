/** The `dreamos` command: picks one command, loads it alone, turns every refusal into one line. */
import { DreamError, errorKinds, toErrorData } from "../errors.ts";
import { findHome } from "../home.ts";
import { nearest } from "../nearest.ts";
import { findCommand, parseCommandLine, usage } from "./arguments.ts";
import { type Command, type Run, textOption } from "./command.ts";
import { commands } from "./commands.ts";
import { failureLine } from "./failure.ts";
import { systemTerminal, type Terminal } from "./terminal.ts";

/** @returns the exit code (design, Conventions) */
export async function main(argv: readonly string[]): Promise<number> {
  const env = Deno.env.toObject();
  const terminal = systemTerminal(env);
  const { name, rest } = findCommand(argv);
  try {
    return await dispatch(name, rest, env, terminal);
  } catch (error) {
    return report(error, argv.includes("--json"), terminal);
  }
}

async function dispatch(
  name: string | null,
  argv: string[],
  env: Record<string, string>,
  terminal: Terminal,
): Promise<number> {
  if (name === null && argv.some((arg) => arg === "--version" || arg === "-v")) name = "version";
  const command = await load(name ?? "help");
  const known = name === "version" ? argv.filter((a) => a !== "--version" && a !== "-v") : argv;
  const parsed = parseCommandLine(name ?? "help", command, known);
  if (parsed.options.help) {
    const { printCommandHelp } = await import("./help.ts");
    if (name !== null) {
      return printCommandHelp(name, command, terminal, parsed.options.json === true);
    }
  }
  const cwd = Deno.cwd();
  const run: Run = {
    commands,
    ...parsed,
    home: findHome({ flag: textOption({ ...parsed } as Run, "home"), env, cwd }),
    json: parsed.options.json === true,
    terminal,
    cwd,
    env,
  };
  try {
    return await command.run(run);
  } catch (error) {
    if (!(error instanceof DreamError) || error.code !== "agent_not_found") throw error;
    const { withNearest } = await import("./nearest-agent.ts");
    throw await withNearest(error, run);
  }
}

async function load(name: string): Promise<Command> {
  if (Object.hasOwn(commands, name)) return await commands[name]!.load();
  const meant = nearest(name, Object.keys(commands));
  const seen = JSON.stringify(name.slice(0, 40));
  throw usage(`There is no command ${seen}${meant ? `; did you mean ${meant}?` : ""}`);
}

/** One line what, one line what next; stack traces only for errors that are ours. */
async function report(error: unknown, json: boolean, terminal: Terminal): Promise<number> {
  const data = toErrorData(error);
  const { exit, hint } = errorKinds[data.code];
  if (json) {
    terminal.note(failureLine(data));
    return exit;
  }
  const { printable, printableLines } = await import("./text.ts");
  terminal.note(`dreamos: ${data.code}: ${printable(data.message)}`);
  if (!(error instanceof DreamError)) {
    const stack = error instanceof Error ? error.stack : String(error);
    terminal.note(printableLines(stack ?? "no stack").join("\n"));
  }
  terminal.note(`hint: ${hint}`);
  return exit;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
