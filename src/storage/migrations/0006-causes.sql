-- What led to a message, and what it led to.
CREATE INDEX envelopes_id ON envelopes (id);
CREATE INDEX envelopes_cause ON envelopes (cause, sent_at_ms) WHERE cause IS NOT NULL;
CREATE INDEX dead_letters_envelope ON dead_letters (envelope ->> 'id');
CREATE INDEX dead_letters_cause ON dead_letters (envelope ->> 'cause');
