/** Every statement that reads, in one place, so that tests can ask SQLite for its plans. */

const lastOfLane = (lane: number) =>
  `ifnull((SELECT max(seq) FROM envelopes WHERE key = a.key AND lane = ${lane}), 0)`;
const lanes = [0, 1, 2, 3];

/** Agents in the order of their keys, with the last `seq` of each lane, by index seeks only. */
export const agentsAfter = `SELECT a.*, ifnull(s.c0, 0) c0, ifnull(s.c1, 0) c1,
  ifnull(s.c2, 0) c2, ifnull(s.c3, 0) c3, ifnull(s.turns, 0) turns, s.summary, s.origins,
  ${lanes.map((lane) => `${lastOfLane(lane)} l${lane}`).join(",\n  ")}
  FROM agents a LEFT JOIN states s ON s.key = a.key WHERE a.key > ? ORDER BY a.key LIMIT ?`;
/** Open envelopes of one lane beyond a cursor, skipped ones left out. */
export const openOf = `SELECT
  (SELECT count(*) FROM envelopes WHERE key = ?1 AND lane = ?2 AND seq > ?3) -
  (SELECT count(*) FROM skips WHERE key = ?1 AND lane = ?2 AND seq > ?3) n`;
export const state = "SELECT * FROM states WHERE key = ? AND text IS NOT NULL";
export const mailbox = `SELECT e.* FROM envelopes e
  WHERE e.key = ? AND e.lane = ? AND e.seq > ? AND NOT EXISTS (
    SELECT 1 FROM skips k WHERE k.key = e.key AND k.lane = e.lane AND k.seq = e.seq)
  ORDER BY e.seq LIMIT ?`;
const timerFields = "key, id, due_at_ms dueAtMs, run_due_ms runDueMs, delay_ms delayMs, cause";
export const dueTimers = `SELECT ${timerFields} FROM timers WHERE due_at_ms <= ?
  ORDER BY due_at_ms LIMIT ?`;
/** Those that only their length makes due: the wall clock was set back since. */
export const lateTimers = `SELECT ${timerFields} FROM timers
  WHERE run_due_ms <= ? AND +due_at_ms > ? ORDER BY run_due_ms LIMIT ?`;
export const nextTimers = `SELECT (SELECT min(due_at_ms) FROM timers) dueAtMs,
  (SELECT min(run_due_ms) FROM timers) runDueMs`;
/** Boot: looks at all of them, once (some 20 ms for 100,000). */
export const runTime = "SELECT max(run_due_ms - delay_ms) runMs FROM timers";
export const timersOf = `SELECT ${timerFields} FROM timers WHERE key = ?`;
const callFields = "key, id, name, input, status, cause, requested_at_ms requestedAtMs";
export const callsOf = `SELECT ${callFields} FROM calls WHERE key = ?`;
export const allCalls = `SELECT ${callFields} FROM calls`;
const askFields = `id, asker, ask, key, expires_at_ms expiresAtMs, outcome,
  settled_at_ms settledAtMs`;
export const ask = `SELECT ${askFields} FROM asks WHERE id = ?`;
export const settledAsks = `SELECT ${askFields} FROM asks WHERE settled_at_ms >= ? AND asker = ?`;
export const openAsks = `SELECT ${askFields} FROM asks INDEXED BY asks_open WHERE outcome IS NULL`;
export const idempotency = `SELECT scope, key, body_hash bodyHash, answer, at_ms atMs
  FROM idempotency WHERE scope = ? AND key = ?`;
export const bundle = `SELECT hash, agent, manifest, deployed_at_ms deployedAtMs, code
  FROM bundles WHERE hash = ? LIMIT 1`;
export const bundles = `SELECT hash, agent, manifest, deployed_at_ms deployedAtMs
  FROM bundles ORDER BY deployed_at_ms`;
/** Boot: all of them are kept in memory. */
export const tokens = `SELECT name, hash, previous_hash previousHash,
  previous_until_ms previousUntilMs, role, scope, created_by createdBy, created_at_ms createdAtMs,
  expires_at_ms expiresAtMs, rotated_at_ms rotatedAtMs, revoked_at_ms revokedAtMs,
  last_used_at_ms lastUsedAtMs FROM tokens ORDER BY name`;
export const meta = "SELECT value FROM meta WHERE name = ?";
const checkpointFields = `id, key, at_ms atMs, reason, last_key lastKey, mark, c0, c1, c2, c3,
  turns, summary`;
export const checkpointsOf = `SELECT ${checkpointFields} FROM checkpoints
  WHERE key = ? ORDER BY id DESC`;
export const checkpoint = `SELECT ${checkpointFields}, bundle, version, text, timers, calls
  FROM checkpoints WHERE id = ?`;
export const deadLetter = `SELECT id, reason, message, envelope, state, dead_at_ms deadAtMs
  FROM dead_letters WHERE id = ?`;
export const deadLetterCount = "SELECT count(*) n FROM dead_letters";

// retention: small portions, by index
export const pruneEnvelopes = `DELETE FROM envelopes WHERE (key, lane, seq) IN (
  SELECT e.key, e.lane, e.seq FROM envelopes e LEFT JOIN states s ON s.key = e.key
  LEFT JOIN agents a ON a.key = e.key
  WHERE e.sent_at_ms < ? AND (a.key IS NULL OR e.seq <=
    CASE e.lane WHEN 0 THEN s.c0 WHEN 1 THEN s.c1 WHEN 2 THEN s.c2 ELSE s.c3 END)
  LIMIT ?)`;
/** Before when envelopes were sent that are too many: those of one millisecond go together. */
export const countCut =
  "SELECT sent_at_ms + 1 cut FROM envelopes ORDER BY sent_at_ms DESC LIMIT 1 OFFSET ?";
export const pruneLetters = `DELETE FROM dead_letters WHERE id IN (
  SELECT id FROM dead_letters WHERE dead_at_ms < ? LIMIT ?)`;
export const pruneManyLetters = `DELETE FROM dead_letters WHERE id IN (
  SELECT id FROM dead_letters WHERE id <= (
    SELECT id FROM dead_letters ORDER BY id DESC LIMIT 1 OFFSET ?) LIMIT ?)`;
export const pruneKeys = `DELETE FROM idempotency WHERE (scope, key) IN (
  SELECT scope, key FROM idempotency WHERE at_ms < ? LIMIT ?)`;
export const pruneAsks = `DELETE FROM asks WHERE id IN (
  SELECT id FROM asks WHERE settled_at_ms IS NOT NULL AND settled_at_ms < ? LIMIT ?)`;
/** Oldest first by id, which is as good as by time and needs no index. */
export const pruneEvents = `DELETE FROM events WHERE id IN (
    SELECT id FROM events ORDER BY id LIMIT ?)
  AND (at_ms < ? OR id <= (SELECT max(id) FROM events) - ?)`;
export const pruneGone = `DELETE FROM gone_agents WHERE key IN (
  SELECT g.key FROM gone_agents g
  WHERE NOT EXISTS (SELECT 1 FROM envelopes e WHERE e.key = g.key) LIMIT ?)`;
/**
 * The newest of each kind stays. One that nothing names is looked for through all states once, and
 * is gone then.
 */
export const pruneBundles = `DELETE FROM bundles WHERE (agent, hash) IN (
  SELECT b.agent, b.hash FROM bundles b
  WHERE EXISTS (SELECT 1 FROM bundles n
    WHERE n.agent = b.agent AND n.deployed_at_ms > b.deployed_at_ms)
  AND b.hash NOT IN (SELECT value FROM json_each(?))
  AND NOT EXISTS (SELECT 1 FROM agents a WHERE a.bundle = b.hash)
  AND NOT EXISTS (SELECT 1 FROM states s WHERE s.bundle = b.hash AND s.text IS NOT NULL)
  AND NOT EXISTS (SELECT 1 FROM checkpoints c WHERE c.bundle = b.hash) LIMIT ?)`;
/** A stopped agent has an end, too, but keeps its state and mailbox. */
export const endedAgents = `SELECT key FROM agents
  WHERE ended_at_ms IS NOT NULL AND ended_at_ms < ? AND status <> 'stopped' LIMIT ?`;
