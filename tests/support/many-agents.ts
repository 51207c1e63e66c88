/** Fills the database of a stopped service with agents like one that it already has. */
import { join } from "node:path";
import Database from "libsql";

export interface ManyAgents {
  /** Address of the agent that they are copies of. */
  like: string;
  count: number;
  /** Each has one envelope like the newest of that agent, not yet handled. */
  withMessage: boolean;
}

/** `/workers/a` → `/workers/m-N`, with states and mailboxes of their own. */
export function addManyAgents(home: string, { like, count, withMessage }: ManyAgents): void {
  const db = new Database(join(home, "dreamos.db"));
  const run = (sql: string) => db.prepare(sql).run({ like, count, last: lastKey() });
  const lastKey = () =>
    Number(
      (db.prepare("SELECT value FROM meta WHERE name = 'lastKey'").get() as {
        value: string;
      }).value,
    );
  const numbers = `WITH RECURSIVE numbers (n) AS
    (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < @count)`;
  const address = "'/workers/m-' || (@last + n)";
  try {
    db.exec("BEGIN IMMEDIATE");
    run(`INSERT INTO agents ${numbers} SELECT @last + n, ${address}, agent, bundle, restart, input,
      grants, origin, spawned_by, status, 1, 0, NULL, created_at_ms, NULL
      FROM numbers, agents WHERE address = @like`);
    run(`INSERT INTO states ${numbers} SELECT @last + n, c0, c1, c2, c3, turns, s.bundle, version,
      summary, text FROM numbers, agents a JOIN states s ON s.key = a.key WHERE address = @like`);
    if (withMessage) {
      run(`INSERT INTO envelopes ${numbers} SELECT @last + n, lane, seq + 1, id || '-' || n, kind,
        ${address}, sender, type, sent_at_ms, expires_at_ms, 0, hops, cause, correlation, NULL,
        trace, payload FROM numbers, envelopes e WHERE e.key =
          (SELECT key FROM agents WHERE address = @like)
          AND seq = (SELECT max(seq) FROM envelopes i WHERE i.key = e.key)`);
    }
    db.prepare("UPDATE meta SET value = ? WHERE name = 'lastKey'").run(String(lastKey() + count));
    db.exec("COMMIT");
  } finally {
    db.close();
  }
}
