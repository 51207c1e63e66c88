import { errorKinds } from "../src/errors.ts";

const head = `# Errors

Every error that Dream.OS shows has one of these codes. Over HTTP it is the \`code\` in
\`{"error":{"code","message","details"}}\` with the status given here; the CLI ends with the exit
code. Codes are only ever added.

This page is made from \`src/errors.ts\` by \`npm run docs\`; do not edit it.

`;

/** The table of all errors as a Markdown page, in the order of the source, as `deno fmt` has it. */
export function renderErrorsPage(): string {
  const rows = Object.entries(errorKinds).map(([code, kind]) => [
    `\`${code}\``,
    String(kind.status),
    String(kind.exit),
    escapeCell(kind.hint),
  ]);
  return head + renderTable([["code", "HTTP", "exit", "what to do"], ...rows]);
}

/** A Markdown table with columns of equal width; the first row is the heading. */
export function renderTable(rows: string[][]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)));
  lines.splice(1, 0, widths.map((width) => "-".repeat(width)));
  return lines.map((cells) => `| ${cells.join(" | ")} |\n`).join("");
}

/** Text that Markdown and `deno fmt` leave as it is. */
function escapeCell(text: string): string {
  return text.replace(/[|*_<>]/g, "\\$&");
}
