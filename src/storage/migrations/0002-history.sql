-- Where agents were that are gone: as long as there are envelopes of theirs.
CREATE TABLE gone_agents (key INTEGER PRIMARY KEY, address TEXT NOT NULL);
CREATE INDEX gone_agents_address ON gone_agents (address);

-- Skips tell what was never handled: they go when their envelopes do.
CREATE TRIGGER envelopes_removed AFTER DELETE ON envelopes BEGIN
  DELETE FROM skips WHERE key = old.key AND lane = old.lane AND seq = old.seq;
END;

-- What retention goes by.
CREATE INDEX memory_writes_at ON memory_writes (at_ms);
