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
  /** Copies the rows of `from` for each number, with these columns made anew. */
  const copy = (table: string, from: string, anew: Record<string, string>) => {
    const columns = (db.prepare(`PRAGMA table_info(${table})`).all() as { name: string }[])
      .map(({ name }) => name);
    run(`INSERT INTO ${table} (${columns.join(", ")})
      WITH RECURSIVE numbers (n) AS
        (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < @count)
      SELECT ${columns.map((name) => anew[name] ?? `t.${name}`).join(", ")}
      FROM numbers, ${table} t WHERE ${from}`);
  };
  const key = "@last + n";
  const address = "'/workers/m-' || (@last + n)";
  const keyOfLike = "(SELECT key FROM agents WHERE address = @like)";
  const newest = `(SELECT max(seq) FROM envelopes WHERE key = ${keyOfLike})`;
  try {
    db.exec("BEGIN IMMEDIATE");
    copy("agents", "t.address = @like", { key, address, generation: "1" });
    copy("states", `t.key = ${keyOfLike}`, { key });
    if (withMessage) {
      copy("envelopes", `t.key = ${keyOfLike} AND t.seq = ${newest}`, {
        key,
        receiver: address,
        seq: "t.seq + 1",
        id: "t.id || '-' || n",
        reply_to: "NULL",
      });
    }
    db.prepare("UPDATE meta SET value = ? WHERE name = 'lastKey'").run(String(lastKey() + count));
    db.exec("COMMIT");
  } finally {
    db.close();
  }
}
