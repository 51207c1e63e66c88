/** The whole screen as lines: head, tree or agent, what is wrong, keys. Never more than fit. */
import { bottomLines, cursorOf } from "./bottom-lines.ts";
import { topLines } from "./head-lines.ts";
import { helpLines } from "./keys.ts";
import { type Line, say } from "./line.ts";
import { lookLines } from "./look-lines.ts";
import type { State } from "./state.ts";
import { rowLine } from "./tree-lines.ts";
import { type Row, rowsOf } from "./tree-rows.ts";

/** The text that is being written, and where the cursor stands in it. */
export interface Frame {
  lines: Line[];
  cursor: { x: number; y: number } | null;
}

/** Rows of the screen that are left for the tree or a page. */
export function bodyHeight(state: State): number {
  return Math.max(1, state.rows - topLines(state).length - bottomLines(state).length);
}

/** The screen of this state. */
export function frameOf(state: State, rows: readonly Row[] = rowsOf(state)): Frame {
  const top = topLines(state);
  const bottom = bottomLines(state);
  const height = Math.max(1, state.rows - top.length - bottom.length);
  const body = bodyLines(state, rows, height).slice(0, height);
  while (body.length < height) body.push(say(""));
  const lines = [...top, ...body, ...bottom].slice(0, state.rows);
  return { lines, cursor: cursorOf(state, lines.length) };
}

function bodyLines(state: State, rows: readonly Row[], height: number): Line[] {
  const { mode, look } = state;
  if (mode.name === "help") return helpLines().slice(mode.top, mode.top + height);
  if (mode.name === "text") {
    const lines = [say(mode.title, "bold"), ...mode.lines.map((text) => say(text))];
    return lines.slice(mode.top, mode.top + height);
  }
  if (look) return lookLines(look, state, height);
  if (!state.swarm.root) return [say("Waiting for the service…", "dim")];
  if (rows.length === 0) return [say("Nothing like that; Esc shows all again", "dim")];
  return rows.slice(state.top, state.top + height).map((row) => rowLine(row, state));
}
