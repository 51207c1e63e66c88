/**
 * A terminal's screen as a picture: lines with escape sequences (as `tmux capture-pane -e` gives
 * them) become an SVG of text, so that the words in it can be searched, copied and compared.
 */
import stringWidth from "string-width";

export interface ScreenPicture {
  /** Lines of the screen, with SGR sequences (ECMA-48) for colours and marks. */
  lines: readonly string[];
  columns: number;
  /** What a screen reader says; also the title. */
  title: string;
  cursor?: { x: number; y: number } | null;
}

interface Style {
  colour: string;
  back: string | null;
  bold: boolean;
  dim: boolean;
  italic: boolean;
  underlined: boolean;
  reversed: boolean;
}

interface Run {
  column: number;
  width: number;
  text: string;
  style: Style;
}

const paper = "#14161b";
const ink = "#d7dae0";
const cellWidth = 8.4;
const lineHeight = 18;
const fontSize = 14;
const margin = 14;

/** The sixteen colours of a terminal, chosen to be read on `paper`. */
const palette = [
  "#3b4048 #e06c75 #98c379 #e5c07b #61afef #c678dd #56b6c2 #abb2bf",
  "#7f848e #ff7a85 #b5e090 #ffd68a #82c4ff #e29bf5 #7ad7e0 #ffffff",
].join(" ").split(" ");

const plain: Style = {
  colour: ink,
  back: null,
  bold: false,
  dim: false,
  italic: false,
  underlined: false,
  reversed: false,
};

/** Draws the screen; empty lines at its end are left out. */
export function drawScreen({ lines, columns, title, cursor = null }: ScreenPicture): string {
  const rows = runsOf(lines);
  while (rows.length > 1 && rows.at(-1)!.every(({ text }) => text.trim() === "")) rows.pop();
  const width = Math.ceil(columns * cellWidth + 2 * margin);
  const height = rows.length * lineHeight + 2 * margin;
  const parts = rows.flatMap((runs, row) => runs.flatMap((run) => drawRun(run, row)));
  if (cursor && cursor.y < rows.length) {
    parts.push(drawBox(cursor.x, 1, cursor.y, ink, ' fill-opacity="0.6"'));
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}"` +
    ` height="${height}" role="img" font-size="${fontSize}"` +
    ` font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace">`,
    `<title>${escape(title)}</title>`,
    `<rect width="100%" height="100%" rx="8" fill="${paper}"/>`,
    ...parts,
    "</svg>",
    "",
  ].join("\n");
}

function drawRun({ column, width, text, style }: Run, row: number): string[] {
  const { reversed } = style;
  const back = reversed ? style.colour : style.back;
  const colour = reversed ? style.back ?? paper : style.colour;
  const parts = back === null ? [] : [drawBox(column, width, row, back)];
  if (text.trim() === "") return parts;
  const marks = [
    style.bold ? ' font-weight="bold"' : "",
    style.dim ? ' fill-opacity="0.6"' : "",
    style.italic ? ' font-style="italic"' : "",
    style.underlined ? ' text-decoration="underline"' : "",
  ].join("");
  const x = (margin + column * cellWidth).toFixed(1);
  const y = margin + row * lineHeight + fontSize - 1;
  // Whatever font there is, each run takes its columns: frames and tables stay in line.
  const fit = ` textLength="${(width * cellWidth).toFixed(1)}" lengthAdjust="spacingAndGlyphs"`;
  parts.push(
    `<text x="${x}" y="${y}" xml:space="preserve" fill="${colour}"${marks}${fit}>` +
      `${escape(text)}</text>`,
  );
  return parts;
}

function drawBox(column: number, width: number, row: number, colour: string, more = ""): string {
  const x = (margin + column * cellWidth).toFixed(1);
  const y = margin + row * lineHeight - 1;
  const wide = (width * cellWidth).toFixed(1);
  return `<rect x="${x}" y="${y}" width="${wide}" height="${lineHeight}" fill="${colour}"${more}/>`;
}

const esc = String.fromCharCode(27);
const bell = String.fromCharCode(7);
/** Colours and marks; sets of characters and titles, which are passed over. */
const sequence = new RegExp(
  `${esc}\\[([0-9;:]*)([A-Za-z])|${esc}[()][A-Z0-9]|` +
    `${esc}\\][^${bell}${esc}]*(?:${bell}|${esc}\\\\)`,
  "g",
);

/** Styles go on from one line to the next, as tmux says only what changes. */
function runsOf(lines: readonly string[]): Run[][] {
  let style = plain;
  return lines.map((line) => {
    const runs: Run[] = [];
    let column = 0;
    let from = 0;
    const add = (text: string) => {
      const width = stringWidth(text);
      if (text !== "") runs.push({ column, width, text, style });
      column += width;
    };
    for (const match of line.matchAll(sequence)) {
      add(line.slice(from, match.index));
      from = match.index + match[0].length;
      if (match[2] === "m") style = applySgr(style, match[1]!);
    }
    add(line.slice(from));
    return runs;
  });
}

const switches: Record<number, Partial<Style>> = {
  0: plain,
  1: { bold: true },
  2: { dim: true },
  3: { italic: true },
  4: { underlined: true },
  7: { reversed: true },
  22: { bold: false, dim: false },
  23: { italic: false },
  24: { underlined: false },
  27: { reversed: false },
  39: { colour: ink },
  49: { back: null },
};

function applySgr(before: Style, codes: string): Style {
  let style = before;
  const numbers = codes.split(/[;:]/).map(Number);
  while (numbers.length > 0) {
    const code = numbers.shift()!;
    if (code === 38 || code === 48) {
      const colour = longColour(numbers);
      if (colour) style = { ...style, ...(code === 38 ? { colour } : { back: colour }) };
    } else style = { ...style, ...switches[code] ?? shortColour(code) };
  }
  return style;
}

function shortColour(code: number): Partial<Style> {
  const isBack = code >= 100 || (code >= 40 && code <= 47);
  const index = code >= 90 ? 8 + code % 10 : code % 10;
  const colour = palette[index];
  const isColour = (code >= 30 && code <= 47) || (code >= 90 && code <= 107);
  if (!isColour || colour === undefined) return {};
  return isBack ? { back: colour } : { colour };
}

/** `5;n` of the 256 colours, or `2;r;g;b`; takes what it reads from `numbers`. */
function longColour(numbers: number[]): string | null {
  const way = numbers.shift();
  if (way === 2) return `rgb(${numbers.splice(0, 3).map(byte).join(",")})`;
  if (way !== 5) return null;
  const index = byte(numbers.shift() ?? 0);
  if (index < 16) return palette[index]!;
  if (index >= 232) return `rgb(${Array(3).fill(8 + (index - 232) * 10).join(",")})`;
  const level = (part: number) => part === 0 ? 0 : 55 + part * 40;
  const cube = index - 16;
  const parts = [Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6];
  return `rgb(${parts.map(level).join(",")})`;
}

function byte(value: number): number {
  return Math.min(255, Math.max(0, Math.trunc(value) || 0));
}

function escape(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}
