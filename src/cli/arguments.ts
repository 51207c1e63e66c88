/** Reads the command line strictly: what is not known is refused, with what was probably meant. */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { durationForm, parseDuration } from "../duration.ts";
import { DreamError } from "../errors.ts";
import type { Json } from "../json.ts";
import { nearest } from "../nearest.ts";
import { type Command, type OptionSpec, type Run, textOption } from "./command.ts";

/** Options of every command. */
const commonOptions: Readonly<Record<string, OptionSpec>> = {
  home: { type: "string", value: "DIR", help: "folder of the service (default ./runtime)" },
  json: { type: "boolean", help: "print JSON" },
  help: { type: "boolean", short: "h", help: "show this help" },
};

/** Options of every command that talks to a service. */
const clientOptions: Readonly<Record<string, OptionSpec>> = {
  url: { type: "string", value: "URL", help: "another service, instead of the one of HOME" },
  token: { type: "string", value: "TOKEN", help: "instead of HOME/token; better DREAMOS_TOKEN" },
  ca: { type: "string", value: "FILE", help: "certificate (PEM) that an https URL is trusted by" },
};

/** All options that the command knows. */
export function optionsOf({ options, isLocal }: Command): Readonly<Record<string, OptionSpec>> {
  return { ...options, ...commonOptions, ...(isLocal ? {} : clientOptions) };
}

/** Splits the command's name from the rest; options of every command may stand before it. */
export function findCommand(argv: readonly string[]): { name: string | null; rest: string[] } {
  const { tokens } = parseArgs({
    args: [...argv],
    options: { ...commonOptions, ...clientOptions },
    strict: false,
    tokens: true,
  });
  const first = tokens.find((token) => token.kind === "positional");
  if (!first) return { name: null, rest: [...argv] };
  const rest = [...argv];
  const [name] = rest.splice(first.index, 1);
  return { name: name!, rest };
}

/** @throws {DreamError} `usage` */
export function parseCommandLine(
  name: string,
  command: Command,
  argv: string[],
): Pick<Run, "args" | "options"> {
  const known = optionsOf(command);
  const { values, positionals, tokens } = parseArgs({
    args: argv,
    options: known,
    strict: false,
    tokens: true,
  });
  for (const token of tokens) {
    if (token.kind !== "option") continue;
    const spec = Object.hasOwn(known, token.name) ? known[token.name] : undefined;
    if (!spec) throw unknownOption(name, token.rawName, known);
    const isGuess = token.value?.startsWith("-") && token.value !== "-" && !token.inlineValue;
    if (spec.type === "string" && (token.value === undefined || isGuess)) {
      throw usage(`${token.rawName} wants a value: ${token.rawName} ${spec.value}`);
    }
    if (spec.type === "boolean" && token.value !== undefined) {
      throw usage(`${token.rawName} takes no value`);
    }
    if (spec.choices) refuseOthers(token.rawName, token.value!, spec.choices);
  }
  const [fewest, most] = command.takes;
  if (!values.help && (positionals.length < fewest || positionals.length > most)) {
    throw usage(`Wanted: dreamos ${name} ${command.usage}`);
  }
  return { args: positionals, options: values as Run["options"] };
}

function unknownOption(
  name: string,
  seen: string,
  known: Readonly<Record<string, OptionSpec>>,
): DreamError {
  const meant = nearest(seen.replace(/^-+/, ""), Object.keys(known));
  return usage(
    `dreamos ${name} has no option ${seen.slice(0, 40)}` +
      (meant ? `; did you mean --${meant}?` : ""),
  );
}

/** The refusal of a command line. */
export function usage(message: string): DreamError {
  return new DreamError("usage", message);
}

/** A count option, or the fallback. */
export function countOption(run: Run, name: string, fallback: number): number {
  const text = textOption(run, name);
  if (text === undefined) return fallback;
  if (/^\d{1,9}$/.test(text) && Number(text) > 0) return Number(text);
  throw usage(`--${name} wants a whole number from 1, not ${JSON.stringify(text.slice(0, 40))}`);
}

/** A duration option in ms. */
export function durationOption(run: Run, name: string): number | undefined {
  const text = textOption(run, name);
  if (text === undefined) return undefined;
  const ms = parseDuration(text);
  if (ms !== null && ms > 0) return ms;
  throw usage(`--${name} wants ${durationForm}, not ${JSON.stringify(text.slice(0, 40))}`);
}

/** An option with few values. */
export function choiceOption<T extends string>(
  run: Run,
  name: string,
  choices: readonly T[],
): T | undefined {
  const text = textOption(run, name);
  if (text === undefined) return undefined;
  refuseOthers(`--${name}`, text, choices);
  return choices.find((one) => one === text);
}

function refuseOthers(name: string, text: string, choices: readonly string[]): void {
  if (choices.includes(text)) return;
  const meant = nearest(text, choices);
  throw usage(
    `${name} wants one of ${choices.join(", ")}, not ${JSON.stringify(text.slice(0, 40))}` +
      (meant ? `; did you mean ${meant}?` : ""),
  );
}

/**
 * JSON from the command line; `-` reads stdin to its end.
 *
 * @throws {DreamError} `invalid_json`, without quoting what was read
 */
export function readJson(text: string, what: string): Json {
  const source = text === "-" ? readFileSync(0, "utf8") : text;
  try {
    return JSON.parse(source);
  } catch {
    throw new DreamError(
      "invalid_json",
      `Cannot read ${what} as JSON: ${source.length} characters` +
        (text === "-" ? " from stdin" : `; in a shell it stands in quotes: '{"key":"value"}'`),
    );
  }
}
