/**
 * How many columns text takes on the screen. Most text is of characters that take one each; what
 * measures every script costs a command as much time as all the rest, so it comes when needed.
 */
/** Western letters, lines, boxes and our marks; nothing that controls, joins or is wide. */
const simple = /^[ -~\u00a1-\u00ac\u00ae-\u02ff\u2010-\u2015\u2018-\u2027\u2500-\u25fc✓✗↻↺]*$/;

let measure: ((text: string) => number) | null = null;

/** Columns of `text`, wide characters counted as two, joined ones as the one that people see. */
export function widthOf(text: string): number {
  if (simple.test(text)) return text.length;
  measure ??= loadMeasure();
  return measure(text);
}

function loadMeasure(): (text: string) => number {
  const { createRequire } = globalThis.process.getBuiltinModule("node:module");
  const loaded: { default(text: string): number } = createRequire(import.meta.url)("string-width");
  return loaded.default;
}
