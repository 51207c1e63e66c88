/**
 * Splits a command line into options and the rest, in the manner of POSIX and GNU. Node's own
 * parser does the same, but loading it takes longer than the whole of a simple command.
 */
import type { OptionSpec } from "./command.ts";

export type Token =
  | { kind: "positional"; index: number; text: string }
  | {
    kind: "option";
    /** Of the table; what was written when it is not known. */
    name: string;
    /** As it was written, without a value. */
    written: string;
    /** What stood behind `=`, or the next word of an option that takes a value. */
    value: string | undefined;
    isInline: boolean;
  };

/** Options that are not known count as switches, so that the caller can name them. */
export function tokensOf(
  argv: readonly string[],
  known: Readonly<Record<string, OptionSpec>>,
): Token[] {
  const tokens: Token[] = [];
  for (let index = 0; index < argv.length; index++) {
    const text = argv[index]!;
    if (text === "--") {
      argv.slice(index + 1).forEach((rest, i) =>
        tokens.push({ kind: "positional", index: index + 1 + i, text: rest })
      );
      break;
    }
    if (text === "-" || !text.startsWith("-")) {
      tokens.push({ kind: "positional", index, text });
      continue;
    }
    const at = text.startsWith("--") ? text.indexOf("=") : -1;
    const written = at < 0 ? text : text.slice(0, at);
    const name = nameOf(written, known);
    const isInline = at >= 0;
    let value = isInline ? text.slice(at + 1) : undefined;
    const takesNext = !isInline && specOf(name, known)?.type === "string";
    if (takesNext && index + 1 < argv.length) value = argv[++index];
    tokens.push({ kind: "option", name, written, value, isInline });
  }
  return tokens;
}

/** The option of that name; none of `Object`'s own. */
export function specOf(
  name: string,
  known: Readonly<Record<string, OptionSpec>>,
): OptionSpec | undefined {
  return Object.hasOwn(known, name) ? known[name] : undefined;
}

function nameOf(written: string, known: Readonly<Record<string, OptionSpec>>): string {
  if (written.startsWith("--")) return written.slice(2);
  const short = written.slice(1);
  const found = Object.entries(known).find(([, spec]) => spec.short === short);
  return found ? found[0] : short;
}
