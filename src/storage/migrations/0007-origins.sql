-- What led to an agent's first turn and to its live runs (JSON): history goes through them, also
-- after the process has ended. Null for nearly all agents.
ALTER TABLE states ADD COLUMN origins TEXT;
