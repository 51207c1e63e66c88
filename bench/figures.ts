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
  | "bytes";

export interface Figure {
  /** Stable name, such as `W1.cold.inProcess`. */
  name: string;
  unit: Unit;
  /** One value for each run. */
  runs: number[];
  /** What it is compared with: a figure of the same run, or null for the limits themselves. */
  limit: { name: string; value: number } | null;
  /** What the figure leaves out. */
  without: string;
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

/** Share of the limit: rates are divided by it, and so are times. Null without a limit. */
export function ratio({ runs, limit }: Figure): number | null {
  return limit === null ? null : median(runs) / limit.value;
}

/** One JSON line, for programs that compare runs. */
export function toJson(figure: Figure): string {
  const { name, unit, runs, limit, without } = figure;
  return JSON.stringify({
    name,
    unit,
    median: round(median(runs)),
    min: round(Math.min(...runs)),
    max: round(Math.max(...runs)),
    runs: runs.map(round),
    limit: limit?.name ?? null,
    ratio: limit === null ? null : round(ratio(figure)!),
    without,
  });
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}

/** A table for people: one line a figure, then what they leave out. */
export function toTable(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => [
    figure.name,
    figure.unit,
    ...[median(figure.runs), Math.min(...figure.runs), Math.max(...figure.runs)].map(show),
    figure.limit === null ? "" : `${ratio(figure)!.toFixed(2)} × ${figure.limit.name}`,
  ]);
  rows.unshift(["figure", "unit", "median", "min", "max", "of the limit"]);
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) =>
    row.map((cell, column) =>
      column >= 2 && column <= 4 ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)
    ).join("  ").trimEnd()
  );
  const names = Map.groupBy(figures, ({ without }) => without);
  const notes = [...names].map(([without, those]) =>
    `${those.map(({ name }) => name).join(", ")}: without ${without}.`
  );
  return [...lines, "", ...notes].join("\n");
}

function show(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString("en-US") : value.toPrecision(3);
}
