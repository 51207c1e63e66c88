/** Text for terminals: safe to print, cut and filled by the width that people see. */
import { widthOf } from "./width.ts";

const controls = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

/**
 * One safe line of anything: agents and files may hold escape sequences, which would let them write
 * over the terminal, and marks that turn the reading direction.
 */
export function printable(text: string): string {
  return harmless(text.replaceAll(/\s+/gu, " "));
}

/** Text whose spaces and widths are meant as they are; nothing in it is obeyed by a terminal. */
export function harmless(text: string): string {
  return text.replaceAll(controls, "\ufffd");
}

/** The same for text of several lines: line ends stay. */
export function printableLines(text: string): string[] {
  return text.split(/\r\n|[\r\n\u2028\u2029]/).map((line) => harmless(line.replaceAll("\t", "  ")));
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

/** The same with the end kept, as of an address the end tells more. */
export function cutStart(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  const segments = [...new Intl.Segmenter().segment(text)].map(({ segment }) => segment);
  let used = 0;
  let from = segments.length;
  while (from > 0 && used + widthOf(segments[from - 1]!) <= width - 1) {
    used += widthOf(segments[--from]!);
  }
  return `…${segments.slice(from).join("")}`;
}

/** The same with both ends kept: of an address they say below whom it is, and which it is. */
export function cutMiddle(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  const head = Math.floor((width - 1) / 2);
  const start = head < 1 ? "" : cut(text, head + 1).slice(0, -1);
  return start + cutStart(text, width - widthOf(start));
}

/** Fills up with spaces to `width` columns, at the left when `right` is set. */
export function padTo(text: string, width: number, right = false): string {
  const gap = " ".repeat(Math.max(0, width - widthOf(text)));
  return right ? gap + text : text + gap;
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
