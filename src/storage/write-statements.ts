/** Every statement that writes, in one place, so that tests can ask SQLite for its plans. */

/** `?` placeholders for one row, or the columns of one JSON array. */
const marks = (count: number) => Array(count).fill("?").join(", ");
const fields = (count: number) =>
  Array.from({ length: count }, (_, i) => `value ->> ${i}`).join(", ");

export const putMeta = `INSERT OR REPLACE INTO meta VALUES (${marks(2)})`;
const agentColumns = ("address agent bundle restart input grants origin spawned_by status " +
  "generation restarts last_error created_at_ms ended_at_ms intent suspicion").split(" ");
/** A second agent at a taken address is refused, not put in the place of the first. */
export const putAgent = `INSERT INTO agents VALUES (${marks(17)}) ON CONFLICT (key) DO UPDATE SET
  ${agentColumns.map((name) => `${name} = excluded.${name}`).join(", ")}`;
export const putState = `INSERT OR REPLACE INTO states VALUES (${marks(11)})`;
export const putCursors = `INSERT INTO states (key, c0, c1, c2, c3, turns)
  VALUES (?, ?, ?, ?, ?, 0)
  ON CONFLICT (key) DO UPDATE SET c0 = excluded.c0, c1 = excluded.c1, c2 = excluded.c2,
    c3 = excluded.c3`;
export const putOrigins = `INSERT INTO states (key, c0, c1, c2, c3, turns, origins)
  VALUES (?, 0, 0, 0, 0, 0, ?) ON CONFLICT (key) DO UPDATE SET origins = excluded.origins`;
export const dropState =
  "UPDATE states SET text = NULL, summary = NULL, origins = NULL WHERE key = ?";
/** One by one: with this many columns `json_each` takes half as long again (it pays with few). */
export const putEnvelope = `INSERT INTO envelopes VALUES (${marks(17)})`;
export const putSkips = `INSERT OR IGNORE INTO skips SELECT ${fields(3)} FROM json_each(?)`;
export const setAttempt = "UPDATE envelopes SET attempt = ? WHERE key = ? AND lane = ? AND seq = ?";
export const putLetter = `INSERT INTO dead_letters
  (receiver, reason, message, envelope, state, dead_at_ms) VALUES (${marks(6)})`;
export const putTimer = `INSERT OR REPLACE INTO timers VALUES (${marks(6)})`;
export const dropTimer = "DELETE FROM timers WHERE key = ? AND id = ?";
export const putCall = `INSERT OR REPLACE INTO calls VALUES (${marks(7)})`;
export const dropCall = "DELETE FROM calls WHERE key = ? AND id = ?";
export const putAsk = `INSERT OR REPLACE INTO asks VALUES (${marks(7)})`;
export const putKey = `INSERT OR REPLACE INTO idempotency VALUES (${marks(5)})`;
export const putEvents = `INSERT INTO events (at_ms, type, address, data)
  SELECT ${fields(4)} FROM json_each(?)`;
const tokenColumns = ("hash previous_hash previous_until_ms role scope created_by created_at_ms " +
  "expires_at_ms rotated_at_ms revoked_at_ms last_used_at_ms").split(" ");
/** A hash of another name is refused, not taken away from that. */
export const putToken = `INSERT INTO tokens VALUES (${marks(12)}) ON CONFLICT (name) DO UPDATE SET
  ${tokenColumns.map((name) => `${name} = excluded.${name}`).join(", ")}`;
export const dropToken = "DELETE FROM tokens WHERE name = ?";
export const putBundle = `INSERT OR REPLACE INTO bundles VALUES (${marks(5)})`;
/** Skips stay with the envelopes: history tells by them what was never handled. */
export const forgetAgent = [
  "INSERT OR REPLACE INTO gone_agents SELECT key, address FROM agents WHERE key = ?",
  "DELETE FROM agents WHERE key = ?",
  "DELETE FROM states WHERE key = ?",
  "DELETE FROM timers WHERE key = ?",
  "DELETE FROM calls WHERE key = ?",
  "DELETE FROM checkpoints WHERE key = ?",
];
