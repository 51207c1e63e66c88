/** One agent: who it is, the tabs, and the page that is open. */
import { asciiMarkOf, markOf, tintOf, wordTintOf } from "../status-mark.ts";
import { cutStart, printable } from "../text.ts";
import { type Line, type Part, say } from "./line.ts";
import { jsonLines, pageLines, titles } from "./pages.ts";
import { type Look, pages, type State } from "./state.ts";

/** Lines above a page. */
export const lookHead = 2;

/** At most `height` lines. */
export function lookLines(look: Look, state: State, height: number): Line[] {
  const { swarm, hasSymbols } = state;
  const item = swarm.find(look.address);
  const status = item?.status ?? "stopped";
  const mark = hasSymbols ? markOf(status) : asciiMarkOf(status);
  const address = cutStart(look.address, Math.max(8, state.columns - 24));
  const head: Line = {
    parts: [
      { text: `${mark} `, tint: tintOf(status) },
      { text: printable(address), bold: true },
      { text: `  ${item ? status : "gone"}`, tint: wordTintOf(status) },
      { text: item && item.depth > 0 ? `  ${item.depth} in mailbox` : "" },
    ],
  };
  const lines = [head, tabLine(look, state.columns)];
  const error = look.facts.error;
  if (error !== null) lines.push(say(printable(error), "red"));
  const left = Math.max(1, height - lines.length);
  if (look.isOpen) return [...lines, ...openLines(look).slice(look.top, look.top + left)];
  const all = pageLines(look, state);
  const isList = listLength(look) !== null;
  return [
    ...lines,
    ...all.slice(look.top, look.top + left).map((line, i) =>
      isList && look.top + i === look.row ? { ...line, isInverse: true } : line
    ),
  ];
}

/** Rows that can be chosen; null on pages that are only read. */
export function listLength({ page, facts }: Look): number | null {
  if (page === "letters") return facts.letters?.length ?? 0;
  if (page === "checkpoints") return facts.checkpoints?.length ?? 0;
  if (page === "messages") return facts.messages?.length ?? 0;
  return null;
}

/** The whole of the row that is chosen. */
export function openLines({ page, facts, row }: Look): Line[] {
  const one = page === "letters"
    ? facts.letters?.[row]
    : page === "messages"
    ? facts.messages?.[row]
    : facts.checkpoints?.[row];
  return one === undefined
    ? [say("It is gone", "dim")]
    : jsonLines(JSON.parse(JSON.stringify(one)));
}

function tabLine(look: Look, width: number): Line {
  const isNarrow = width < 76;
  const parts = pages.map((page, i): Part => {
    const isHere = page === look.page;
    const name = isNarrow && !isHere ? "" : ` ${titles[page]}`;
    return isHere
      ? { text: `[${i + 1}${name}]`, bold: true }
      : { text: ` ${i + 1}${name} `, tint: "dim" };
  });
  return { parts };
}
