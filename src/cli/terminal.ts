/** Writing to people and pipes: whole writes, a closed pipe is no error, colours only for eyes. */

import { DreamError } from "../errors.ts";
import { paintText, type Tint } from "./tints.ts";

export interface Terminal {
  /** One line to stdout. */
  print(text?: string): void;
  /** One line to stderr; never throws. */
  note(text: string): void;
  /** Shows one passing line in place of the last one, if somebody sees it; "" takes it away. */
  status(text: string): void;
  /** Whether the reader of stdout has gone (`| head`): then there is no use in going on. */
  readonly isClosed: boolean;
  /** Colours text for stdout, when somebody sees it. */
  tint(tint: Tint, text: string): string;
  /** Width of the terminal; null when stdout is none, so that nothing is cut for programs. */
  columns: number | null;
}

interface Pipe {
  writeSync(bytes: Uint8Array): number;
}

/** Writes all of `text`; once the reader has gone (`| head`), the rest is dropped in silence. */
function writer(pipe: Pipe): { write(text: string): void; readonly isOpen: boolean } {
  const encoder = new TextEncoder();
  let isOpen = true;
  return {
    get isOpen() {
      return isOpen;
    },
    write(text) {
      try {
        for (let rest = encoder.encode(text); isOpen && rest.length > 0;) {
          rest = rest.subarray(pipe.writeSync(rest));
        }
      } catch (error) {
        isOpen = false;
        if (!hasGone(error)) throw asRefusal(error);
      }
    },
  };
}

/** The reader of a pipe, or the terminal itself: nobody is there to miss anything. */
function hasGone(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return error instanceof Deno.errors.BrokenPipe || code === "EIO";
}

/** What a file or device that output goes to refuses is told in words, not as a fault of ours. */
function asRefusal(error: unknown): unknown {
  const { code } = error as { code?: unknown };
  if (typeof code !== "string") return error;
  const why = code === "ENOSPC" ? "its disk is full" : code;
  return new DreamError("storage_unavailable", `Cannot write the output: ${why}`);
}

/** The process's own stdout and stderr. `NO_COLOR` (no-color.org) switches colours off. */
export function systemTerminal(env: Readonly<Record<string, string>>): Terminal {
  const out = writer(Deno.stdout);
  const err = writer(Deno.stderr);
  const isTerminal = Deno.stdout.isTerminal();
  const hasColour = isTerminal && !env.NO_COLOR && env.TERM !== "dumb";
  const hasStatus = Deno.stderr.isTerminal() && env.TERM !== "dumb";
  let isShown = false;
  const status = (text: string) => {
    if (!hasStatus || (text === "" && !isShown)) return;
    isShown = text !== "";
    // Cut by characters: what is shown here is narrow ASCII and blocks.
    err.write(`\r\x1b[K${text.slice(0, Math.max(10, Deno.consoleSize().columns - 1))}`);
  };
  return {
    print(text = "") {
      status("");
      out.write(`${text}\n`);
    },
    note(text) {
      try {
        status("");
        err.write(`${text}\n`);
      } catch {
        // There is no place left to say it; a service goes on without.
      }
    },
    status,
    get isClosed() {
      return !out.isOpen;
    },
    tint(tint, text) {
      return hasColour ? paintText(tint, text) : text;
    },
    // A terminal that nobody has given a size says 0.
    columns: isTerminal ? Deno.consoleSize().columns || null : null,
  };
}
