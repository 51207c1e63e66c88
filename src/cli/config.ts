/** `dreamos config`: what is set, from where, and changing the file without a slip. */
import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { nameOfVariable } from "../config.ts";
import { type ConfigItem, configItems, knownKey, withKey, withoutKey } from "../config-origins.ts";
import { DreamError } from "../errors.ts";
import { nearest } from "../nearest.ts";
import { usage } from "./arguments.ts";
import type { Command, Run } from "./command.ts";
import { nearPath } from "./near-path.ts";
import { table } from "./table.ts";

const acts = ["list", "get", "set", "unset"] as const;
/** Read by commands only; what they hold is shown as being there. */
const secretVariables = ["DREAMOS_TOKEN"];
const clientVariables = ["DREAMOS_HOME", "DREAMOS_URL", "DREAMOS_CA", ...secretVariables];

export const configCommand: Command = {
  usage: "[list | get KEY | set KEY VALUE | unset KEY]",
  summary: "show what is set and from where, or change HOME/config.json",
  about: [
    "A flag of dreamos up wins over a variable, that over the file, that over the default. A value",
    "that no start would take is not written. What is changed holds from the next start on.",
  ],
  options: { set: { type: "boolean", help: "of list: only what is not the default" } },
  examples: [
    "dreamos config",
    "dreamos config get port",
    "dreamos config set limits.turnDeadlineMs 30s",
    "dreamos config unset port",
  ],
  isLocal: true,
  takes: [0, 3],
  run(run) {
    const [act = "list", key, value] = run.args;
    const count = { list: 0, get: 1, set: 2, unset: 1 }[act];
    if (count === undefined || count !== Math.max(0, run.args.length - 1)) throw wrongAct(act);
    if (act === "list") return list(run);
    if (act === "get") return get(run, knownKey(key!));
    return act === "set" ? change(run, knownKey(key!), value!) : change(run, key!, null);
  },
};

function wrongAct(act: string): DreamError {
  const meant = acts.some((one) => one === act) ? null : nearest(act, acts);
  return usage(
    `Wanted: dreamos config ${configCommand.usage}` + (meant ? `; did you mean ${meant}?` : ""),
  );
}

function itemsOf({ home, env, cwd }: Run): ConfigItem[] {
  return configItems({ flags: { home: home.path }, env, cwd });
}

function list(run: Run): number {
  const { cwd, env, home, json, terminal } = run;
  const items = itemsOf(run).filter(({ isOwn }) => isOwn || run.options.set !== true);
  const variables = clientVariables.filter((name) => env[name]).map((name) => ({
    name,
    value: secretVariables.includes(name) ? "(hidden)" : env[name]!,
  }));
  if (json) {
    terminal.print(JSON.stringify({ home: home.path, items, variables }));
    return 0;
  }
  const rows = items.map(({ key, value, origin, isOwn }) => [
    key,
    isOwn && origin.startsWith("/") ? nearPath(origin, cwd) : origin,
    shown(value),
  ]);
  const heads = [{ title: "KEY" }, { title: "FROM", cut: "end" as const, spare: 1 }, {
    title: "VALUE",
  }];
  const others = variables.map(({ name, value }) => [name, "environment", value]);
  const tint = (text: string, _column: number, row: number) =>
    terminal.tint(items[row]?.isOwn === false ? "dim" : "bold", text);
  for (const line of table(heads, [...rows, ...others], terminal.columns, tint)) {
    terminal.print(line);
  }
  return 0;
}

function shown(value: ConfigItem["value"]): string {
  if (value === null) return "-";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function get(run: Run, key: string): number {
  const item = itemsOf(run).find((one) => one.key === key)!;
  run.terminal.print(run.json ? JSON.stringify(item) : shown(item.value));
  return 0;
}

function change(run: Run, key: string, value: string | null): number {
  const { home, env, cwd, json, terminal } = run;
  const before = readIfThere(home.configFile);
  const after = value === null
    ? withoutKey(before, key)
    : withKey(before, key, value, (path) => resolve(cwd, path));
  if (after !== before) write(home.path, home.configFile, after);
  const variable = nameOfVariable(key);
  const hiddenBy = env[variable] ? variable : null;
  if (json) {
    terminal.print(JSON.stringify({ key, file: home.configFile, hiddenBy }));
    return 0;
  }
  const what = value === null ? `${key} is the default again` : `${key} is set`;
  terminal.print(`${what} in ${nearPath(home.configFile, cwd)}, from the next start on`);
  if (hiddenBy) terminal.note(`${hiddenBy} of the environment wins over it where that is set`);
  return 0;
}

function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === "ENOENT") return null;
    throw new DreamError("bad_config", `Cannot read ${file}: ${code ?? "unknown error"}`);
  }
}

/** Whole or not at all; for its owner alone, as all in HOME. */
function write(home: string, file: string, text: string): void {
  try {
    mkdirSync(home, { recursive: true, mode: 0o700 });
    writeFileSync(`${file}.new`, text, { mode: 0o600 });
    chmodSync(`${file}.new`, 0o600);
    renameSync(`${file}.new`, file);
  } catch (error) {
    const { code } = error as { code?: string };
    throw new DreamError("bad_config", `Cannot write ${file}: ${code ?? "unknown error"}`);
  }
}
