/**
 * The history of one message: what led to it, up to where it came from outside, and what came of
 * it, in all agents. It is read from the stored envelopes, a page at a time; nothing is kept.
 */
import type { Outcome } from "../actors/envelope.ts";
import { DreamError } from "../errors.ts";
import type { EffectPlace, TracedRow } from "../storage/history.ts";
import type { Store } from "../storage/store.ts";
import type { AnswerView, HistoryQuery, MessageHistory, TracedView } from "./history-views.ts";

/** Causes that are followed back: agents with a clock of their own have chains without end. */
const mostAncestors = 100;
/** Effects of effects below a message; deeper ones are shown by asking for one of them. */
const deepest = 60;
/** Effects read at one time. */
const portion = 100;

/**
 * @throws {DreamError} `message_not_found`; `bad_request` for a cursor of another history
 */
export async function messageHistory(
  store: Store,
  id: string,
  { limit, cursor, whole = false }: HistoryQuery,
): Promise<MessageHistory> {
  const asked = await store.history.message(id);
  if (!asked) {
    throw new DreamError("message_not_found", `Cannot find a message ${id}: none is kept`, {
      details: { id },
    });
  }
  const { chain, origin } = await ancestorsOf(store, asked);
  const top = whole ? chain[0] ?? asked : asked;
  const walk = cursor === undefined
    ? below(store, top, 1)
    : await resume(store, top, await rowOf(store, cursor));
  const items: TracedView[] = [];
  let hasMore = false;
  for await (const view of walk) {
    if (items.length === limit) {
      hasMore = true;
      break;
    }
    items.push(view);
  }
  return {
    id,
    message: viewTraced(asked, 0, chain.at(-1) ?? null),
    ancestors: chain.map((row, i) => viewTraced(row, 0, chain[i - 1] ?? null)),
    origin,
    answer: await answerTo(store, chain[0] ?? asked),
    effects: { of: top.envelope.id, items, nextCursor: hasMore ? items.at(-1)!.id : null },
  };
}

/** Between agents an answer is an envelope; who asked at the API gets it with the stored ask. */
async function answerTo(store: Store, { envelope }: TracedRow): Promise<AnswerView | null> {
  const { id, to, replyTo, sentAtMs } = envelope;
  if (!replyTo?.to.startsWith("@")) return null;
  const ask = await store.ask(id);
  if (!ask || ask.outcome === null || ask.settledAtMs === null) return null;
  const outcome = JSON.parse(ask.outcome) as Outcome;
  const { asker, settledAtMs: atMs } = ask;
  const error = "error" in outcome ? outcome.error.code : null;
  return { of: id, from: to, to: asker, atMs, afterMs: atMs - sentAtMs, error };
}

/** Oldest first. */
async function ancestorsOf(
  store: Store,
  asked: TracedRow,
): Promise<{ chain: TracedRow[]; origin: MessageHistory["origin"] }> {
  const chain: TracedRow[] = [];
  for (let { cause } = asked.envelope; cause !== null;) {
    if (chain.length === mostAncestors) return { chain, origin: "too_far" };
    const row = await store.history.message(cause);
    if (!row) return { chain, origin: "not_kept" };
    chain.unshift(row);
    cause = row.envelope.cause;
  }
  return { chain, origin: "outside" };
}

/** Everything that came of one message, each effect followed by its own effects. */
async function* below(
  store: Store,
  cause: TracedRow,
  depth: number,
  after: EffectPlace | null = null,
): AsyncGenerator<TracedView> {
  while (true) {
    const rows = await store.history.effects(cause.envelope.id, after, portion);
    for (const row of rows) {
      yield viewTraced(row, depth, cause);
      if (depth < deepest) yield* below(store, row, depth + 1);
    }
    if (rows.length < portion) return;
    const { sentAtMs, id } = rows.at(-1)!.envelope;
    after = { sentAtMs, id };
  }
}

/** Goes on after the row that a page ended with: its effects, then what follows its causes. */
async function resume(
  store: Store,
  top: TracedRow,
  last: TracedRow,
): Promise<AsyncGenerator<TracedView>> {
  const path = [last];
  while (path.at(-1)!.envelope.id !== top.envelope.id) {
    const { cause } = path.at(-1)!.envelope;
    if (cause === null || path.length > deepest) throw foreignCursor();
    path.push(await rowOf(store, cause));
  }
  return goOn();

  async function* goOn(): AsyncGenerator<TracedView> {
    const depth = path.length - 1;
    if (depth < deepest) yield* below(store, last, depth + 1);
    for (let i = 1; i < path.length; i++) {
      const { sentAtMs, id } = path[i - 1]!.envelope;
      yield* below(store, path[i]!, depth - i + 1, { sentAtMs, id });
    }
  }
}

async function rowOf(store: Store, id: string): Promise<TracedRow> {
  const row = await store.history.message(id);
  if (!row) throw foreignCursor();
  return row;
}

function foreignCursor(): DreamError {
  return new DreamError(
    "bad_request",
    "Cannot use the cursor: wanted one of this history's pages, of messages that are still kept",
  );
}

/** Without the payload, which can be large: `messages` has it. */
export function viewTraced(row: TracedRow, depth: number, cause: TracedRow | null): TracedView {
  const { envelope: e, letter, status } = row;
  return {
    ...{ id: e.id, kind: e.kind, type: e.type, from: e.from, to: e.to, lane: e.lane },
    ...{ cause: e.cause, sentAtMs: e.sentAtMs, attempt: e.attempt, status },
    payloadBytes: e.payload.length,
    afterCauseMs: cause ? e.sentAtMs - cause.envelope.sentAtMs : null,
    letter: letter && { id: letter.id, reason: letter.reason, deadAtMs: letter.deadAtMs },
    depth,
    isDeeper: depth === deepest,
  };
}
