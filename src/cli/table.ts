/** Tables for people: aligned by the width that they see, and no wider than their terminal. */
import { cut, cutMiddle, padTo, printable } from "./text.ts";
import { widthOf } from "./width.ts";

export interface Column {
  title: string;
  /** Numbers stand at the right. */
  right?: boolean;
  /**
   * Where it is cut when the terminal is too narrow; `middle` for addresses, whose ends tell most.
   * None for what must be whole to be of use: ids, numbers, statuses.
   */
  cut?: "end" | "middle";
  /** Left out where cutting is not enough: those with the lowest number first. */
  spare?: number;
}

/** A cell is cut to no less than this, as long as another column can be left out. */
const leastCell = { end: 8, middle: 18 };
/** Of the last column, which tells why or what. */
const leastLast = 24;
const gap = 2;

/**
 * Lines of a table, title line first.
 *
 * @param columns width of the terminal, null for no bound: then nothing is cut or left out
 * @param tint colours one cell, after it was aligned
 */
export function table(
  heads: readonly Column[],
  rows: readonly (readonly string[])[],
  columns: number | null,
  tint: (text: string, column: number, row: number) => string = (text) => text,
): string[] {
  const safe = rows.map((row) => row.map(printable));
  const natural = heads.map(({ title }, i) =>
    safe.reduce((most, row) => Math.max(most, widthOf(row[i] ?? "")), title.length)
  );
  const widths = columns === null ? natural : fitWidths(heads, natural, columns);
  const shown = heads.map((_, i) => i).filter((i) => widths[i]! > 0);
  const line = (cells: readonly string[], row: number) => {
    let left = columns ?? Infinity;
    const parts: string[] = [];
    for (const i of shown) {
      const { cut: end, right } = heads[i]!;
      const room = Math.min(widths[i]!, left);
      if (room <= 0) break;
      const text = (end === "middle" && row >= 0 ? cutMiddle : cut)(cells[i] ?? "", room);
      const isLast = i === shown.at(-1);
      const cell = isLast && !right ? text : padTo(text, room, right);
      parts.push(row < 0 ? cell : tint(cell, i, row));
      left -= room + gap;
    }
    return parts.join(" ".repeat(gap)).trimEnd();
  };
  return [line(heads.map((head) => head.title), -1), ...safe.map((row, i) => line(row, i))];
}

/** Widths that fit in `columns` as far as that can be; 0 for a column that is left out. */
function fitWidths(
  heads: readonly Column[],
  natural: readonly number[],
  columns: number,
): number[] {
  const widths = [...natural];
  const last = heads.length - 1;
  const canCut = (i: number) => heads[i]!.cut !== undefined || i === last;
  const least = (i: number) => {
    if (widths[i] === 0 || !canCut(i)) return widths[i]!;
    return Math.min(widths[i]!, i === last ? leastLast : leastCell[heads[i]!.cut!]);
  };
  const total = (of: (i: number) => number) =>
    heads.reduce((sum, _, i) => sum + (widths[i] === 0 ? 0 : of(i) + gap), -gap);
  const spare = heads.map((_, i) => i).filter((i) => heads[i]!.spare !== undefined)
    .sort((a, b) => heads[a]!.spare! - heads[b]!.spare!);
  for (const i of spare) {
    if (total(least) <= columns) break;
    widths[i] = 0;
  }
  const leasts = heads.map((_, i) => least(i));
  // The last column gives first; of the others the widest.
  let excess = total((i) => widths[i]!) - columns;
  const give = (i: number, most: number) => {
    const given = Math.max(0, Math.min(excess, most, widths[i]! - leasts[i]!));
    widths[i]! -= given;
    excess -= given;
  };
  if (widths[last]! > 0) give(last, Infinity);
  while (excess > 0) {
    const able = heads.map((_, i) => i).filter((i) => widths[i]! > leasts[i]!);
    if (able.length === 0) break;
    give(able.reduce((a, b) => widths[b]! > widths[a]! ? b : a), 1);
  }
  return widths;
}
