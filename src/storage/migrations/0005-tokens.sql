-- Who may use the API. Of the tokens themselves only hashes are kept.
CREATE TABLE tokens (
  name TEXT PRIMARY KEY,
  hash TEXT NOT NULL UNIQUE,
  previous_hash TEXT,
  previous_until_ms INTEGER,
  role TEXT NOT NULL,
  scope TEXT,
  created_by TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL,
  expires_at_ms INTEGER,
  rotated_at_ms INTEGER,
  revoked_at_ms INTEGER,
  last_used_at_ms INTEGER
) WITHOUT ROWID;
