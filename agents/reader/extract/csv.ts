/** CSV: one line of text per row, with the header's names before the values. */
import Papa from "papaparse";
import { type Block, oneLine, type Parts } from "./parts.ts";

/** Rows of one block; the cut into passages comes later. */
const blockLength = 900;

export function readCsv(text: string): Parts {
  const { data } = Papa.parse<string[]>(text, { skipEmptyLines: "greedy" });
  const rows = data.map((row) => row.map(oneLine));
  const header = rows[0] && isHeader(rows[0], rows[1]) ? rows[0] : null;
  const body = header ? rows.slice(1) : rows;
  if (header && body.length === 0) return table([header.join(", ")]);
  if (!header) return table(body.map((row) => row.join(", ")));
  const lines = body.map((row) => labelled(header, row));
  // Wide headers over short rows would make much of little: they are told once a block.
  const length = lines.reduce((sum, line) => sum + line.length, 0);
  return length <= 2 * text.length || text.length < 50_000
    ? table(lines)
    : table(body.map((row) => row.join(", ")), header.join(", "));
}

/** Names: no empty and no repeated cell, no number, and not longer than a name is. */
function isHeader(cells: string[], next: string[] | undefined): boolean {
  if (next === undefined && cells.length < 2) return false;
  const distinct = new Set(cells.map((cell) => cell.toLowerCase()));
  return distinct.size === cells.length &&
    cells.every((cell) => cell !== "" && cell.length <= 80 && !/^[-+\d.,%\s]+$/u.test(cell));
}

function labelled(header: string[], row: string[]): string {
  const cells: string[] = [];
  for (let i = 0; i < Math.max(row.length, header.length); i++) {
    const value = row[i] ?? "";
    if (value !== "") cells.push(header[i] === undefined ? value : `${header[i]}: ${value}`);
  }
  return cells.join("; ");
}

function table(lines: string[], head?: string): Parts {
  const blocks: Block[] = [];
  let block: string[] = [];
  let length = 0;
  const close = () => {
    if (block.length === 0) return;
    blocks.push({ type: "other", text: [...(head ? [head] : []), ...block].join("\n") });
    block = [];
    length = 0;
  };
  for (const line of lines) {
    if (line === "") continue;
    if (length > 0 && length + line.length > blockLength) close();
    block.push(line);
    length += line.length + 1;
  }
  close();
  return { title: null, blocks, links: [] };
}
