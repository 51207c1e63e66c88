/** Writing to people and pipes: whole writes, a closed pipe is no error, colours only for eyes. */

export type Tint = "bold" | "dim" | "red" | "green" | "yellow" | "blue" | "cyan";

export interface Terminal {
  /** One line to stdout. */
  print(text?: string): void;
  /** One line to stderr. */
  note(text: string): void;
  /** Colours text for stdout, when somebody sees it. */
  tint(tint: Tint, text: string): string;
  /** Width of the terminal; null when stdout is none, so that nothing is cut for programs. */
  columns: number | null;
}

const codes: Record<Tint, [number, number]> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  cyan: [36, 39],
};

interface Pipe {
  writeSync(bytes: Uint8Array): number;
}

/** Writes all of `text`; once the reader has gone (`| head`), the rest is dropped in silence. */
function writer(pipe: Pipe): (text: string) => void {
  const encoder = new TextEncoder();
  let open = true;
  return (text) => {
    try {
      for (let rest = encoder.encode(text); open && rest.length > 0;) {
        rest = rest.subarray(pipe.writeSync(rest));
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
      open = false;
    }
  };
}

/** The process's own stdout and stderr. `NO_COLOR` (no-color.org) switches colours off. */
export function systemTerminal(env: Readonly<Record<string, string>>): Terminal {
  const out = writer(Deno.stdout);
  const err = writer(Deno.stderr);
  const isTerminal = Deno.stdout.isTerminal();
  const hasColour = isTerminal && !env.NO_COLOR && env.TERM !== "dumb";
  return {
    print: (text = "") => out(`${text}\n`),
    note: (text) => err(`${text}\n`),
    tint(tint, text) {
      if (!hasColour) return text;
      const [on, off] = codes[tint];
      return `\x1b[${on}m${text}\x1b[${off}m`;
    },
    columns: isTerminal ? Deno.consoleSize().columns : null,
  };
}
