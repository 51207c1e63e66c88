/** What must hold when nothing bad has happened for a while: all is done, nobody waits. */
import type { Client } from "./clients.ts";
import { broken } from "./judge.ts";
import { type Book, lanes } from "./words.ts";
import type { World } from "./world.ts";

export async function checkRest(world: World, clients: readonly Client[]): Promise<void> {
  const { tables, system } = world;
  if (!system) return broken("start", "the control process is not up");
  for (const client of clients) {
    client.check();
    for (const [op, boot] of client.open) {
      if (boot === world.boots) broken("ask", `${op} was never answered`);
    }
    if (client.isBusy) broken("answer", `${client.name} waits for an answer at the door`);
  }
  for (const row of tables.asks.values()) {
    if (row.outcome === null) broken("ask", `${row.id} of ${row.asker} is open`);
  }
  const shown = new Map(
    (await system.agents({ limit: 1_000 })).items.map((view) => [view.address, view.status]),
  );
  const hasPending = [...shown.values()].includes("pending");
  for (const { key, address, status } of tables.agents.values()) {
    if (status !== "running") continue;
    const seen = `${address} (${shown.get(address)})`;
    // Who waits for room at one that waits for a place waits rightly.
    if (shown.get(address) === "blocked" && hasPending) continue;
    for (const lane of lanes) {
      const open = tables.open(key, lane, tables.cursor(key, lane));
      if (open.length > 0) {
        broken("stuck", `${seen} has ${open.length} ${open[0]!.kind} in ${lane}`);
      }
    }
    for (const row of tables.timers.values()) {
      if (row.key === key) broken("timer", `${seen} still waits for ${row.id}`);
    }
    const state = tables.hot.get(key)?.row;
    if (!state) continue;
    const book = JSON.parse(state.state.text).root.context as Book;
    if (book.waiting.length > 0) broken("timer", `${seen} waits for ${book.waiting}`);
    if (book.asked !== book.answered) {
      broken("ask", `${seen} asked ${book.asked}, was answered ${book.answered}`);
    }
  }
}
