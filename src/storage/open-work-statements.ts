/** Statements that list what agents wait for, each along an index from where the page begins. */

/** `?`: the subtree four times, with a slash at the end the fourth. */
const within = (address: string) =>
  `(? = '/' OR ${address} = ? OR substr(${address}, 1, length(?) + 1) = ?)`;

/** `?`: due at, the same, key, the same, id, the subtree, limit. */
export const timersBelow = `SELECT t.key, t.id, t.due_at_ms dueAtMs, t.run_due_ms runDueMs,
  t.delay_ms delayMs, t.cause, a.address
  FROM timers t INDEXED BY timers_due CROSS JOIN agents a ON a.key = t.key
  WHERE t.due_at_ms >= ? AND (t.due_at_ms > ? OR t.key > ? OR (t.key = ? AND t.id > ?))
    AND ${within("a.address")}
  ORDER BY t.due_at_ms, t.key, t.id LIMIT ?`;
/** `?`: key, the same, id, status, the same, the subtree, limit. */
export const callsBelow = `SELECT c.key, c.id, c.name, c.input, c.status, c.cause,
  c.requested_at_ms requestedAtMs, a.address
  FROM calls c CROSS JOIN agents a ON a.key = c.key
  WHERE c.key >= ? AND (c.key > ? OR c.id > ?) AND (? IS NULL OR c.status = ?)
    AND ${within("a.address")}
  ORDER BY c.key, c.id LIMIT ?`;
/** `?`: before, since, 1 for open ones, the same, the subtree, limit. */
export const asksBelow = `SELECT k.id, k.asker, k.ask, k.key, k.expires_at_ms expiresAtMs,
  k.outcome, k.settled_at_ms settledAtMs, ifnull(a.address, g.address) address
  FROM asks k LEFT JOIN agents a ON a.key = k.key LEFT JOIN gone_agents g ON g.key = k.key
  WHERE k.id < ? AND k.id >= ? AND (? IS NULL OR (k.outcome IS NULL) = ?)
    AND ${within("ifnull(a.address, g.address)")}
  ORDER BY k.id DESC LIMIT ?`;
