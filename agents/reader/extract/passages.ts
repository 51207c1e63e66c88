/**
 * Cuts blocks into passages of about 400 to 1,200 characters, at headings, paragraphs, lines,
 * sentences and words, in this order of preference. No text is dropped: what is in the blocks is in
 * the passages' text or headings.
 */
import { type Block, borderBefore, oneLine, shorten } from "./parts.ts";

export interface Passage {
  /** Headings above it, outermost first. */
  headings: string[];
  text: string;
}

/** From this length on the next paragraph starts a passage of its own when both would not fit. */
const longest = 1_200;
const longestHeading = 160;

/** Text of a passage and where it stands, before neighbours are joined. */
interface Draft {
  path: string[];
  text: string;
}

/**
 * @param smallest passages shorter than this are joined to a neighbour of the same section when
 * both fit
 */
export function toPassages(blocks: Block[], smallest: number): Passage[] {
  const drafts: Draft[] = [];
  const path: { depth: number; text: string }[] = [];
  let texts: string[] = [];
  let length = 0;
  /** The last heading has no text of its own so far. */
  let bare: string | null = null;

  const close = () => {
    if (texts.length === 0) return;
    drafts.push({ path: path.map((heading) => heading.text), text: texts.join("\n\n") });
    texts = [];
    length = 0;
  };
  const add = (text: string) => {
    if (length > 0 && length + text.length + 2 > longest) close();
    texts.push(text);
    length += text.length + 2;
    bare = null;
  };
  const open = (depth: number, heading: string) => {
    close();
    // A heading without text or headings below it is told nowhere else: it becomes text.
    if (bare !== null && path.at(-1)!.depth >= depth) add(bare);
    close();
    while (path.length > 0 && path.at(-1)!.depth >= depth) path.pop();
    if (heading === "") return;
    path.push({ depth, text: shorten(heading, longestHeading) });
    bare = heading;
    if (heading.length > longestHeading) { for (const piece of cut(heading)) add(piece); }
  };

  for (const block of blocks) {
    if (block.type === "heading") {
      open(block.depth, oneLine(block.text));
    } else {
      for (const piece of cut(block.text)) add(piece);
    }
  }
  close();
  if (bare !== null) add(bare);
  close();
  return joinSmall(drafts, smallest).map(({ path, text }) => ({ headings: path, text }));
}

/** Pieces of at most `longest` units; white space at the borders is not kept. */
export function cut(text: string): string[] {
  const pieces: string[] = [];
  let rest = text.replace(/^\s*\n|\s+$/gu, "");
  let from = 0;
  while (rest.length - from > longest) {
    const end = from + border(rest.slice(from, from + longest + 1));
    const piece = rest.slice(from, end).trim();
    if (piece !== "") pieces.push(piece);
    from = end;
  }
  rest = rest.slice(from).replace(/\s+$/u, "");
  if (rest.trim() !== "") pieces.push(from === 0 ? rest : rest.trim());
  return pieces;
}

/** Ends of sentences in scripts with and without spaces. */
const sentenceEnd = /[.!?؟।։][)"'”’»]*\s|[。！？｡]/gu;

/** Where to cut the first piece off a window of more than `longest` units. */
function border(window: string): number {
  const half = longest / 2;
  for (const mark of ["\n\n", "\n"]) {
    const at = window.lastIndexOf(mark, longest - mark.length);
    if (at >= half) return at + mark.length;
  }
  let last = 0;
  for (const end of window.matchAll(sentenceEnd)) {
    const after = end.index + end[0].length;
    if (after <= longest) last = after;
  }
  if (last >= half) return last;
  const space = window.slice(0, longest).search(/\s\S*$/u);
  return space >= half ? space + 1 : borderBefore(window, longest);
}

/** Words before the first part of a section that do not make a passage of their own. */
const longestIntro = 120;

/**
 * Joins a small draft to the next one of its section. A few words before the first part of a
 * section go with that part: its own heading says more of where a person finds it.
 */
function joinSmall(drafts: Draft[], smallest: number): Draft[] {
  const joined: Draft[] = [];
  for (const draft of drafts) {
    const before = joined.at(-1);
    const small = before &&
      (before.text.length < smallest || draft.text.length < smallest);
    const both = small ? join(before, draft) : null;
    if (both) joined[joined.length - 1] = both;
    else joined.push(draft);
  }
  return joined;
}

function join(before: Draft, draft: Draft): Draft | null {
  const isInside = before.path.length <= draft.path.length &&
    before.path.every((heading, i) => heading === draft.path[i]);
  const isSame = before.path.length === draft.path.length;
  const isIntro = before.path.length > 0 && before.text.length <= longestIntro;
  if (!isInside || (!isSame && !isIntro)) return null;
  const text = `${before.text}\n\n${draft.text}`;
  return text.length > longest ? null : { path: draft.path, text };
}
