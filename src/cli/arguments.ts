/** Reads the command line strictly: what is not known is refused, with what was probably meant. */
import { systemClock } from "../clock.ts";
import { durationForm, parseDuration, parseMoment } from "../duration.ts";
import { DreamError } from "../errors.ts";
import type { Json } from "../json.ts";
import { nearest } from "../nearest.ts";
import { type Command, type OptionSpec, type Run, textOption } from "./command.ts";
import { specOf, type Token, tokensOf } from "./tokens.ts";

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
  const known = { ...commonOptions, ...clientOptions };
  const first = tokensOf(argv, known).find((token) => token.kind === "positional");
  if (!first) return { name: null, rest: [...argv] };
  return { name: first.text, rest: argv.toSpliced(first.index, 1) };
}

/** @throws {DreamError} `usage` */
export function parseCommandLine(
  name: string,
  command: Command,
  argv: readonly string[],
): Pick<Run, "args" | "options"> {
  const known = optionsOf(command);
  const args: string[] = [];
  const options: Record<string, string | boolean | string[]> = {};
  for (const token of tokensOf(argv, known)) {
    if (token.kind === "positional") {
      args.push(token.text);
      continue;
    }
    const spec = specOf(token.name, known);
    if (!spec) throw unknownOption(name, token.written, known);
    const value = valueOf(token, spec);
    const sofar = options[token.name];
    if (!spec.multiple || typeof value === "boolean") options[token.name] = value;
    else options[token.name] = [...Array.isArray(sofar) ? sofar : [], value];
  }
  const [fewest, most] = command.takes;
  if (!options.help && (args.length < fewest || args.length > most)) {
    throw usage(`Wanted: dreamos ${name} ${command.usage}`);
  }
  return { args, options };
}

function valueOf(token: Extract<Token, { kind: "option" }>, spec: OptionSpec): string | boolean {
  const { written, value, isInline } = token;
  if (spec.type === "boolean") {
    if (value !== undefined) throw usage(`${written} takes no value`);
    return true;
  }
  // What looks like an option is one whose value was forgotten.
  const isForgotten = value?.startsWith("-") && value !== "-" && !isInline;
  if (value === undefined || isForgotten) {
    throw usage(`${written} wants a value: ${written} ${spec.value}`);
  }
  if (spec.choices) refuseOthers(written, value, spec.choices);
  return value;
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

/** An option that names a moment, in epoch milliseconds; `fallback` stands in for one not given. */
export function momentOption(run: Run, name: string, fallback?: string): number | undefined {
  const text = textOption(run, name) ?? fallback;
  if (text === undefined) return undefined;
  const ms = parseMoment(text, systemClock.wallMs());
  if (ms !== null) return ms;
  throw usage(
    `--${name} wants 10m, or an ISO 8601 time, not ${JSON.stringify(text.slice(0, 40))}`,
  );
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
  const source = text === "-" ? readStdin() : text;
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

/** All of stdin; by Deno's own means, since node:fs would lengthen the start of every command. */
function readStdin(): string {
  const decoder = new TextDecoder();
  const chunk = new Uint8Array(64 * 1024);
  let text = "";
  for (let count; (count = Deno.stdin.readSync(chunk)) !== null;) {
    text += decoder.decode(chunk.subarray(0, count), { stream: true });
  }
  return text + decoder.decode();
}
