-- A delay has passed, too, when the system has run for its whole length (R10). Those that are
-- pending count from now on.
ALTER TABLE timers ADD COLUMN run_due_ms INTEGER NOT NULL DEFAULT 0;
UPDATE timers SET run_due_ms = delay_ms;
CREATE INDEX timers_run_due ON timers (run_due_ms);
