/** The log as the service has it. */
import type { Clock } from "../clock.ts";
import type { Config } from "../config.ts";
import type { Log } from "../log.ts";
import { readOtlpHeaders } from "../otlp-headers.ts";
import { LogBook } from "./book.ts";

/** Opens the central log; errors reach people at the terminal too. */
export function openLog(
  { home, limits, logLevel, otlpHeaders }: Config,
  clock: Clock,
  onTrouble: (message: string) => void,
): LogBook {
  const book = new LogBook({
    folder: home.logFolder,
    clock,
    limits,
    level: logLevel,
    onEntry: (level, message) => level === "error" && onTrouble(message),
  });
  for (const secret of Object.values(readOtlpHeaders(otlpHeaders))) book.hide(secret);
  return book;
}

/** Logs errors that are ours and not the caller's, with where they were thrown. */
export function failureLog(log: Log): (error: unknown, at: Record<string, string>) => void {
  return (error, at) => {
    const kind = error instanceof Error ? error.name : typeof error;
    log("error", "a request failed", { ...at, kind, stack: framesOf(error) });
  };
}

/** Not the message, of however many lines: it may hold what a request held. */
function framesOf(error: unknown): string {
  const stack = error instanceof Error ? error.stack ?? "" : "";
  const frames = stack.split("\n").filter((line) => /^\s+at .*:\d+:\d+\)?$/.test(line));
  return frames.slice(0, 5).map((line) => line.trim()).join(" ");
}
