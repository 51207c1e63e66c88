/** The tree as a table: as many columns as the screen has room for. */
import { formatDuration } from "../../duration.ts";
import { asciiMarkOf, markOf, tintOf, wordTintOf } from "../status-mark.ts";
import { printable } from "../text.ts";
import { widthOf } from "../width.ts";
import { bytesText, countText, fill, fit, type Line, type Part, rateText } from "./line.ts";
import type { State } from "./state.ts";
import type { Item } from "./swarm.ts";
import type { Row } from "./tree-rows.ts";
import { troubleOf } from "./trouble.ts";

interface Column {
  title: string;
  width: number;
  right: boolean;
  text(item: Item, state: State): string;
}

const statusWidth = 10;
/** The name gets what is left; columns go, the last first, when that is less. */
const leastName = 20;

const columns: Column[] = [
  { title: "STATUS", width: statusWidth, right: false, text: ({ status }) => status },
  {
    title: "MAIL",
    width: 5,
    right: true,
    text: ({ depth }) => depth > 0 ? countText(depth) : "",
  },
  {
    title: "OLDEST",
    width: 6,
    right: true,
    text: ({ oldestAtMs }, { nowMs }) =>
      oldestAtMs === null ? "" : formatDuration(Math.max(0, nowMs - oldestAtMs)),
  },
  {
    title: "TURN/S",
    width: 6,
    right: true,
    text: ({ turnsPerSecond }) => rateText(turnsPerSecond),
  },
  {
    title: "MEM",
    width: 5,
    right: true,
    text: ({ memoryBytes }) => memoryBytes === null ? "" : bytesText(memoryBytes),
  },
  { title: "EXITS", width: 14, right: false, text: exitText },
  {
    title: "KIND",
    width: 14,
    right: false,
    text: ({ kind, strategy, type }) => kind ?? strategy ?? type,
  },
];

/** Columns that fit beside a name of at least `leastName`. */
function columnsFor(width: number): readonly Column[] {
  let left = width - 2 - leastName;
  return columns.filter((column) => {
    left -= column.width + 1;
    return left >= 0;
  });
}

/** Titles above the rows. */
export function headLine(state: State): Line {
  const shown = columnsFor(state.columns);
  const parts: Part[] = [{
    text: fill("  AGENT", nameWidth(state.columns, shown) + 2),
    tint: "dim",
  }];
  for (const { title, width, right } of shown) {
    parts.push({ text: ` ${fill(title, width, right)}`, tint: "dim" });
  }
  return { parts };
}

function nameWidth(width: number, shown: readonly Column[]): number {
  return Math.max(1, width - 2 - shown.reduce((sum, column) => sum + column.width + 1, 0));
}

/** One row. */
export function rowLine({ item, level, isMore }: Row, state: State): Line {
  const shown = columnsFor(state.columns);
  const width = nameWidth(state.columns, shown);
  // A deep tree leaves room for the name all the same.
  const indent = " ".repeat(Math.min(level * 2, Math.max(0, Math.floor(width / 2))));
  if (isMore) {
    const text = `${indent}  and ${item.hidden} more: + on their supervisor, or /`;
    return { parts: [{ text, tint: "dim" }] };
  }
  const isInverse = item.address === state.chosen;
  const mark = state.hasSymbols ? markOf(item.status) : asciiMarkOf(item.status);
  const trouble = troubleOf(item, state.nowMs, state.letters.get(item.address) ?? 0);
  const isClosed = item.children.length + item.hidden > 0 && state.closed.has(item.address);
  const fold = isClosed ? ` (${item.children.length + item.hidden})` : "";
  const lead = fit(`${indent}${mark}`, width + 2);
  const name = fill(` ${printable(item.name)}${fold}`, width + 2 - widthOf(lead));
  const tint = wordTintOf(item.status);
  const parts: Part[] = [
    { text: lead, tint: tintOf(item.status) },
    { text: name, bold: trouble?.isUrgent === true },
  ];
  for (const column of shown) {
    const text = ` ${fill(column.text(item, state), column.width, column.right)}`;
    if (column.title === "STATUS") parts.push({ text, tint });
    else if (column.title === "EXITS") parts.push({ text, tint: "bold" });
    else parts.push({ text });
  }
  return { parts, isInverse };
}

/** The last reason for which it ended badly, and how often. */
function exitText({ exits, restarts, type }: Item): string {
  const last = exits.findLast(({ reason }) => reason !== "normal" && reason !== "shutdown");
  if (last) return `${last.reason.replaceAll("_", " ")} ${countText(last.count)}×`;
  return type !== "agent" && restarts > 0 ? `restarts ${countText(restarts)}` : "";
}
