/** Blocks of code in documents, and what running them is checked against. */

export interface Block {
  page: string;
  /** Line of its fence, from 1. */
  line: number;
  lang: string;
  /** Words after the language: a file's name for `ts`. */
  info: string;
  text: string;
}

export interface Command {
  command: string;
  /** Lines that are printed; `…` stands for any lines, or for the rest of one. */
  wanted: string[];
}

/** All fenced blocks of a page, in order. */
export function blocksOf(page: string, markdown: string): Block[] {
  const blocks: Block[] = [];
  let open: (Block & { fence: string }) | null = null;
  for (const [i, line] of markdown.split("\n").entries()) {
    if (open && line.trim() === open.fence) {
      const { fence: _, ...block } = open;
      blocks.push(block);
      open = null;
    } else if (open) open.text += `${line}\n`;
    else {
      const fence = /^\s*(`{3,}|~{3,})\s*(\S*)\s*(.*)$/.exec(line);
      if (!fence) continue;
      const [, mark, lang, info] = fence;
      open = { page, line: i + 1, lang: lang!, info: info!, text: "", fence: mark! };
    }
  }
  return blocks;
}

/** Commands of a `console` block, each with what stands below it. */
export function commandsOf(block: Block): Command[] {
  const commands: Command[] = [];
  for (const line of block.text.trimEnd().split("\n")) {
    if (line.startsWith("$ ")) commands.push({ command: line.slice(2), wanted: [] });
    else commands.at(-1)?.wanted.push(line);
  }
  return commands;
}

/** Whether `seen` is what a block shows. */
export function isAsShown(wanted: readonly string[], seen: string): boolean {
  const escaped = wanted.map((line) =>
    line.trim() === "…" ? "(?:.*\\n)*?" : `${line.split("…").map(quoted).join(".*")}[ \\t]*\\n`
  );
  return new RegExp(`^${escaped.join("")}$`).test(seen === "" ? "" : `${seen.trimEnd()}\n`);
}

/** Whether the lines of a block are on the screen, in their order; more may stand between them. */
export function isShown(wanted: readonly string[], screen: string): boolean {
  const lines = wanted.filter((line) => line.trim() !== "…" && line.trim() !== "");
  const escaped = lines.map((line) => line.trim().split("…").map(quoted).join(".*"));
  return new RegExp(escaped.join("[^]*?")).test(screen);
}

function quoted(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
