import { expect, test } from "vitest";
import { drawScreen } from "../../scripts/terminal-svg.ts";

const esc = String.fromCharCode(27);
const draw = (...lines: string[]) => drawScreen({ lines, columns: 20, title: "a <screen>" });

test("keeps words, colours, marks and columns", () => {
  const svg = draw(`${esc}[1;32mok${esc}[0m ${esc}[7m世界${esc}[27m!`);
  expect(svg).toContain("<title>a &lt;screen&gt;</title>");
  expect(svg).toMatch(/fill="#98c379" font-weight="bold"[^>]*>ok</);
  // Two columns of "ok", one space, then four of two wide characters.
  expect(svg).toMatch(/<rect x="39\.2" y="13" width="33\.6"[^>]*fill="#d7dae0"/);
  expect(svg).toMatch(/<text x="72\.8"[^>]*>!</);
});

test("reads the long forms of colours", () => {
  expect(draw(`${esc}[38;5;196mred`)).toContain('fill="rgb(255,0,0)"');
  expect(draw(`${esc}[38;2;1;2;3mdark${esc}[39mink`)).toContain('fill="rgb(1,2,3)"');
  expect(draw(`${esc}[38;5;999mx`)).toContain("rgb(238,238,238)");
});

test("leaves out titles, other sequences and empty lines at the end", () => {
  const svg = draw(`${esc}]0;title${String.fromCharCode(7)}${esc}(Ba<b${esc}[2K`, "", "");
  expect(svg).toContain(">a&lt;b</text>");
  expect(svg).not.toContain("title0");
  expect(svg).toMatch(/height="46"/);
});

test("goes on with the style of the line before", () => {
  expect(draw(`${esc}[2mone`, "two")).toMatch(/fill-opacity="0\.6"[^>]*>two</);
});
