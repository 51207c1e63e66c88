/** Draws panels from what Prometheus answered: time series as SVG, in Grafana's layout. */
import type { Panel, Row } from "../../scripts/dashboard-panels.ts";
import type { Drawn } from "./scraped-torture.ts";

const width = 400;
const height = 210;
const perLine = 3;
const gap = 8;
const plot = { left: 52, top: 30, right: 10, bottom: 42 };
/** Told apart by people who see colours differently, too (Okabe and Ito). */
const colours = ["#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#999999"];
const mostInLegend = 6;

interface Line {
  name: string;
  values: [number, number][];
}

/** All panels of one row of the dashboard in one picture; times in seconds. */
export function drawRow(row: Row, all: readonly Drawn[], fromS: number, toS: number): string {
  const columns = Math.min(perLine, row.panels.length);
  const lines = Math.ceil(row.panels.length / perLine);
  const size = { w: columns * (width + gap) + gap, h: lines * (height + gap) + gap };
  const panels = row.panels.map((panel, i) => {
    const x = gap + i % perLine * (width + gap);
    const y = gap + Math.floor(i / perLine) * (height + gap);
    const drawn = all.filter((one) => one.row === row.title && one.panel === panel.title);
    return `<g transform="translate(${x} ${y})">${drawPanel(panel, drawn, fromS, toS)}</g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${size.w}" height="${size.h}" ` +
    `viewBox="0 0 ${size.w} ${size.h}" font-family="sans-serif" font-size="11">` +
    `<title>${escaped(row.title)}</title>` +
    `<rect width="100%" height="100%" fill="#f4f5f5"/>\n${panels.join("\n")}\n</svg>\n`;
}

function drawPanel(panel: Panel, drawn: readonly Drawn[], fromS: number, toS: number): string {
  const lines = linesOf(drawn);
  const most = niceMost(Math.max(0, ...lines.flatMap(({ values }) => values.map(([, v]) => v))));
  const w = width - plot.left - plot.right;
  const h = height - plot.top - plot.bottom;
  const x = (s: number) => round(plot.left + (s - fromS) / (toS - fromS) * w);
  const y = (value: number) => round(plot.top + h - value / most * h);
  const parts = [
    `<rect width="${width}" height="${height}" rx="3" fill="#fff" stroke="#d8d9da"/>`,
    `<text x="10" y="18" font-weight="bold" fill="#24292e">${escaped(panel.title)}</text>`,
  ];
  for (const share of [0, 0.5, 1]) {
    const at = y(most * share);
    parts.push(
      `<path d="M${plot.left} ${at}h${w}" stroke="#e4e5e6"/>`,
      `<text x="${plot.left - 5}" y="${at + 4}" text-anchor="end" fill="#666">` +
        `${escaped(inUnit(most * share, panel.unit))}</text>`,
    );
  }
  const minutes = (toS - fromS) / 60;
  for (const share of [0, 0.5, 1]) {
    const anchor = share === 0 ? "start" : share === 1 ? "end" : "middle";
    parts.push(
      `<text x="${plot.left + w * share}" y="${height - plot.bottom + 14}" fill="#666" ` +
        `text-anchor="${anchor}">${(minutes * share).toFixed(1)} min</text>`,
    );
  }
  lines.forEach(({ values }, i) => {
    const path = pathOf(values, x, y, (toS - fromS) / 40);
    const colour = colours[i % colours.length];
    parts.push(`<path d="${path}" fill="none" stroke="${colour}" stroke-width="1.5"/>`);
  });
  parts.push(legendOf(lines));
  return parts.join("\n");
}

/** With a break where nothing was scraped for a while. */
function pathOf(
  values: Line["values"],
  x: (s: number) => number,
  y: (value: number) => number,
  longestS: number,
): string {
  let before = Number.NEGATIVE_INFINITY;
  return values.map(([s, value]) => {
    const command = s - before > longestS ? "M" : "L";
    before = s;
    return `${command}${x(s)} ${y(value)}`;
  }).join("");
}

/** The names of the series as Grafana would make them, the largest first. */
function linesOf(drawn: readonly Drawn[]): Line[] {
  const top = ({ values }: Line) => Math.max(...values.map(([, value]) => value));
  return drawn.flatMap(({ legend, series }) =>
    series.map(({ metric, values }): Line => ({
      name: legend.replaceAll(/\{\{(\w+)\}\}/g, (_, label) => metric[label] ?? ""),
      values,
    }))
  ).sort((a, b) => top(b) - top(a));
}

function legendOf(lines: readonly Line[]): string {
  let x = 10;
  const shown = lines.slice(0, mostInLegend).map(({ name }, i) => {
    const short = name.length > 20 ? `${name.slice(0, 19)}…` : name;
    const at = x;
    x += 18 + short.length * 5.6;
    if (x > width) return "";
    return `<rect x="${round(at)}" y="${height - 17}" width="8" height="8" ` +
      `fill="${colours[i % colours.length]}"/>` +
      `<text x="${round(at + 11)}" y="${height - 9}" font-size="10" fill="#444">` +
      `${escaped(short)}</text>`;
  });
  return shown.join("");
}

function niceMost(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 2.5, 5, 10].map((step) => step * power).find((step) => step >= value)!;
}

function inUnit(value: number, unit: Panel["unit"]): string {
  switch (unit) {
    case "bytes":
      return value >= 1e9 ? `${short(value / 1e9)} GB` : `${short(value / 1e6)} MB`;
    case "s":
      return value > 0 && value < 1 ? `${short(value * 1e3)} ms` : `${short(value)} s`;
    case "percentunit":
      return `${short(value * 100)} %`;
    case "ops":
      return `${short(value)}/s`;
    case "short":
      return short(value);
  }
}

const short = (value: number) => String(Number(value.toPrecision(3)));
const round = (value: number) => Math.round(value * 10) / 10;

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
