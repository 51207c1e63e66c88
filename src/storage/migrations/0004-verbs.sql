-- What is to become of an agent (stop, drain), and what it is suspected of since its last turn.
ALTER TABLE agents ADD COLUMN intent TEXT;
ALTER TABLE agents ADD COLUMN suspicion TEXT;

-- Earlier states to go back to: a copy of the hot row, with the timers and calls of that moment.
CREATE TABLE checkpoints (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  key INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  reason TEXT NOT NULL,
  last_key INTEGER NOT NULL,
  mark TEXT NOT NULL,
  c0 INTEGER NOT NULL,
  c1 INTEGER NOT NULL,
  c2 INTEGER NOT NULL,
  c3 INTEGER NOT NULL,
  turns INTEGER NOT NULL,
  bundle TEXT,
  version INTEGER,
  summary TEXT,
  text TEXT NOT NULL,
  timers TEXT NOT NULL,
  calls TEXT NOT NULL
);
CREATE INDEX checkpoints_key ON checkpoints (key, id);
