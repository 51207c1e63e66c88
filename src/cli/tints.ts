/**
 * How text is marked: by the sixteen colours that each terminal has names for, on its own
 * background, so that dark and light terminals are served alike. White, black and the bright ones
 * are not among them: on one of both they cannot be read. Yellow is for marks, never for words:
 * it is weak on white, where a mark still has its form.
 */
export type Tint = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

const codes: Record<Tint, [number, number]> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
};

/** `text` with the escape sequences around it. */
export function paintText(tint: Tint, text: string): string {
  const [on, off] = codes[tint];
  return `\x1b[${on}m${text}\x1b[${off}m`;
}
