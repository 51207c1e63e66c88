/** Text for terminals: safe to print, aligned by the width that people see. */
import { widthOf } from "./width.ts";

/**
 * One safe line of anything: agents and files may hold escape sequences, which would let them write
 * over the terminal, and marks that turn the reading direction.
 */
export function printable(text: string): string {
  return text.replaceAll(/\s+/gu, " ").replaceAll(
    /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu,
    "\ufffd",
  );
}

/** The same for text of several lines: line ends stay. */
export function printableLines(text: string): string[] {
  return text.split(/\r\n|[\r\n\u2028\u2029]/).map((line) =>
    line.replaceAll("\t", "  ").replaceAll(/[\p{Cc}\p{Bidi_Control}]/gu, "\ufffd")
  );
}

/** Cuts to `width` columns, wide characters counted as two, with `…` where something is missing. */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let kept = "";
  let used = 0;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    used += widthOf(segment);
    if (used > width - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

/** Fills up with spaces to `width` columns, at the left when `right` is set. */
export function padTo(text: string, width: number, right = false): string {
  const gap = " ".repeat(Math.max(0, width - widthOf(text)));
  return right ? gap + text : text + gap;
}

export interface Column {
  title: string;
  /** Numbers stand at the right. */
  right?: boolean;
}

/**
 * Lines of a table, title line first. The last column takes what is left of `columns`.
 *
 * @param columns width of the terminal, null for no bound
 * @param tint colours one cell, after it was aligned
 */
export function table(
  heads: readonly Column[],
  rows: readonly (readonly string[])[],
  columns: number | null,
  tint: (text: string, column: number, row: number) => string = (text) => text,
): string[] {
  const safe = rows.map((row) => row.map(printable));
  const widths = heads.map(({ title }, i) =>
    safe.reduce((most, row) => Math.max(most, widthOf(row[i] ?? "")), title.length)
  );
  const before = widths.slice(0, -1).reduce((sum, width) => sum + width + 2, 0);
  const left = columns === null ? Infinity : Math.max(10, columns - before);
  const line = (cells: readonly string[], row: number) =>
    cells.map((cell, i) => {
      const isLast = i === heads.length - 1;
      const text = isLast
        ? left === Infinity ? cell : cut(cell, left)
        : padTo(cell, widths[i]!, heads[i]!.right);
      return row < 0 ? text : tint(text, i, row);
    }).join("  ").trimEnd();
  return [line(heads.map((head) => head.title), -1), ...safe.map((row, i) => line(row, i))];
}

/** Text broken at words to lines of at most `width` columns. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of printable(text).trim().split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && widthOf(longer) > width) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}
