/** Statements that follow causes and effects, each by an index of its own. */

/**
 * Where the envelope `e` stands. An agent that is gone handled all that was not taken from it.
 */
export const statusOf = `CASE
  WHEN EXISTS (SELECT 1 FROM skips k WHERE k.key = e.key AND k.lane = e.lane AND k.seq = e.seq)
    THEN 'dead'
  WHEN NOT EXISTS (SELECT 1 FROM agents a WHERE a.key = e.key) THEN 'consumed'
  WHEN e.seq <= (SELECT CASE e.lane WHEN 0 THEN c0 WHEN 1 THEN c1 WHEN 2 THEN c2 ELSE c3 END
    FROM states s WHERE s.key = e.key) THEN 'consumed'
  ELSE 'pending' END`;

export const envelopeById = `SELECT e.*, ${statusOf} status FROM envelopes e WHERE e.id = ?
  LIMIT 1`;
/** `?`: cause, sent at, the same, id, limit. */
export const envelopesBecauseOf = `SELECT e.*, ${statusOf} status FROM envelopes e
  WHERE e.cause = ? AND e.sent_at_ms >= ? AND (e.sent_at_ms > ? OR e.id > ?)
  ORDER BY e.sent_at_ms, e.id LIMIT ?`;
const letterFields = "id, reason, message, envelope, dead_at_ms deadAtMs";
export const letterById = `SELECT ${letterFields} FROM dead_letters
  WHERE envelope ->> 'id' = ? ORDER BY id DESC LIMIT 1`;
/** Of what died without ever having been in a mailbox: unknown addresses, late replies. */
export const lettersBecauseOf = `SELECT ${letterFields} FROM dead_letters d
  WHERE d.envelope ->> 'cause' = ? AND NOT EXISTS (
    SELECT 1 FROM envelopes e WHERE e.id = d.envelope ->> 'id') ORDER BY d.id LIMIT ?`;
export const oldestKept = `SELECT (SELECT min(sent_at_ms) FROM envelopes) messageAtMs,
  (SELECT at_ms FROM events ORDER BY id LIMIT 1) eventAtMs,
  (SELECT min(dead_at_ms) FROM dead_letters) deadLetterAtMs`;
