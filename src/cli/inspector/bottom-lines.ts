/** The bottom of the screen: what is wrong or being asked, and which keys there are. */
import { cutStart, printable } from "../text.ts";
import { keysLine } from "./keys.ts";
import { fit, type Line, type Part, say } from "./line.ts";
import { widthOf } from "../width.ts";
import type { State } from "./state.ts";
import { troubleOf } from "./trouble.ts";

type Writing = Extract<State["mode"], { name: "write" }>;

/** One or two lines. */
export function bottomLines(state: State): Line[] {
  const { mode, notice, nowMs, columns, rows } = state;
  const lines: Line[] = [];
  if (mode.name === "confirm") lines.push(say(`${mode.question}  y yes, n no`, "bold"));
  else if (mode.name === "write") lines.push(writeLine(mode, columns));
  else if (mode.name === "search") lines.push(say(`search: ${state.search}`, "bold"));
  if (notice && notice.untilMs > nowMs) {
    lines.unshift(say(printable(notice.text), notice.isBad ? "red" : "green"));
  } else if (rows >= 6 && lines.length === 0) lines.push(...troubleLines(state));
  lines.push(keysLine(state));
  return lines.flatMap((line) => line ? [line] : []);
}

/** On a low screen what to press is more than what is known. */
function troubleLines(state: State): Line[] {
  const address = state.look?.address ?? state.chosen;
  const item = state.swarm.find(address);
  const trouble = item && troubleOf(item, state.nowMs, state.letters.get(address) ?? 0);
  const isHigh = state.rows >= 12;
  // So that rows do not jump while the person goes through them.
  if (!trouble) return isHigh ? [say(""), say("")] : [say("")];
  const tint = trouble.isUrgent ? "red" : "bold";
  const what: Part = {
    text: trouble.text === "" ? trouble.word : `${trouble.word}: ${trouble.text}`,
    tint,
  };
  const keys: Part = { text: `${state.hasSymbols ? "→" : "->"} ${trouble.keys}`, bold: true };
  if (isHigh) return [{ parts: [what] }, { parts: [keys] }];
  const room = Math.max(10, state.columns - widthOf(keys.text) - 2);
  return [{ parts: [{ ...what, text: fit(what.text, room) }, { text: "  " }, keys] }];
}

/** The end of a long text is seen, where the cursor is. */
function writeLine(mode: Writing, columns: number): Line {
  const lead = leadOf(mode, columns);
  return {
    parts: [{ text: lead, bold: true }, { text: seenOf(mode, columns).text }],
  };
}

function leadOf({ what, to }: { what: string; to: string }, columns: number): string {
  return `${what} ${cutStart(to, Math.max(4, Math.floor(columns / 3)))}: `;
}

function seenOf(mode: Writing, columns: number) {
  const room = Math.max(4, columns - widthOf(leadOf(mode, columns)) - 1);
  let from = 0;
  while (widthOf(mode.text.slice(from, mode.at)) > room) from++;
  return { text: fit(printable(mode.text.slice(from)), room + 1), from };
}

/** Where the cursor stands in what is being written; null when nothing is. */
export function cursorOf(state: State, height: number): { x: number; y: number } | null {
  const { mode, columns } = state;
  const y = height - 2;
  if (mode.name === "search") return { x: Math.min(columns - 1, 8 + widthOf(state.search)), y };
  if (mode.name !== "write") return null;
  const { from } = seenOf(mode, columns);
  const x = widthOf(leadOf(mode, columns)) + widthOf(mode.text.slice(from, mode.at));
  return { x: Math.min(columns - 1, x), y };
}
