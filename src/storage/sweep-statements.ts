/**
 * Statements of changes that reach over many rows of one agent, each done in its place between
 * sets of others, lane by lane so that consumed envelopes are not looked at.
 */
import { envelopeKinds, lanes } from "../actors/envelope.ts";
import { checkpointEveryMs, keptCheckpoints } from "./checkpoint.ts";

const words = (column: string, names: readonly string[]) =>
  `CASE ${column} ${names.map((name, i) => `WHEN ${i} THEN '${name}'`).join(" ")} END`;

/** `?`: the agent's key, twice. */
const openOf = (lane: number) =>
  `e.key = ? AND e.lane = ${lane}
    AND e.seq > ifnull((SELECT c${lane} FROM states WHERE key = ?), 0)`;
const notSkipped = `NOT EXISTS (SELECT 1 FROM skips k
  WHERE k.key = e.key AND k.lane = e.lane AND k.seq = e.seq)`;

/** An envelope as `toEnvelope` reads it, as JSON text. */
const asJson = `json_object('id', e.id, 'seq', e.seq, 'kind', ${words("e.kind", envelopeKinds)},
  'lane', ${words("e.lane", lanes)}, 'to', e.receiver, 'from', e.sender, 'type', e.type,
  'payload', e.payload, 'cause', e.cause, 'correlation', e.correlation,
  'replyTo', json(e.reply_to), 'sentAtMs', e.sent_at_ms, 'expiresAtMs', e.expires_at_ms,
  'hops', e.hops, 'trace', e.trace, 'attempt', e.attempt)`;

/** By lane; `?`: reason, message, when, key twice. */
export const buryMail = lanes.map((_, lane) =>
  `INSERT INTO dead_letters
  (receiver, reason, message, envelope, state, dead_at_ms)
  SELECT e.receiver, ?, ?, ${asJson}, NULL, ? FROM envelopes e
  WHERE ${openOf(lane)} AND ${notSkipped} ORDER BY e.seq`
);
/** By lane; `?`: key twice. */
export const skipMail = lanes.map((_, lane) =>
  `INSERT OR IGNORE INTO skips SELECT e.key, e.lane, e.seq FROM envelopes e WHERE ${openOf(lane)}`
);
/** By lane; `?`: key twice. */
export const forgetAttempts = lanes.map((_, lane) =>
  `UPDATE envelopes AS e SET attempt = 0 WHERE ${openOf(lane)} AND e.attempt > 0`
);
export const dropTimers = "DELETE FROM timers WHERE key = ?";
export const dropCalls = "DELETE FROM calls WHERE key = ?";
export const unskip = "DELETE FROM skips WHERE key = ? AND lane = ? AND seq = ?";
export const unattempt = "UPDATE envelopes SET attempt = 0 WHERE key = ? AND lane = ? AND seq = ?";
/** The few letters of one receiver are looked through. */
export const unbury = "DELETE FROM dead_letters WHERE receiver = ? AND envelope ->> 'id' = ?";
export const dropLetter = "DELETE FROM dead_letters WHERE id = ?";

/** Not of a state that has been copied, nor, by the minute, within one. */
export const putCheckpoint = `INSERT INTO checkpoints (key, at_ms, reason, last_key, mark,
    c0, c1, c2, c3, turns, bundle, version, summary, text, timers, calls)
  SELECT s.key, ?, ?, ?, ?, s.c0, s.c1, s.c2, s.c3, s.turns, s.bundle, s.version, s.summary, s.text,
    (SELECT json_group_array(json_object('key', t.key, 'id', t.id, 'dueAtMs', t.due_at_ms,
      'runDueMs', t.run_due_ms, 'delayMs', t.delay_ms, 'cause', t.cause))
      FROM timers t WHERE t.key = s.key),
    (SELECT json_group_array(json_object('key', c.key, 'id', c.id, 'name', c.name,
      'input', c.input, 'status', c.status, 'cause', c.cause, 'requestedAtMs', c.requested_at_ms))
      FROM calls c WHERE c.key = s.key)
  FROM states s WHERE s.key = ? AND s.text IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM checkpoints o WHERE o.key = s.key AND (o.turns = s.turns
      OR (? = 'minute' AND o.at_ms > ? - ${checkpointEveryMs} AND o.at_ms <= ?)))`;
/** `?`: the agent's key, twice. */
export const trimCheckpoints = `DELETE FROM checkpoints WHERE key = ? AND id <= (
  SELECT id FROM checkpoints WHERE key = ? ORDER BY id DESC LIMIT 1 OFFSET ${keptCheckpoints})`;
