/**
 * Cuts Markdown into slices that a CommonMark parser finishes in bounded time. Its time can grow
 * with the square of a paragraph's marks and of the nesting: a paragraph with thousands of marks
 * is handed on as plain text, deep nesting is flattened, and long texts are cut at empty lines.
 */

export interface Slice {
  /** Not to be parsed: the text as it stands. */
  plain: boolean;
  text: string;
}

/** Longer texts are cut at the next empty line, or at twice this at the next item or heading. */
const sliceLength = 12 * 1024;
const sliceLines = 150;
const mostMarks = 1_000;
/** A paragraph longer than this was not written by a person. */
const longestParagraph = 24 * 1024;
const mostDefinitions = 500;
const deepestIndent = 40;

const fence = /^[\s>]*(`{3,}|~{3,})/u;
const marks = /[*_`[\]<&!\\]/gu;
/** Lines that begin an inline text of their own: list items, table rows, headings. */
const newText = /^[\s>]*(?:[-+*]\s|\d{1,9}[.)]\s|\||#{1,6}\s)/u;
const setext = /^ {0,3}(?:=+|-+)[ \t]*$/u;
const definition = /^ {0,3}\[([^\]\n]{1,200})\]:[ \t]*\S+.*$/gmu;
const containers = /^(?:[ \t>]|[-+*][ \t]|\d{1,9}[.)][ \t])*/u;

export function sliceMarkdown(text: string): Slice[] {
  const cutter = new Cutter();
  for (const line of text.split("\n")) cutter.take(line);
  const slices = cutter.end();
  return slices.length > 1 ? withDefinitions(slices, text) : slices;
}

/** `[label]: target` may stand in another slice than the links that use it. */
function withDefinitions(slices: Slice[], text: string): Slice[] {
  const found = [...text.matchAll(definition)].slice(0, mostDefinitions);
  return slices.map((slice) => {
    if (slice.plain) return slice;
    const used = found.filter(([line, label]) =>
      slice.text.includes(`[${label}]`) && !slice.text.includes(line)
    );
    return { plain: false, text: [slice.text, "", ...used.map(([line]) => line)].join("\n") };
  });
}

class Cutter {
  readonly #slices: Slice[] = [];
  /** Lines of the slice before the paragraph at hand, and of the paragraph. */
  #lines: string[] = [];
  #paragraph: string[] = [];
  #length = 0;
  #lineCount = 0;
  #marks = 0;
  #fence: string | null = null;

  take(line: string): void {
    if (this.#fence !== null) {
      this.#paragraph.push(line);
      const mark = fence.exec(line)?.[1];
      const ends = mark?.startsWith(this.#fence) && line.trim().endsWith(mark);
      if (ends) this.#closeParagraph();
      if (ends) this.#fence = null;
      return;
    }
    const flat = flatten(line);
    const opens = fence.exec(flat)?.[1];
    if (opens) {
      this.#closeParagraph();
      this.#fence = opens;
      this.#paragraph.push(flat);
      return;
    }
    if (flat.trim() === "" || newText.test(flat)) this.#closeParagraph();
    this.#paragraph.push(flat);
    this.#marks += flat.match(marks)?.length ?? 0;
    if (setext.test(flat)) this.#closeParagraph();
    if (flat.trim() !== "") return;
    this.#closeParagraph();
    if (this.#isFull(1)) this.#closeSlice();
  }

  end(): Slice[] {
    this.#closeParagraph();
    this.#closeSlice();
    return this.#slices;
  }

  #closeParagraph(): void {
    const text = this.#paragraph.join("\n");
    // A table or list without any empty line is cut at one of its lines.
    if (this.#isFull(2)) this.#closeSlice();
    if (this.#marks > mostMarks || (this.#fence === null && text.length > longestParagraph)) {
      this.#closeSlice();
      this.#slices.push({ plain: true, text });
    } else if (this.#paragraph.length > 0) {
      this.#lines.push(text);
      this.#length += text.length + 1;
      this.#lineCount += this.#paragraph.length;
    }
    this.#paragraph = [];
    this.#marks = 0;
  }

  #closeSlice(): void {
    if (this.#lines.length > 0) this.#slices.push({ plain: false, text: this.#lines.join("\n") });
    this.#lines = [];
    this.#length = 0;
    this.#lineCount = 0;
  }

  #isFull(times: number): boolean {
    return this.#length >= times * sliceLength || this.#lineCount >= times * sliceLines;
  }
}

/** Nesting beyond 40 columns is taken back; markers on one line beyond that become text. */
function flatten(line: string): string {
  const prefix = containers.exec(line)![0];
  if (prefix.length <= deepestIndent) return line;
  const rest = line.slice(prefix.length);
  const markers = prefix.trim().replace(/[\s>]+/gu, " ").trim();
  const indent = " ".repeat(Math.min(deepestIndent, prefix.search(/[^ \t]|$/u)));
  // A single list item keeps its marker; a row of them is told as a word, not as nesting.
  return markers.length <= 10 ? `${indent}${markers} ${rest}` : `${indent}\\${markers} ${rest}`;
}
