/** Which rows of the tree are shown, in order; made anew only when something moved. */
import type { State } from "./state.ts";
import type { Item } from "./swarm.ts";
import { troubleOf } from "./trouble.ts";

export interface Row {
  item: Item;
  level: number;
  /** Stands for children that the service did not list. */
  isMore: boolean;
}

/** Rows that pass filter and search, with what is above them; without either, what is open. */
export function rowsOf(state: State): Row[] {
  const { swarm, filter, search, closed } = state;
  const rows: Row[] = [];
  if (!swarm.root) return rows;
  const isAll = filter === "all" && search === "";
  const kept = isAll ? null : keptOf(state);
  const visit = (item: Item, level: number) => {
    if (kept && !kept.has(item)) return;
    rows.push({ item, level, isMore: false });
    if (isAll && closed.has(item.address)) return;
    for (const child of item.children) visit(child, level + 1);
    if (item.hidden > 0 && isAll) rows.push({ item, level: level + 1, isMore: true });
  };
  visit(swarm.root, 0);
  return rows;
}

/** Those that fit, and all above them. */
function keptOf(state: State): Set<Item> {
  const kept = new Set<Item>();
  for (const item of state.swarm.items()) {
    if (!fits(item, state)) continue;
    for (let at: Item | null = item; at && !kept.has(at); at = at.parent) kept.add(at);
  }
  return kept;
}

/** Whether it passes filter and search by itself. */
export function fits(item: Item, { filter, search, nowMs, letters }: State): boolean {
  if (search !== "" && !isFound(item, search)) return false;
  switch (filter) {
    case "all":
      return true;
    case "trouble":
      return troubleOf(item, nowMs, letters.get(item.address) ?? 0) !== null;
    case "mail":
      return item.depth > 0;
    case "awake":
      return item.type === "agent" && item.status !== "passive" && item.status !== "completed";
  }
}

/** In address, kind or status; upper case is as good as lower case. */
export function isFound(
  { address, kind, status }: Pick<Item, "address" | "kind" | "status">,
  search: string,
): boolean {
  const text = search.normalize("NFC").toLowerCase();
  return address.toLowerCase().includes(text) || (kind?.toLowerCase().includes(text) ?? false) ||
    status === text;
}
