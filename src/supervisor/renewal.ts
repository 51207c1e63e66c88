/**
 * Restarts that a person asks for: from the newest state, from the first input, or from an earlier
 * state (R6). What the state to go on from does not know ends in the same commit; what it waits for
 * and has come since is delivered again.
 */
import { reborn } from "../actors/stored.ts";
import { type Envelope, lanes } from "../actors/envelope.ts";
import { DreamError } from "../errors.ts";
import type { Checkpoint } from "../storage/checkpoint.ts";
import type { AgentRecord, CallRow, TimerRow } from "../storage/store.ts";
import type { Cell } from "./cell.ts";
import { keepBeforeRestart } from "./checkpoints.ts";
import type { Core } from "./core.ts";
import { descendantsOf, removeAll } from "./deletion.ts";
import { Draft } from "./draft.ts";
import type { Order } from "./order.ts";
import { Origins } from "./origins.ts";

/** Rows of a mailbox read at one time. */
const portion = 512;

/**
 * @param keep puts the answer to who has asked for it into the same commit
 * @throws {DreamError} `checkpoint_not_found`
 */
export async function restartAgent(
  core: Core,
  cell: Cell,
  order: Order,
  keep: (draft: Draft) => void,
): Promise<void> {
  const { mode, checkpoint, by } = order;
  const found = checkpoint === null ? null : await findCheckpoint(core, cell, checkpoint);
  // From here on nothing of it runs; what it had in hand goes back to its mailbox.
  cell.cancelBackoff();
  cell.renewing = true;
  try {
    await core.dispatcher.evict(cell, true);
    await cell.settled.catch(() => {});
    await core.ledger.flushed();
    const draft = new Draft();
    keepBeforeRestart(core, draft, cell);
    if (mode === "fresh") await beginAnew(core, draft, cell, order);
    if (found) await goBack(core, draft, cell, found, order);
    const about = found ? { checkpoint: found.id, turns: found.turns } : {};
    draft.event(core.clock.wallMs(), "agent.restarted", cell.address, { by, from: mode, ...about });
    if (core.registry.byKey(cell.key) !== cell) return;
    goOn(core, draft, cell);
    keep(draft);
    await core.ledger.commit(draft);
  } finally {
    cell.renewing = false;
    core.dispatcher.wake(cell);
  }
}

async function findCheckpoint(core: Core, cell: Cell, id: number): Promise<Checkpoint> {
  const found = await core.store.checkpoint(id);
  if (found?.key === cell.key) return found;
  const have = (await core.store.checkpoints(cell.key)).map((one) => one.id).join(", ") || "none";
  throw new DreamError(
    "checkpoint_not_found",
    `Cannot restart ${cell.address} from checkpoint ${id}: it has ${have}`,
  );
}

/** A new chance: no attempts, no suspicion, no backoff. */
function goOn(core: Core, draft: Draft, cell: Cell): void {
  const { hasEnded } = cell;
  const record: AgentRecord = {
    ...cell.record,
    intent: null,
    suspicion: null,
    endedAtMs: null,
    restarts: cell.record.restarts + 1,
  };
  draft.change({ op: "attemptsGone", key: cell.key });
  draft.onAccept(() => {
    cell.restarting = false;
    cell.backoffs = 0;
    cell.careful = 0;
    cell.suspect = false;
    cell.crashStreak.clear();
    cell.mailbox.unload();
    cell.renewing = false;
  });
  if (cell.record.status === "running") {
    draft.change({ op: "agent", record }).onAccept(() => cell.record = record);
  } else core.places.enter(draft, cell, record);
  // Its calls were forgotten when it ended; a state that waits for them has them again.
  if (hasEnded) draft.onDurable(() => core.gateway.remember(cell));
}

/** First input, empty hands: timers, calls, asks and children end, the mailbox stays. */
async function beginAnew(core: Core, draft: Draft, cell: Cell, order: Order): Promise<void> {
  const { by, families } = order;
  const message = `${cell.address} was restarted afresh and does not know this ask any more`;
  const waiting = await openIds(core, cell);
  core.asks.failAll(draft, cell, { code: "killed", message }, (row) => !waiting.has(row.id));
  core.asks.cancelAll(draft, cell.address, null);
  removeAll(core, draft, descendantsOf(core, cell, families), by);
  draft.change({ op: "stateGone", key: cell.key }, { op: "workGone", key: cell.key });
  draft.onAccept(() => {
    core.gateway.forget(cell);
    cell.hasState = false;
    cell.summary = null;
    cell.origins = Origins.none;
  });
}

/** Ids of what is in the mailbox, where somebody waits for an answer. */
async function openIds(core: Core, cell: Cell): Promise<Set<string>> {
  if (!core.asks.isAsked(cell)) return new Set();
  const open = await readMail(core, cell, cell.cursors, Number.POSITIVE_INFINITY);
  return new Set(open.map(({ id }) => id));
}

/** Envelopes of the mailbox after `from`, by lane, up to and with `until`. */
async function readMail(
  core: Core,
  cell: Cell,
  from: readonly number[],
  until: readonly number[] | number,
): Promise<Envelope[]> {
  const found: Envelope[] = [];
  for (const [i, lane] of lanes.entries()) {
    const last = typeof until === "number" ? until : until[i]!;
    let after = from[i]!;
    while (after < last) {
      const rows = await core.store.mailbox(cell.key, lane, after, portion);
      for (const row of rows) if (row.seq <= last) found.push(row);
      if (rows.length < portion) break;
      after = rows.at(-1)!.seq;
    }
  }
  return found.sort((a, b) => a.seq - b.seq);
}

/** The state of the checkpoint, what it waits for, and nothing that it does not know. */
async function goBack(
  core: Core,
  draft: Draft,
  cell: Cell,
  from: Checkpoint,
  { by, families }: Order,
): Promise<void> {
  const { key, address } = cell;
  const [since, timers, calls, settled] = await Promise.all([
    readMail(core, cell, from.cursors, cell.cursors),
    core.store.timers(key),
    core.store.calls(key),
    core.store.settledAsks(address, from.atMs),
  ]);
  const handled = new Set(since.map(({ id }) => id));
  const message = `${address} went back to an earlier state that does not know this ask`;
  core.asks.failAll(draft, cell, { code: "killed", message }, (row) => handled.has(row.id));
  core.asks.cancelAll(draft, address, from.mark);
  const unknown = descendantsOf(core, cell, families).filter(({ key }) => key > from.lastKey);
  removeAll(core, draft, unknown, by);
  const came = since.filter(({ kind }) => kind !== "message" && kind !== "system");
  for (const envelope of came) again(core, draft, cell, envelope);
  const answered = new Set(came.map(({ correlation }) => correlation));
  restoreTimers(core, draft, cell, { known: from.timers, live: timers, answered });
  restoreCalls(core, draft, cell, { known: from.calls, live: calls, answered });
  for (const row of settled) {
    if (answered.has(row.ask) || row.outcome === null) continue;
    const letter = { kind: "reply" as const, from: "system", type: "", payload: row.outcome };
    draft.post(cell, core.mail.envelope(address, { ...letter, correlation: row.ask }));
  }
  const { state, summary } = from;
  const text = reborn(state.text, core.clock.wallMs());
  const { cursors, turns } = cell;
  const origins = cell.origins.text;
  const row = { key, state: { ...state, text }, cursors, turns, summary, origins };
  draft.change({ op: "state", row });
  draft.onAccept(() => {
    cell.summary = JSON.parse(summary);
    cell.hasState = true;
  });
}

/** What came after the checkpoint comes again; what its state does not wait for is stale (R4). */
function again(core: Core, draft: Draft, cell: Cell, envelope: Envelope): void {
  const { kind, from, type, payload, lane, correlation } = envelope;
  const letter = { kind, from, type, payload, lane, correlation, cause: envelope };
  draft.post(cell, core.mail.envelope(cell.address, letter));
}

interface Work<Row> {
  known: readonly Row[];
  live: readonly Row[];
  /** Ids whose result is delivered again. */
  answered: ReadonlySet<string | null>;
}

function restoreTimers(core: Core, draft: Draft, cell: Cell, work: Work<TimerRow>): void {
  const { gone, missing } = compare(work);
  for (const { id } of gone) core.timers.clear(draft, cell, id);
  for (const { key, id, delayMs, cause } of missing) {
    core.timers.set(draft, { key, id, delayMs, cause });
  }
}

function restoreCalls(core: Core, draft: Draft, cell: Cell, work: Work<CallRow>): void {
  const { gone, missing } = compare(work);
  for (const { id } of gone) core.gateway.cancel(draft, cell, id);
  for (const row of missing) core.gateway.repeat(draft, cell, row);
}

function compare<Row extends { id: string }>({ known, live, answered }: Work<Row>) {
  const knownIds = new Set(known.map(({ id }) => id));
  const liveIds = new Set(live.map(({ id }) => id));
  return {
    gone: live.filter(({ id }) => !knownIds.has(id)),
    missing: known.filter(({ id }) => !liveIds.has(id) && !answered.has(id)),
  };
}
