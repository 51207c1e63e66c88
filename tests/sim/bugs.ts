/** Bugs to plant one at a time: the simulation must find them. Each changes one place of `src`. */

export interface Bug {
  name: string;
  /** Below `src`. */
  file: string;
  /** Occurs exactly once. */
  find: string;
  replace: string;
}

const at = (file: string) => (name: string, find: string, replace: string): Bug => ({
  name,
  file,
  find,
  replace,
});
const dispatcher = at("supervisor/dispatcher.ts");
const placement = at("supervisor/placement.ts");
const turns = at("supervisor/turns.ts");
const timers = at("supervisor/timers.ts");
const failures = at("supervisor/failures.ts");
const mailbox = at("supervisor/mailbox.ts");
const asks = at("supervisor/asks.ts");
const door = at("supervisor/door.ts");
const keys = at("supervisor/keys.ts");
const ledger = at("supervisor/ledger.ts");

export const bugs: readonly Bug[] = [
  placement(
    "frames of an earlier stay are heard",
    "if (cell.residence === residence) this.#events.heard(cell, residence, frame);",
    "if (cell.residence) this.#events.heard(cell, cell.residence, frame);",
  ),
  dispatcher("any turn is taken for the one in hand", "frame.turn !== residence.turn ||", ""),
  dispatcher(
    "what a turn hands back is forgotten",
    "if (!cell.hasEnded) cell.mailbox.giveBack(hand.slice(frame.consumed));",
    "",
  ),
  dispatcher("who waits for room is forgotten", "this.#blocked.look(receiver);", ""),
  at("supervisor/blocked.ts")("blocked for ever", "cell.blockedOn = null;", ""),
  turns("cursor one short", "Math.max(cursors[i]!, seq)", "Math.max(cursors[i]!, seq - 1)"),
  turns("all in hand is consumed", "hand.slice(0, frame.consumed)", "hand.slice()"),
  turns(
    "cursor of another lane",
    "const i = lanes.indexOf(lane);",
    "const i = Math.max(1, lanes.indexOf(lane));",
  ),
  turns(
    "delays are not stored",
    "this.#core.timers.set(draft, { key: cell.key, id, delayMs, cause: cause?.id ?? null });",
    "",
  ),
  turns(
    "asks are not noted",
    "if (replyTo) this.#openAsk(draft, receiver, envelope, replyTo);",
    "",
  ),
  turns("messages of a turn are lost", "draft.post(receiver, envelope);", ""),
  timers(
    "a delay that fired stays",
    'draft.change({ op: "timerGone", key: row.key, id: row.id });',
    "",
  ),
  timers("a delay fires for nobody", "draft.post(cell, { ...envelope, cause: row.cause });", ""),
  timers("running time stands still", "this.#cancel = this.#core.clock.after(waitMs", "(waitMs"),
  failures(
    "attempts are not stored",
    'draft.change({ op: "attempt", key: cell.key, lane, seq, attempt });',
    "",
  ),
  failures(
    "poison stays in the mailbox",
    'draft.change({ op: "skip", key: cell.key, lane, seq });',
    "",
  ),
  failures(
    "poison vanishes",
    'this.#core.mail.bury(draft, envelope, "poison", message, state);',
    "",
  ),
  failures(
    "attempts are not counted",
    "envelope.attempt = Math.max(envelope.attempt, Math.min(envelope.attempt + 1, most));",
    "",
  ),
  at("supervisor/verbs.ts")(
    "a deleted agent comes back",
    "if (this.#core.registry.byKey(cell.key) !== cell) return; // Deleted",
    "// Deleted",
  ),
  mailbox("handed back to the end", "lane.open.unshift(envelope);", "lane.open.push(envelope);"),
  mailbox("newest first", "batch.push(lane.open.shift()!);", "batch.push(lane.open.pop()!);"),
  mailbox(
    "older mail is passed over",
    "if (lane.beyond > 0 || isFull(lane)) lane.beyond++;",
    "if (isFull(lane)) lane.beyond++;",
  ),
  placement(
    "what a lost thread had in hand is gone",
    "if (residence.hand) cell.mailbox.giveBack(residence.hand);",
    "",
  ),
  placement("started from an older state", "await cell.settled;", ""),
  asks(
    "an ask is settled again",
    'draft.change({ op: "ask", row: settled }).onAccept(() => this.#drop(name));',
    'draft.change({ op: "ask", row: settled });',
  ),
  asks("no reply is sent", "if (asker && !asker.hasEnded) {", "if (asker && asker.hasEnded) {"),
  asks("asks never expire", "() => this.#expire(row));", "() => {});"),
  asks("asks are forgotten at a start", "for (const row of rows) this.#hold(row);", ""),
  keys("Idempotency-Key ignored", "if (row) {", "if (row && row.key === scope) {"),
  keys("a key under way is not known", "this.#underWay.set(name, { bodyHash, answer });", ""),
  door(
    "an ask's key is free before it is stored",
    "if (idempotency) await durable;",
    "if (idempotency) durable.catch(() => {});",
  ),
  ledger("acknowledged before it is durable", "return settled;", "return Promise.resolve();"),
  ledger(
    "outside before it is durable",
    "for (const act of draft.accepted) act();",
    "for (const act of [...draft.accepted, ...draft.durable]) act();",
  ),
  ledger("refused commits are passed over", "this.#core.rejected(error);", ""),
  failures(
    "a lost agent is not looked at",
    "commit(draft).catch(() => {});\n    this.#core.dispatcher.wake(cell);",
    "commit(draft).catch(() => {});",
  ),
  turns("mail is counted for ever", "cell.mailbox.consumed(consumed);", ""),
  asks(
    "who asked at the door is not told",
    "draft.onDurable(() => this.#tell(row.id, outcome));",
    "",
  ),
  at("supervisor/restarts.ts")("a backoff without an end", "cell.restarting = false;", ""),
  ledger("seq used again", "envelope.seq = ++cell.lastSeq;", "envelope.seq = cell.lastSeq || 1;"),
  ledger("accepted while loading", "if (this.#core.isLoading)", "if (!this.#core)"),
  at("supervisor/cell.ts")("seq from the start", "from?.lastSeq ?? 0", "0"),
  at("supervisor/delivery.ts")(
    "mailbox without a bound",
    "return cell.mailbox.bounded + posted < limit && ofSender < shareOf(limit);",
    "return cell.mailbox.bounded + posted + ofSender >= 0;",
  ),
  at("supervisor/restart-intensity.ts")(
    "intensity ignored",
    "allowed: kept.length <= limit.intensity",
    "allowed: true",
  ),
  at("supervisor/housekeeping.ts")(
    "one that left is looked at",
    "if (!cell.residence) continue;",
    "",
  ),
  at("supervisor/housekeeping.ts")(
    "turns without a deadline",
    'if (forMs > turnDeadlineMs) this.#stalled(cell, "A turn", forMs);',
    "",
  ),
  at("storage/commit-queue.ts")(
    "a failed commit counts as done",
    "this.#waiting.splice(0, done)",
    "this.#waiting.splice(0, Math.max(1, done))",
  ),
  at("supervisor/undeliverable.ts")(
    "expired ones vanish",
    "core.mail.bury(draft, envelope, ",
    "((..._: unknown[]) => {})(draft, envelope, ",
  ),
];
