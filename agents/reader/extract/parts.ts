/** What every format's reader makes of a text: blocks in reading order, and links. Pure data. */

/**
 * A heading (depth 1 is outermost; an empty text only ends the headings from its depth on), or a
 * piece of text below the last heading.
 */
export type Block =
  | { type: "heading"; depth: number; text: string }
  /** `prose` is written for people: sentences and key phrases are looked for there alone. */
  | { type: "prose" | "other"; text: string };

export interface Parts {
  /** The title that the text gives itself; null when it gives none. */
  title: string | null;
  blocks: Block[];
  /** Targets as written: absolute, relative, `mailto:`; in order, may repeat. */
  links: string[];
}

/** The text is not what its format says; the message is for people and quotes no content. */
export class UnreadableText extends Error {
  override name = "UnreadableText";
}

/** Runs of white space become one space: for headings, titles, links and cells. */
export function oneLine(text: string): string {
  return text.replace(/\s+/gu, " ").trim();
}

/** At most `length` UTF-16 units, never half a character; a cut is shown by an ellipsis. */
export function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, borderBefore(text, length - 1))}…`;
}

const joins = /[\p{M}\u200d\ufe0f\u{1f3fb}-\u{1f3ff}]/u;

/**
 * The last place at or before `index` where `text` may be cut without splitting a character that
 * people see as one. Looks back 32 units at most, so that a text of nothing but marks is cut too.
 */
export function borderBefore(text: string, index: number): number {
  if (index >= text.length) return text.length;
  for (let at = index; at > Math.max(0, index - 32); at--) {
    const unit = text.charCodeAt(at);
    if (unit >= 0xdc00 && unit <= 0xdfff) continue;
    if (unit < 0x300) return at;
    const next = String.fromCodePoint(text.codePointAt(at)!);
    if (!joins.test(next) && text.charCodeAt(at - 1) !== 0x200d) return at;
  }
  const unit = text.charCodeAt(index);
  return unit >= 0xdc00 && unit <= 0xdfff ? index - 1 : index;
}
