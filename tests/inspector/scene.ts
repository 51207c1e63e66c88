/** A screen without a terminal: a state filled from a made tree, keys in, lines out. */
import { stripVTControlCharacters } from "node:util";
import stringWidth from "string-width";
import type { TreeNode } from "../../src/api/client.ts";
import { frameOf } from "../../src/cli/inspector/frame.ts";
import type { Key } from "../../src/cli/inspector/key.ts";
import { paint } from "../../src/cli/inspector/line.ts";
import { press } from "../../src/cli/inspector/model.ts";
import { settle } from "../../src/cli/inspector/move.ts";
import { emptyState, type State, type Want } from "../../src/cli/inspector/state.ts";

export const nowMs = 1_700_000_000_000;

const plain: TreeNode = {
  address: "/",
  type: "supervisor",
  status: "running",
  kind: null,
  strategy: "oneForOne",
  restarts: 0,
  mailboxDepth: 0,
  lastError: null,
  exits: [],
  children: [],
  hidden: 0,
};

export function agent(address: string, more: Partial<TreeNode> = {}): TreeNode {
  return { ...plain, address, type: "agent", kind: "worker", strategy: null, ...more };
}

export function tree(...children: TreeNode[]): TreeNode {
  return { ...plain, children };
}

export function pool(address: string, children: TreeNode[], hidden = 0): TreeNode {
  return { ...plain, address, type: "dynamic", strategy: null, children, hidden };
}

export function scene(root: TreeNode, columns = 80, rows = 24): State {
  const state = emptyState("http://127.0.0.1:7420", nowMs, true);
  Object.assign(state, { columns, rows });
  state.link = { status: "up", why: "", sinceMs: nowMs };
  state.swarm.take(root, nowMs);
  return state;
}

/** The screen as text; checks that it is never more than fits. */
export function draw(state: State, hasColour = false): string[] {
  const { lines } = frameOf(state, settle(state));
  const painted = lines.map((line) => paint(line, state.columns, hasColour));
  const bare = painted.map((line) => stripVTControlCharacters(line));
  if (lines.length > state.rows) throw new Error(`${lines.length} lines on ${state.rows} rows`);
  const wide = bare.find((line) => stringWidth(line) > state.columns);
  if (wide !== undefined) throw new Error(`${stringWidth(wide)} of ${state.columns}: ${wide}`);
  return hasColour ? painted : bare.map((line) => line.trimEnd());
}

const names = new Set([
  "up",
  "down",
  "left",
  "right",
  "enter",
  "escape",
  "tab",
  "backspace",
  "end",
]);

/** Presses keys, drawing after each as the screen does. @returns what they wanted */
export function keys(state: State, ...pressed: string[]): Want[] {
  return pressed.flatMap((one) => {
    const name = names.has(one) ? one as Key["name"] : null;
    const key = { input: name ? "" : one, name, isCtrl: false, isShift: false };
    const want = press(state, key);
    draw(state);
    return want ? [want] : [];
  });
}
