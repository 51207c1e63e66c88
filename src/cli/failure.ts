/** How a failure is told: the same for the commands and for the programs that some of them run. */
import { type ErrorData, errorKinds, toErrorData } from "../errors.ts";

/** One line of JSON for stderr, as docs/commands.md shows it. */
export function failureLine(data: ErrorData): string {
  return JSON.stringify({ error: { ...data, hint: errorKinds[data.code].hint } });
}

/**
 * Tells on stderr why a program beside the product ended. Its messages are its own and no secrets,
 * so that errors without a code of theirs are told in their words.
 *
 * @param more lines for people
 * @returns the exit code
 */
export function tellFailure(
  program: string,
  error: unknown,
  json: boolean,
  more: string[] = [],
): number {
  const known = toErrorData(error);
  const message = error instanceof Error ? error.message : String(error);
  if (json) console.error(failureLine({ ...known, message }));
  else console.error([`${program}: ${message}`, ...more].join("\n"));
  return errorKinds[known.code].exit;
}
