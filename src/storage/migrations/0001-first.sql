-- Names and small values.
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

-- One row per agent, written at lifecycle changes.
CREATE TABLE agents (
  key INTEGER PRIMARY KEY,
  address TEXT NOT NULL,
  agent TEXT NOT NULL,
  bundle TEXT NOT NULL,
  restart TEXT NOT NULL,
  input TEXT NOT NULL,
  grants TEXT NOT NULL,
  origin TEXT NOT NULL,
  spawned_by TEXT,
  status TEXT NOT NULL,
  generation INTEGER NOT NULL,
  restarts INTEGER NOT NULL,
  last_error TEXT,
  created_at_ms INTEGER NOT NULL,
  ended_at_ms INTEGER
);
CREATE UNIQUE INDEX agents_address ON agents (address);
CREATE INDEX agents_ended ON agents (ended_at_ms) WHERE ended_at_ms IS NOT NULL;

-- The hot row: replaced in place by each turn. text is null after a fresh start was asked for.
CREATE TABLE states (
  key INTEGER PRIMARY KEY,
  c0 INTEGER NOT NULL,
  c1 INTEGER NOT NULL,
  c2 INTEGER NOT NULL,
  c3 INTEGER NOT NULL,
  turns INTEGER NOT NULL,
  bundle TEXT,
  version INTEGER,
  summary TEXT,
  text TEXT
);

-- Mailboxes: consumed are those up to the cursor of their lane, and the skipped ones.
CREATE TABLE envelopes (
  key INTEGER NOT NULL,
  lane INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  id TEXT NOT NULL,
  kind INTEGER NOT NULL,
  receiver TEXT NOT NULL,
  sender TEXT NOT NULL,
  type TEXT NOT NULL,
  sent_at_ms INTEGER NOT NULL,
  expires_at_ms INTEGER,
  attempt INTEGER NOT NULL,
  hops INTEGER NOT NULL,
  cause TEXT,
  correlation TEXT,
  reply_to TEXT,
  trace TEXT,
  payload TEXT NOT NULL,
  PRIMARY KEY (key, lane, seq)
) WITHOUT ROWID;
CREATE INDEX envelopes_sender ON envelopes (sender, sent_at_ms);
CREATE INDEX envelopes_sent ON envelopes (sent_at_ms);

CREATE TABLE skips (
  key INTEGER NOT NULL,
  lane INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (key, lane, seq)
) WITHOUT ROWID;

CREATE TABLE dead_letters (
  id INTEGER PRIMARY KEY,
  receiver TEXT NOT NULL,
  reason TEXT NOT NULL,
  message TEXT NOT NULL,
  envelope TEXT NOT NULL,
  state TEXT,
  dead_at_ms INTEGER NOT NULL
);
CREATE INDEX dead_letters_receiver ON dead_letters (receiver, id);
CREATE INDEX dead_letters_dead ON dead_letters (dead_at_ms);

CREATE TABLE timers (
  key INTEGER NOT NULL,
  id TEXT NOT NULL,
  due_at_ms INTEGER NOT NULL,
  delay_ms INTEGER NOT NULL,
  cause TEXT,
  PRIMARY KEY (key, id)
) WITHOUT ROWID;
CREATE INDEX timers_due ON timers (due_at_ms);

CREATE TABLE calls (
  key INTEGER NOT NULL,
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  input TEXT NOT NULL,
  status TEXT NOT NULL,
  cause TEXT,
  requested_at_ms INTEGER NOT NULL,
  PRIMARY KEY (key, id)
) WITHOUT ROWID;

CREATE TABLE asks (
  id TEXT PRIMARY KEY,
  asker TEXT NOT NULL,
  ask TEXT NOT NULL,
  key INTEGER NOT NULL,
  expires_at_ms INTEGER NOT NULL,
  outcome TEXT,
  settled_at_ms INTEGER
) WITHOUT ROWID;
CREATE INDEX asks_open ON asks (expires_at_ms) WHERE outcome IS NULL;
CREATE INDEX asks_settled ON asks (settled_at_ms) WHERE settled_at_ms IS NOT NULL;

CREATE TABLE idempotency (
  scope TEXT NOT NULL,
  key TEXT NOT NULL,
  body_hash TEXT NOT NULL,
  answer TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  PRIMARY KEY (scope, key)
) WITHOUT ROWID;
CREATE INDEX idempotency_at ON idempotency (at_ms);

CREATE TABLE events (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at_ms INTEGER NOT NULL,
  type TEXT NOT NULL,
  address TEXT,
  data TEXT NOT NULL
);
CREATE INDEX events_address ON events (address, id);
CREATE INDEX events_type ON events (type, id);

CREATE TABLE bundles (
  hash TEXT NOT NULL,
  agent TEXT NOT NULL,
  manifest TEXT NOT NULL,
  deployed_at_ms INTEGER NOT NULL,
  code TEXT NOT NULL,
  PRIMARY KEY (agent, hash)
);
CREATE INDEX bundles_hash ON bundles (hash);

-- Memory: documents by content, where they were found, and their passages.
CREATE TABLE documents (
  id INTEGER PRIMARY KEY,
  hash TEXT NOT NULL UNIQUE,
  title TEXT NOT NULL,
  about TEXT NOT NULL,
  put_at_ms INTEGER NOT NULL
);
CREATE TABLE sources (
  path TEXT PRIMARY KEY,
  hash TEXT NOT NULL,
  linked_at_ms INTEGER NOT NULL,
  deleted_at_ms INTEGER
) WITHOUT ROWID;
CREATE INDEX sources_hash ON sources (hash);
CREATE TABLE passages (
  id INTEGER PRIMARY KEY,
  document INTEGER NOT NULL REFERENCES documents (id),
  headings TEXT NOT NULL,
  text TEXT NOT NULL
);
CREATE INDEX passages_document ON passages (document);
CREATE VIRTUAL TABLE passage_words USING fts5 (
  title, headings, text, content = '', tokenize = "porter unicode61 remove_diacritics 2"
);
CREATE TABLE memory_writes (key TEXT PRIMARY KEY, answer TEXT NOT NULL, at_ms INTEGER NOT NULL)
  WITHOUT ROWID;
