/**
 * Copies of an agent's state that a person can go back to: at most one a minute while it works, and
 * one before each restart (R6). The store copies the row, so that a turn pays for no more than the
 * request.
 */
import { checkpointEveryMs } from "../storage/checkpoint.ts";
import type { Cell } from "./cell.ts";
import type { Core } from "./core.ts";
import type { Draft } from "./draft.ts";

/** Asks for a checkpoint with a turn's commit when the last one may be a minute old. */
export function keepEveryMinute(core: Core, draft: Draft, cell: Cell): void {
  const now = core.clock.monotonicMs();
  // The first minute of a life needs none: short-lived agents would pay double. One that was there
  // before may be due; the store knows.
  cell.checkpointMs ??= cell.hasState ? now - checkpointEveryMs : now;
  if (now - cell.checkpointMs < checkpointEveryMs) return;
  keep(core, draft, cell, "minute");
  draft.onAccept(() => cell.checkpointMs = now);
}

/** Asks for a checkpoint of the state that a restart begins from. */
export function keepBeforeRestart(core: Core, draft: Draft, cell: Cell): void {
  if (cell.hasState) keep(core, draft, cell, "restart");
}

function keep(core: Core, draft: Draft, cell: Cell, reason: "minute" | "restart"): void {
  const { clock, ids, registry } = core;
  const lastKey = registry.lastKey;
  const row = { key: cell.key, atMs: clock.wallMs(), reason, lastKey, mark: ids.uuid() };
  draft.change({ op: "checkpoint", row });
}
