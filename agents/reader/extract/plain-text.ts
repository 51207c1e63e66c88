/** Plain text: paragraphs between empty lines; underlined and capital lines as headings. */
import { type Block, oneLine, type Parts } from "./parts.ts";

const underline = /^\s{0,3}(={3,}|-{3,}|~{3,}|\*{3,}|#{3,})\s*$/u;
const longestHeading = 100;

export function readPlainText(text: string): Parts {
  const blocks: Block[] = [];
  let lines: string[] = [];
  const close = () => {
    if (lines.length === 0) return;
    const heading = lines.length === 1 ? capitals(lines[0]!) : null;
    blocks.push(heading ?? { type: "prose", text: lines.join("\n") });
    lines = [];
  };
  for (const line of text.split("\n")) {
    if (line.trim() === "") {
      close();
      continue;
    }
    const rule = underline.exec(line);
    const above = lines.at(-1);
    // An underlined line is a heading only at the head of its paragraph, and when it is short.
    if (rule && lines.length === 1 && above !== undefined && above.length <= longestHeading) {
      lines = [];
      blocks.push({ type: "heading", depth: rule[1]![0] === "=" ? 1 : 2, text: oneLine(above) });
      continue;
    }
    lines.push(line);
  }
  close();
  const first = blocks[0];
  return { title: first?.type === "heading" ? first.text : null, blocks, links: [] };
}

/** A short line by itself with capitals and no small letters is a heading. */
function capitals(line: string): Block | null {
  const text = oneLine(line);
  if (text.length < 3 || text.length > longestHeading) return null;
  const letters = text.match(/\p{Lu}/gu)?.length ?? 0;
  if (letters < 3 || letters < text.length / 2 || /\p{Ll}/u.test(text)) return null;
  return { type: "heading", depth: 2, text };
}
