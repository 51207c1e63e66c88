/** What a line of the log says about the turn that it comes from. */
import type { LogEffect } from "../actors/effect.ts";
import type { Cause } from "../actors/envelope.ts";
import { traceIdOf } from "../traces/traceparent.ts";
import type { Cell } from "./cell.ts";
import type { Core } from "./core.ts";
import type { Draft } from "./draft.ts";

/** Characters of one line of an agent. */
const longestLog = 2_000;

/** Not before the turn is durable: else a turn that runs again would log twice. */
export function logOnceDurable(
  core: Core,
  { draft, cell }: { draft: Draft; cell: Cell },
  { level, text }: LogEffect,
  cause: Cause | null,
): void {
  const place = placeOf(cell, cause);
  draft.onDurable(() => core.log(level, text.slice(0, longestLog), { ...place, from: "agent" }));
}

/** Whom, which turn and which trace a line is about. */
export function placeOf(cell: Cell, cause: Cause | null) {
  const traceId = cause?.trace ? traceIdOf(cause.trace) : null;
  return { address: cell.address, turn: cell.turns + 1, traceId };
}
