/** Where the person is: the chosen row, the part of a page that is seen. */
import { bodyHeight } from "./frame.ts";
import { listLength, lookHead, openLines } from "./look-lines.ts";
import type { Key } from "./key.ts";
import { notice } from "./notice.ts";
import { pageLines } from "./pages.ts";
import { noFacts, type PageName, type State, type Want } from "./state.ts";
import { fits, type Row, rowsOf } from "./tree-rows.ts";
import { troubleOf } from "./trouble.ts";

/** Opens a page of an agent. */
export function lookAt(state: State, address: string, page: PageName): Want {
  const facts = state.look?.address === address ? state.look.facts : noFacts();
  state.look = { address, page, top: 0, row: 0, isAtEnd: true, isOpen: false, facts };
  state.chosen = address;
  return { do: "look", address, page };
}

/**
 * After anything changed: something is chosen that is there, and it is seen.
 *
 * @returns the rows of the tree
 */
export function settle(state: State): Row[] {
  const rows = rowsOf(state);
  const at = rows.findIndex(({ item, isMore }) => !isMore && item.address === state.chosen);
  const isNarrowed = state.filter !== "all" || state.search !== "";
  if (at < 0 && rows.length > 0) {
    const first = isNarrowed ? rows.find(({ item }) => fits(item, state)) : null;
    state.chosen = (first ?? nearestAbove(state, rows)).item.address;
  }
  seeRow(state, rows);
  if (state.look) seePage(state);
  return rows;
}

/** Chooses what the search or the filter is for: by its very name first, else the first. */
export function chooseFound(state: State): void {
  const chosen = state.swarm.find(state.chosen);
  const name = state.search.replace(/^\/?/, "/");
  const exact = [...state.swarm.items()].find(({ address }) => address.endsWith(name));
  if (exact) state.chosen = exact.address;
  else if (!chosen || !fits(chosen, state)) {
    const found = rowsOf(state).find(({ item }) => fits(item, state));
    if (found) state.chosen = found.item.address;
  }
}

/** Of an agent that is gone, or in a branch that was closed, what is left above it. */
function nearestAbove(state: State, rows: readonly Row[]): Row {
  const shown = new Map(rows.map((row) => [row.item.address, row]));
  for (let at = state.chosen; at.length > 1; at = at.slice(0, at.lastIndexOf("/"))) {
    const row = shown.get(at);
    if (row) return row;
  }
  return rows[0]!;
}

function seeRow(state: State, rows: readonly Row[]): void {
  const height = bodyHeight(state);
  const at = rows.findIndex(({ item, isMore }) => !isMore && item.address === state.chosen);
  if (at >= 0 && at < state.top) state.top = at;
  // What is left out below it is seen with it.
  const end = rows[at + 1]?.isMore ? at + 1 : at;
  if (end >= state.top + height) state.top = end - height + 1;
  state.top = Math.max(0, Math.min(state.top, rows.length - height));
}

function seePage(state: State): void {
  const look = state.look!;
  const height = Math.max(1, bodyHeight(state) - lookHead - (look.facts.error === null ? 0 : 1));
  const count = (look.isOpen ? openLines(look) : pageLines(look, state)).length;
  const most = Math.max(0, count - height);
  const length = look.isOpen ? null : listLength(look);
  if (length !== null) {
    look.row = Math.max(0, Math.min(look.row, length - 1));
    if (look.row < look.top) look.top = look.row;
    if (look.row >= look.top + height) look.top = look.row - height + 1;
  } else if (look.page === "log" && look.isAtEnd) look.top = most;
  look.top = Math.max(0, Math.min(look.top, most));
}

/** How far a key moves; null when it is none of those. */
function stepOf(key: Key, height: number): number | null {
  switch (key.name ?? key.input) {
    case "up":
    case "k":
      return -1;
    case "down":
    case "j":
      return 1;
    case "pageUp":
      return -Math.max(1, height - 1);
    case "pageDown":
    case " ":
      return Math.max(1, height - 1);
    case "home":
    case "g":
      return -Infinity;
    case "end":
    case "G":
      return Infinity;
    default:
      return null;
  }
}

/** Moves in the tree. @returns whether the key was for that */
export function moveInTree(state: State, key: Key): boolean {
  const step = stepOf(key, bodyHeight(state));
  if (step === null) return false;
  const rows = rowsOf(state).filter(({ isMore }) => !isMore);
  const at = rows.findIndex(({ item }) => item.address === state.chosen);
  const next = Math.max(0, Math.min(rows.length - 1, at + step));
  state.chosen = rows[next]?.item.address ?? state.chosen;
  return true;
}

/** Moves in a page. @returns whether the key was for that */
export function moveInPage(state: State, key: Key): boolean {
  const look = state.look!;
  const height = bodyHeight(state) - lookHead;
  const step = stepOf(key, height);
  if (step === null) return false;
  const isList = !look.isOpen && listLength(look) !== null;
  if (isList) look.row = clamp(look.row + step, listLength(look)! - 1);
  else {
    const count = (look.isOpen ? openLines(look) : pageLines(look, state)).length;
    const most = Math.max(0, count - height);
    look.top = clamp(look.top + step, most);
    look.isAtEnd = look.top >= most;
  }
  return true;
}

/** Scrolls a text. @returns whether the key was for that */
export function moveInText(mode: { top: number }, key: Key, state: State, count: number): boolean {
  const height = bodyHeight(state);
  const step = stepOf(key, height);
  if (step === null) return false;
  mode.top = clamp(mode.top + step, count - height);
  return true;
}

function clamp(value: number, most: number): number {
  return Math.max(0, Math.min(value, most));
}

/** Closes the branch, or goes to the supervisor. */
export function closeBranch(state: State): void {
  const item = state.swarm.find(state.chosen);
  if (!item) return;
  const isOpen = item.children.length + item.hidden > 0 && !state.closed.has(item.address);
  if (isOpen) state.closed.add(item.address);
  else if (item.parent) state.chosen = item.parent.address;
}

/** Opens the branch; @returns whether there was one that was closed */
export function openBranch(state: State): boolean {
  return state.closed.delete(state.chosen);
}

/** The next agent in trouble, round about. @returns whether there is one */
export function nextTrouble(state: State, step: 1 | -1): boolean {
  const items = [...state.swarm.items()];
  const at = items.findIndex(({ address }) => address === state.chosen);
  for (let i = 1; i <= items.length; i++) {
    const item = items[(((at + i * step) % items.length) + items.length) % items.length]!;
    if (!troubleOf(item, state.nowMs, state.letters.get(item.address) ?? 0)) continue;
    for (let above = item.parent; above; above = above.parent) state.closed.delete(above.address);
    state.chosen = item.address;
    return true;
  }
  return false;
}

/** Chooses another agent, wherever it is; what narrowed the tree ends. */
export function goTo(state: State, address: string): Want | null {
  const item = state.swarm.find(address);
  if (!item) {
    notice(state, `${address} is not in the tree`, true);
    return null;
  }
  state.chosen = item.address;
  for (let above = item.parent; above; above = above.parent) state.closed.delete(above.address);
  state.search = "";
  state.filter = "all";
  return state.look ? lookAt(state, item.address, state.look.page) : null;
}
