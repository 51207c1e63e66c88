/** Figures as data: one measured value with its spread, and how it is written. */

export type Unit =
  | "ms"
  | "s"
  | "rows/s"
  | "messages/s"
  | "asks/s"
  | "hops/s"
  | "agents/s"
  | "MiB"
  | "bytes"
  | "messages";

/** What is wanted of the ratio to the limit; where there is no limit, of the value. */
export type Target = { least: number } | { most: number };

export interface Figure {
  /** Stable name, such as `W1.cold.inProcess`. */
  name: string;
  unit: Unit;
  /** One value for each run. */
  runs: number[];
  /** What it is compared with: a figure of the same runs, or null. */
  limit: { name: string; runs: number[] } | null;
  target: Target | null;
  /** What the figure leaves out. */
  without: string;
}

export interface Spread {
  median: number;
  min: number;
  max: number;
}

/** The middle value; of two middle ones their mean. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The value that the share `p` (0 to 1) of all values does not exceed (nearest rank). */
export function percentile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)]!;
}

function spreadOf(values: readonly number[]): Spread {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/**
 * Shares of the limit: rates are divided by it, and so are times; run by run, as both were measured
 * one after the other, or of the medians where runs are not as many. Null without a limit.
 */
export function ratio({ runs, limit }: Figure): Spread | null {
  if (limit === null) return null;
  const isPaired = runs.length === limit.runs.length;
  return spreadOf(
    isPaired
      ? runs.map((value, run) => value / limit.runs[run]!)
      : [median(runs) / median(limit.runs)],
  );
}

/** Whether the target is met, by the median; null without a target. */
export function isMet(figure: Figure): boolean | null {
  const { target } = figure;
  if (target === null) return null;
  const value = ratio(figure)?.median ?? median(figure.runs);
  return "least" in target ? value >= target.least : value <= target.most;
}

/** One JSON line, for programs that compare runs. */
export function toJson(figure: Figure): string {
  const { name, unit, runs, limit, target, without } = figure;
  const share = ratio(figure);
  return JSON.stringify({
    name,
    unit,
    ...rounded(spreadOf(runs)),
    runs: runs.map(round),
    limit: limit?.name ?? null,
    ratio: share && rounded(share),
    target,
    met: isMet(figure),
    without,
  });
}

function rounded({ median, min, max }: Spread): Spread {
  return { median: round(median), min: round(min), max: round(max) };
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}

const head = [
  ...["figure", "unit", "median", "min", "max", "runs"],
  ...["of the limit", "spread", "wanted", "met"],
];
/** Columns of numbers. */
const right = new Set([2, 3, 4, 5]);

/** A table for people: one line a figure, then what they leave out. */
export function toTable(figures: readonly Figure[]): string {
  const rows = [head, ...figures.map(toRow)];
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) =>
    row.map((cell, column) =>
      right.has(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)
    ).join("  ").trimEnd()
  );
  const names = Map.groupBy(figures, ({ without }) => without);
  const notes = [...names].map(([without, those]) =>
    `${those.map(({ name }) => name).join(", ")}: without ${without}.`
  );
  return [...lines, "", ...notes].join("\n");
}

function toRow(figure: Figure): string[] {
  const { name, unit, runs, limit, target } = figure;
  const { median, min, max } = spreadOf(runs);
  const share = ratio(figure);
  const met = isMet(figure);
  return [
    name,
    unit,
    ...[median, min, max].map(show),
    String(runs.length),
    share ? `${share.median.toFixed(2)} × ${limit!.name}` : "",
    share && share.min !== share.max ? `${share.min.toFixed(2)}–${share.max.toFixed(2)}` : "",
    target === null ? "" : "least" in target ? `≥ ${target.least}` : `≤ ${target.most}`,
    met === null ? "" : met ? "yes" : "no",
  ];
}

function show(value: number): string {
  if (value === 0) return "0";
  return value >= 100 ? Math.round(value).toLocaleString("en-US") : value.toPrecision(3);
}
